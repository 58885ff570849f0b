#pragma once

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <string>

namespace hotswift {

/// The bytes of a regular file, mapped. \p Inode: which file the path has to
/// lead to; 0 for any.
///
/// A path that a foreign process names may lead to a device, which has no end,
/// or to a pipe, which would be waited for. Both are an error, and so is a file
/// of more than 4 GiB.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
openRegularFile(const std::string &Path, uint64_t Inode = 0);

} // namespace hotswift
