// Literals as Swift's own lexer reads them, in bytes.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace hotswift {

/// `12`, `1_000`, `0xFF`, `0b1`, `0o7`; without a sign.
bool isInteger(llvm::StringRef Token);

/// `1.5`, `1e-3`, `0x1.8p3`; without a sign.
bool isFloat(llvm::StringRef Token);

enum class StringForm {
  /// `"…"` on one line with nothing in it that has to be computed.
  Plain,
  Interpolated,
  /// Not a string of one line, or with an escape that Swift does not know.
  Other,
};
StringForm formOfString(llvm::StringRef Token);

/// Whether an identifier could go on with this byte.
bool isIdentifierByte(char Byte);

/// Whether the number at [Start, End) is one literal with the minus in front of
/// it: `-5`, but neither `a-5`, `- 5`, `~-5` nor `-5.magnitude`, in which the
/// minus applies to what follows from the number.
bool isNegated(llvm::StringRef Text, size_t Start, size_t End);

} // namespace hotswift
