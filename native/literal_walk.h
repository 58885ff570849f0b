// What stands between a tree and the literals in it: which of them can be
// replaced, and the bodies that they are in.
#pragma once

#include "syntax.h"

#include "llvm/ADT/StringRef.h"

#include <tree_sitter/api.h>

namespace hotswift {

/// Text is what the tree was made of. Without recursion: texts nest as deeply
/// as they like.
Syntax findLiterals(llvm::StringRef Text, TSNode Root);

} // namespace hotswift
