// Tokens of a Swift source, as far as its declarations need them: names,
// braces, and what has to be skipped as a whole.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace hotswift {

enum class TokenKind : uint8_t {
  /// A name or a keyword; in backticks, without them.
  Identifier,
  Number,
  /// With everything that is interpolated in it.
  String,
  Regex,
  /// Signs that stand together: `==`, `->`, `...`.
  Operator,
  /// One of `()[]{},;:.@#`. A dot that belongs to an operator is none.
  Punctuation,
};

struct SwiftToken {
  TokenKind Kind;
  /// Bytes of the text.
  uint32_t Start;
  uint32_t End;
  /// From 0. The column is in bytes.
  uint32_t Line;
  uint32_t Column;
  /// Whether it is the first of its line.
  bool StartsLine;
  /// Whether it follows the one before without a space or a comment.
  bool IsAttached;
  /// Of an opening bracket the position of the one that closes it, and the
  /// other way; of others 0.
  uint32_t Partner;
};

/// Comments are left out. Nothing if a string, a comment or a bracket has no
/// end, or a bracket no beginning. Any bytes will do; without recursion.
std::optional<std::vector<SwiftToken>> tokenise(llvm::StringRef Text);

} // namespace hotswift
