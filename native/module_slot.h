#pragma once

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <optional>
#include <string>

namespace hotswift {

/// A source file of a module, by a number that its user chose, and what the
/// compiler made of it; nothing for a source that is not compiled, or gone.
struct ModuleSlot {
  size_t Number;
  std::optional<std::string> Path;
};

/// The bytes of a compiler's output, or an error of ErrorKind::Object.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
openOutput(const llvm::Twine &Path);

} // namespace hotswift
