// Whatever bytes an object or a library has, it has functions and frames or is
// an error. The first byte tells which of the two it is read as. With
// HOTSWIFT_FUZZ_LINES, which makes debug_information_fuzzer of it, it has
// lines, too: LLVM's affair.

#include "../code_file.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using hotswift::CodeFile;

/// Addresses of code in small files, and some that are in none.
static constexpr uint64_t Addresses[] = {0,      1,      0x10,  0x40,
                                         0x47,   0x100,  0x800, 0x1000,
                                         0x1040, 0x2000, ~0ull, 1ull << 63};

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  if (Size == 0)
    return 0;
  const StringRef Bytes(reinterpret_cast<const char *>(Data) + 1, Size - 1);
#ifdef HOTSWIFT_FUZZ_LINES
  constexpr auto Debug = hotswift::DebugSections::Keep;
#else
  constexpr auto Debug = hotswift::DebugSections::Drop;
#endif
  auto Read = Data[0] & 1
                  ? CodeFile::readObject(MemoryBufferRef(Bytes, "input"), Debug)
                  : CodeFile::readLibrary(MemoryBuffer::getMemBuffer(
                        Bytes, "input",
                        /*RequiresNullTerminator=*/false));
  if (!Read) {
    consumeError(Read.takeError());
    return 0;
  }
  const CodeFile &File = **Read;
  for (const uint64_t Address : Addresses) {
    if (const auto Function = File.functionAt(Address))
      File.find(Function->Name);
    File.addressOfOffset(Address);
    File.unwindStep(Address);
#ifdef HOTSWIFT_FUZZ_LINES
    File.lines(Address);
#endif
  }
  File.refersTo("$s");
  return 0;
}
