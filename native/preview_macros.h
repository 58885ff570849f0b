// Where a source says `#Preview`.
#pragma once

#include "syntax.h"

#include "llvm/ADT/StringRef.h"

#include <tree_sitter/api.h>

#include <vector>

namespace hotswift {

/// Those that are declarations of the file itself, by their starts. Text is
/// what the tree was made of.
std::vector<PreviewMacro> findPreviewMacros(llvm::StringRef Text, TSNode Root);

} // namespace hotswift
