#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <string>

namespace hotswift {

/// The interface of a source file as the compiler saw it, from the
/// `.swiftdeps` file it wrote (`-emit-reference-dependencies-path`): a line for
/// every declaration the file provides, with the compiler's own fingerprint of
/// it, sorted. Two files with equal text offer the rest of the module the same;
/// function bodies do not count.
///
/// Format: an LLVM bitstream with the signature `DEPS`, one block of records
/// (swift/AST/FineGrainedDependencyFormat.h).
llvm::Expected<std::string> readInterface(llvm::StringRef Path);

/// The same of a file that was read already, its name the buffer's.
llvm::Expected<std::string> readInterface(llvm::MemoryBufferRef File);

} // namespace hotswift
