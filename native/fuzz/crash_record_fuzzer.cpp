// Whatever an agent has written to its crash record, it is a crash or an error.
// The files that it names are not opened: see code_file_fuzzer.cpp.

#include "../crash_reader.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace llvm;
using hotswift::CrashReader;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  // The state lies behind all that there is of objects: what it is made of
  // comes first in the input, so that both are reached.
  const size_t Half = Size / 2;
  const int Record = ::memfd_create("record", MFD_CLOEXEC);
  const uint64_t Place = hotswift::CrashStatePosition;
  if (::pwrite(Record, &Place, sizeof(Place), 0) < 0 ||
      ::pwrite(Record, Data, Half, static_cast<off_t>(Place)) < 0 ||
      ::pwrite(Record, Data + Half, Size - Half, sizeof(Place)) < 0)
    std::abort();
  if (auto Read = CrashReader::read(Record)) {
    for (const uint64_t Register : Read->registers()) {
      Read->stackAt(Register);
      Read->linkedCode(Register);
      Read->mappedCode(Register);
    }
  } else {
    consumeError(Read.takeError());
  }
  ::close(Record);
  return 0;
}
