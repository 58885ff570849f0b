#include "swift_literal.h"

#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;

namespace hotswift {
namespace {

bool isDigitOf(unsigned Base, char Byte) {
  return llvm::hexDigitValue(Byte) < Base;
}

/// Takes the digits at the front, of which there has to be one: the first.
bool takeDigits(StringRef &Rest, unsigned Base) {
  if (Rest.empty() || !isDigitOf(Base, Rest.front()))
    return false;
  Rest = Rest.drop_while(
      [Base](char Byte) { return isDigitOf(Base, Byte) || Byte == '_'; });
  return true;
}

bool takeExponent(StringRef &Rest, StringRef Letters) {
  if (Rest.empty() || !Letters.contains(Rest.front()))
    return false;
  Rest = Rest.drop_front();
  if (!Rest.consume_front("-"))
    Rest.consume_front("+");
  return takeDigits(Rest, 10);
}

/// What follows the backslash. Takes it.
bool takeEscape(StringRef &Rest) {
  if (Rest.empty())
    return false;
  const char Kind = Rest.front();
  Rest = Rest.drop_front();
  if (StringRef("0\\tnr\"'").contains(Kind))
    return true;
  if (Kind != 'u' || !Rest.consume_front("{"))
    return false;
  const StringRef Digits = Rest.take_while(llvm::isHexDigit);
  Rest = Rest.drop_front(Digits.size());
  return !Digits.empty() && Digits.size() <= 8 && Rest.consume_front("}");
}

/// ASCII alone: what other characters are operators is a long list, and no
/// number with one of them beside it is worth a look.
bool isOperatorByte(char Byte) {
  return StringRef("/=-+!*%<>&|^~?.").contains(Byte) ||
         static_cast<unsigned char>(Byte) >= 0x80;
}

bool isSpace(char Byte) { return StringRef(" \t\r\n\v\f").contains(Byte); }

/// Whether an operator at Position can only be a prefix of what follows.
bool isPrefixPosition(StringRef Text, size_t Position) {
  if (Position == 0)
    return true;
  const char Before = Text[Position - 1];
  return isSpace(Before) || StringRef("([{,;:").contains(Before);
}

/// What comes behind spaces, ends of lines and comments.
StringRef behindTrivia(StringRef Rest) {
  while (true) {
    Rest = Rest.drop_while(isSpace);
    if (Rest.starts_with("//"))
      Rest = Rest.drop_until([](char Byte) { return Byte == '\n'; });
    else if (Rest.starts_with("/*"))
      // What is left of a comment in a comment is no dot.
      Rest = Rest.split("*/").second;
    else
      return Rest;
  }
}

/// Whether something that applies to the number alone follows it: a member, a
/// subscript, a postfix operator. They bind before a prefix does.
bool isPostfixed(StringRef Rest) {
  const StringRef Operator = Rest.take_while(isOperatorByte);
  if (Operator.empty()) {
    if (Rest.starts_with("[") || Rest.starts_with("("))
      return true;
    // A member may stand on a line of its own.
    const StringRef Next = behindTrivia(Rest);
    return Next.starts_with(".") && !Next.starts_with("..");
  }
  // One dot is a member. `...` and others stand between two operands if
  // something touches them on both sides.
  if (Operator == "." || Operator.starts_with("!") || Operator.starts_with("?"))
    return true;
  const StringRef Behind = Rest.drop_front(Operator.size());
  return Behind.empty() || isSpace(Behind.front()) ||
         StringRef(")]},;:").contains(Behind.front());
}

} // namespace

bool isInteger(StringRef Token) {
  unsigned Base = 10;
  if (Token.consume_front("0x"))
    Base = 16;
  else if (Token.consume_front("0o"))
    Base = 8;
  else if (Token.consume_front("0b"))
    Base = 2;
  return takeDigits(Token, Base) && Token.empty();
}

bool isFloat(StringRef Token) {
  const bool IsHexadecimal = Token.consume_front("0x");
  const unsigned Base = IsHexadecimal ? 16 : 10;
  const StringRef Letters = IsHexadecimal ? "pP" : "eE";
  if (!takeDigits(Token, Base))
    return false;
  const bool HasFraction = Token.consume_front(".");
  if (HasFraction && !takeDigits(Token, Base))
    return false;
  if (takeExponent(Token, Letters))
    return Token.empty();
  // Without an exponent, the digits of a hexadecimal number are its own.
  return HasFraction && !IsHexadecimal && Token.empty();
}

StringForm formOfString(StringRef Token) {
  if (Token.size() < 2 || !Token.consume_front("\"") ||
      !Token.consume_back("\""))
    return StringForm::Other;
  while (!Token.empty()) {
    const char Byte = Token.front();
    Token = Token.drop_front();
    if (Byte == '"' || Byte == '\n' || Byte == '\r')
      return StringForm::Other;
    if (Byte != '\\')
      continue;
    if (Token.starts_with("("))
      return StringForm::Interpolated;
    if (!takeEscape(Token))
      return StringForm::Other;
  }
  return StringForm::Plain;
}

bool isIdentifierByte(char Byte) {
  return llvm::isAlnum(Byte) || Byte == '_' ||
         static_cast<unsigned char>(Byte) >= 0x80;
}

bool isNegated(StringRef Text, size_t Start, size_t End) {
  return Start > 0 && Text[Start - 1] == '-' &&
         isPrefixPosition(Text, Start - 1) &&
         !isPostfixed(Text.drop_front(End));
}

} // namespace hotswift
