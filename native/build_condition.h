// Conditions of compilation (`#if`), as far as they can be told without the
// compiler.
#pragma once

#include "swift_tokens.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace hotswift {

struct BuildCondition {
  /// Nothing if it depends on what is not known here: flags, versions, modules.
  std::optional<bool> Value;
  /// Without a value, what is left of the condition without the parts that have
  /// one. Equal texts mean the same.
  std::string Rest;
};

/// Of the tokens between `#if` or `#elseif` and the end of the line. `os`,
/// `arch`, `targetEnvironment` and the modules of the system are those of this
/// process: what is compiled runs beside it. Any tokens will do; without
/// recursion. Source: The Swift Programming Language, Conditional Compilation
/// Block.
BuildCondition buildCondition(llvm::StringRef Text,
                              llvm::ArrayRef<SwiftToken> Tokens);

} // namespace hotswift
