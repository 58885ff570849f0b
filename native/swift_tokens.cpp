#include "swift_tokens.h"

#include "swift_literal.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using llvm::StringRef;

namespace hotswift {
namespace {

constexpr StringRef Quotes = "\"\"\"";

bool isOperatorByte(char Byte) {
  return StringRef("/=-+!*%<>&|^~?").contains(Byte);
}

bool isSpace(char Byte) {
  return StringRef(" \t\r\n\v\f").contains(Byte) || Byte == '\0';
}

/// A string in which the reader is, or one of its interpolations.
struct StringLevel {
  bool IsInterpolation;
  /// Of a string: the number signs around it.
  uint32_t Signs;
  bool HasLines;
  /// Of an interpolation: how many parentheses are open.
  uint32_t Depth;
};

class Tokeniser {
public:
  explicit Tokeniser(StringRef Text) : Text(Text) {}

  std::optional<std::vector<SwiftToken>> run() &&;

private:
  StringRef rest(size_t From) const { return Text.drop_front(From); }
  char at(size_t Position) const {
    return Position < Text.size() ? Text[Position] : '\0';
  }

  bool skipBlank();
  bool skipComment();
  bool next();
  size_t signsAt(size_t Position) const;
  bool startsString(size_t Position) const;
  bool takeString();
  bool takeStringPart(std::vector<StringLevel> &Levels);
  bool takeInterpolationPart(std::vector<StringLevel> &Levels);
  void openString(std::vector<StringLevel> &Levels);
  bool takeExtendedRegex();
  bool takeRegex();
  bool mayStartRegex() const;
  void takeOperator();
  bool takePunctuation();
  void add(TokenKind Kind, size_t Start, size_t End);
  void countLines(size_t End);
  bool match(char Byte);

  StringRef Text;
  size_t Position = 0;
  uint32_t Line = 0;
  /// Where it starts, and up to where lines have been counted.
  size_t LineStart = 0;
  size_t Counted = 0;
  bool IsAttached = false;
  std::vector<SwiftToken> Tokens;
  std::vector<uint32_t> Open;
};

std::optional<std::vector<SwiftToken>> Tokeniser::run() && {
  // A script can begin with the name of its interpreter.
  if (Text.starts_with("#!"))
    Position = std::min(Text.find('\n'), Text.size());
  while (true) {
    if (!skipBlank())
      return std::nullopt;
    if (Position >= Text.size())
      break;
    if (!next())
      return std::nullopt;
  }
  if (!Open.empty())
    return std::nullopt;
  return std::move(Tokens);
}

/// False if a comment has no end.
bool Tokeniser::skipBlank() {
  IsAttached = true;
  while (Position < Text.size()) {
    if (isSpace(Text[Position]))
      ++Position;
    else if (rest(Position).starts_with("//"))
      Position = std::min(Text.find_first_of("\r\n", Position), Text.size());
    else if (rest(Position).starts_with("/*")) {
      if (!skipComment())
        return false;
    } else
      break;
    IsAttached = false;
  }
  return true;
}

/// One that may hold others.
bool Tokeniser::skipComment() {
  size_t Depth = 0;
  do {
    Position = Text.find_first_of("/*", Position);
    if (Position == StringRef::npos)
      return false;
    const StringRef Sign = Text.substr(Position, 2);
    if (Sign == "/*")
      ++Depth;
    else if (Sign == "*/")
      --Depth;
    Position += Sign == "/*" || Sign == "*/" ? 2 : 1;
  } while (Depth > 0);
  return true;
}

bool Tokeniser::next() {
  const char Byte = Text[Position];
  const size_t Start = Position;
  if (llvm::isDigit(Byte)) {
    // A dot belongs to it where a digit follows: `1.5`, but neither `1...5`
    // nor `1.description`.
    while (isIdentifierByte(at(Position)) ||
           (at(Position) == '.' && llvm::isDigit(at(Position + 1))))
      ++Position;
    add(TokenKind::Number, Start, Position);
    return true;
  }
  if (isIdentifierByte(Byte) || Byte == '$') {
    do
      ++Position;
    while (isIdentifierByte(at(Position)));
    add(TokenKind::Identifier, Start, Position);
    return true;
  }
  if (Byte == '`') {
    Position = Text.find_first_of("`\n", Start + 1);
    if (at(Position) != '`')
      return false;
    add(TokenKind::Identifier, Start + 1, Position);
    ++Position;
    return true;
  }
  if (startsString(Position))
    return takeString();
  if (Byte == '#' && at(Position + signsAt(Position)) == '/')
    return takeExtendedRegex();
  if (Byte == '/' && mayStartRegex() && takeRegex())
    return true;
  if (isOperatorByte(Byte) || (Byte == '.' && at(Position + 1) == '.')) {
    takeOperator();
    return true;
  }
  return takePunctuation();
}

size_t Tokeniser::signsAt(size_t From) const {
  return rest(From).take_while([](char Byte) { return Byte == '#'; }).size();
}

bool Tokeniser::startsString(size_t From) const {
  return at(From + signsAt(From)) == '"';
}

bool Tokeniser::takeString() {
  const size_t Start = Position;
  std::vector<StringLevel> Levels;
  openString(Levels);
  while (!Levels.empty()) {
    if (Position >= Text.size())
      return false;
    if (!(Levels.back().IsInterpolation ? takeInterpolationPart(Levels)
                                        : takeStringPart(Levels)))
      return false;
  }
  add(TokenKind::String, Start, Position);
  return true;
}

void Tokeniser::openString(std::vector<StringLevel> &Levels) {
  const auto Signs = static_cast<uint32_t>(signsAt(Position));
  Position += Signs;
  const bool HasLines = rest(Position).starts_with(Quotes);
  Position += HasLines ? Quotes.size() : 1;
  Levels.push_back({false, Signs, HasLines, 0});
}

/// Goes on to what ends the string, or to what is put into it.
bool Tokeniser::takeStringPart(std::vector<StringLevel> &Levels) {
  const StringLevel Level = Levels.back();
  const char Byte = Text[Position];
  if (Byte == '"') {
    const size_t Width = Level.HasLines ? Quotes.size() : 1;
    const bool Ends = (!Level.HasLines || rest(Position).starts_with(Quotes)) &&
                      signsAt(Position + Width) >= Level.Signs;
    Position += Ends ? Width + Level.Signs : 1;
    if (Ends)
      Levels.pop_back();
    return true;
  }
  if (Byte == '\n' || Byte == '\r') {
    ++Position;
    return Level.HasLines;
  }
  ++Position;
  if (Byte != '\\' || signsAt(Position) < Level.Signs)
    return true;
  Position += Level.Signs;
  if (at(Position) == '(')
    Levels.push_back({true, 0, false, 1});
  // Of an escape, the first character alone can be mistaken. A line break is
  // the string's own.
  if (at(Position) != '\n' && at(Position) != '\r')
    ++Position;
  return true;
}

bool Tokeniser::takeInterpolationPart(std::vector<StringLevel> &Levels) {
  if (startsString(Position)) {
    openString(Levels);
    return true;
  }
  if (rest(Position).starts_with("/*"))
    return skipComment();
  const char Byte = Text[Position];
  Levels.back().Depth += Byte == '(';
  Levels.back().Depth -= Byte == ')';
  ++Position;
  if (Levels.back().Depth == 0)
    Levels.pop_back();
  return true;
}

/// `#/ … /#`, over several lines, too.
bool Tokeniser::takeExtendedRegex() {
  const size_t Start = Position;
  const size_t Signs = signsAt(Position);
  Position += Signs + 1;
  while (Position < Text.size()) {
    if (Text[Position] == '/' && signsAt(Position + 1) >= Signs) {
      Position += 1 + Signs;
      add(TokenKind::Regex, Start, Position);
      return true;
    }
    Position += Text[Position] == '\\' ? 2 : 1;
  }
  return false;
}

/// Whether a slash here cannot be an operator between two values.
bool Tokeniser::mayStartRegex() const {
  const char Next = at(Position + 1);
  if (isSpace(Next) || Next == '/' || Next == '*' || Next == '=')
    return false;
  if (Tokens.empty())
    return true;
  const SwiftToken &Before = Tokens.back();
  const StringRef Said = Text.slice(Before.Start, Before.End);
  switch (Before.Kind) {
  case TokenKind::Operator:
    return !IsAttached;
  case TokenKind::Punctuation:
    return StringRef("([{,;:").contains(Said);
  case TokenKind::Identifier:
    return llvm::StringSwitch<bool>(Said)
        .Cases({"return", "in", "case", "where", "try", "await", "if", "while",
                "switch", "throw"},
               true)
        .Default(false);
  default:
    return false;
  }
}

/// False if it has no end on its line, and so is none.
bool Tokeniser::takeRegex() {
  bool IsClass = false;
  for (size_t End = Position + 1; End < Text.size(); ++End) {
    const char Byte = Text[End];
    if (Byte == '\n' || Byte == '\r')
      return false;
    if (Byte == '\\') {
      ++End;
    } else if (Byte == '[') {
      IsClass = true;
    } else if (Byte == ']') {
      IsClass = false;
    } else if (Byte == '/' && !IsClass) {
      add(TokenKind::Regex, Position, End + 1);
      Position = End + 1;
      return true;
    }
  }
  return false;
}

void Tokeniser::takeOperator() {
  const size_t Start = Position;
  // An operator that begins with a dot may hold others.
  const bool HasDots = Text[Position] == '.';
  while (isOperatorByte(at(Position)) || (HasDots && at(Position) == '.')) {
    const StringRef Next = Text.substr(Position, 2);
    if (Position > Start && (Next == "//" || Next == "/*"))
      break;
    ++Position;
  }
  add(TokenKind::Operator, Start, Position);
}

bool Tokeniser::takePunctuation() {
  const char Byte = Text[Position];
  ++Position;
  if (StringRef("()[]{},;:.@#\\").contains(Byte)) {
    add(TokenKind::Punctuation, Position - 1, Position);
    return match(Byte);
  }
  // Whatever it is, it is something.
  add(TokenKind::Operator, Position - 1, Position);
  return true;
}

/// False for a bracket that nothing has opened, or something else.
bool Tokeniser::match(char Byte) {
  const auto This = static_cast<uint32_t>(Tokens.size() - 1);
  if (StringRef("([{").contains(Byte)) {
    Open.push_back(This);
    return true;
  }
  const char Wanted = Byte == ')' ? '(' : Byte == ']' ? '[' : '{';
  if (!StringRef(")]}").contains(Byte))
    return true;
  if (Open.empty() || Text[Tokens[Open.back()].Start] != Wanted)
    return false;
  Tokens[Open.back()].Partner = This;
  Tokens[This].Partner = Open.back();
  Open.pop_back();
  return true;
}

void Tokeniser::add(TokenKind Kind, size_t Start, size_t End) {
  const uint32_t LastLine = Line;
  countLines(Start);
  const SwiftToken Token{Kind,
                         static_cast<uint32_t>(Start),
                         static_cast<uint32_t>(End),
                         Line,
                         static_cast<uint32_t>(Start - LineStart),
                         Tokens.empty() || Line != LastLine,
                         IsAttached,
                         0};
  Tokens.push_back(Token);
  // It can end on another line than it begins on.
  countLines(End);
}

void Tokeniser::countLines(size_t End) {
  for (; Counted < End; ++Counted) {
    if (Text[Counted] != '\n')
      continue;
    ++Line;
    LineStart = Counted + 1;
  }
}

} // namespace

std::optional<std::vector<SwiftToken>> tokenise(StringRef Text) {
  return Tokeniser(Text).run();
}

} // namespace hotswift
