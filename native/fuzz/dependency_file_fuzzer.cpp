// Whatever bytes a file has, it has an interface or is an error.

#include "../dependency_file.h"

using namespace llvm;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  const StringRef Bytes(reinterpret_cast<const char *>(Data), Size);
  consumeError(
      hotswift::readDependencies(MemoryBufferRef(Bytes, "input.swiftdeps"))
          .takeError());
  return 0;
}
