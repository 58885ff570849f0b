#include "module_slot.h"

#include "errors.h"

using namespace llvm;

namespace hotswift {

Expected<std::unique_ptr<MemoryBuffer>> openOutput(const Twine &Path) {
  auto File = MemoryBuffer::getFile(Path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!File)
    return makeError(ErrorKind::Object,
                     Path + ": cannot be read: " + File.getError().message());
  return std::move(*File);
}

} // namespace hotswift
