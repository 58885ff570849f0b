#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct TSParser;

namespace hotswift {

enum class LiteralKind : uint32_t { Integer, Float, Boolean, String };

/// Why a literal cannot be read through a call that stands in its place. In
/// doubt there is one: a literal left alone costs a compile, one that is
/// wrapped where it must not be costs a failed one, or changes what the code
/// means. lib/edit/syntax.ts has a phrase for each, in the same order.
enum class Obstacle : uint32_t {
  None,
  /// In the arguments of an attribute.
  Attribute,
  ParameterDefault,
  /// In a pattern, which has to be known to the compiler.
  Pattern,
  /// In a case of an enum: its raw value, or the default of an associated one.
  EnumCase,
  /// Anywhere below the initialiser of a property that is global or a member of
  /// a type. It may run once, or before anybody can say when.
  Initialiser,
  /// In a statement of the file itself, which is run once.
  TopLevel,
  /// In `#if`, `#available`, `#sourceLocation` and their like.
  Directive,
  /// Below a macro's arguments: it sees the text.
  Macro,
  /// The position of a tuple's element: `pair.0`.
  TupleIndex,
  KeyPath,
  /// In the list of what a closure captures.
  Capture,
  /// In a type, or in what may be its generic arguments.
  Type,
  /// A string with `#` around its quotes, or in one.
  RawString,
  MultiLineString,
  /// A string that is put together. What is in its `\( )` is another matter.
  InterpolatedString,
  /// A Boolean that decides alone what is run: the compiler looks through it
  /// for code that is never reached.
  Condition,
  /// In an array or a dictionary of more than 32 literals, for which the
  /// compiler needs seconds if they are calls.
  LargeCollection,
  /// On a line that asks for its columns.
  Column,
  /// In a function whose body becomes a part of its callers in other modules.
  Inlinable,
  /// In a body that the parser does not understand, or outside of bodies in
  /// what it does not.
  SyntaxError,
  /// In syntax of which nothing is known here.
  Unknown,
};

constexpr uint32_t NoBody = 0xFFFFFFFF;

/// A literal of the source. All positions are bytes of the text.
struct SourceLiteral {
  LiteralKind Kind;
  /// Of a number with a minus that is a part of it, the minus.
  uint32_t Start;
  uint32_t End;
  Obstacle Why;
  /// Its position in Syntax::Bodies, or NoBody.
  uint32_t Body;
  /// The callee, if the literal is all that a call `Name(literal)` or
  /// `a.b.Name<T>(literal)` hands over and Name begins with a capital: Swift
  /// reads it as `literal as Name` then, if that is a type. Otherwise twice 0.
  uint32_t CalleeStart;
  uint32_t CalleeEnd;
};

/// The outermost body of a function, an initialiser, a computed property, a
/// subscript or observers: from `{` to behind `}`. Closures and functions
/// within belong to it. What is run by an initialiser or a statement of the
/// file is none.
struct SourceBody {
  uint32_t Start;
  uint32_t End;
  /// Whether the parser is sure of all of it, and of where it stands.
  bool IsUnderstood;
};

/// `#Preview(…) { … }`, a declaration of the file.
struct PreviewMacro {
  uint32_t Start;
  /// Behind `#Preview`.
  uint32_t NameEnd;
  /// Behind the closure.
  uint32_t End;
};

/// All literals of a text but `nil`, regular expressions and what `#if` asks
/// for, its bodies, and its `#Preview`s, by their starts.
struct Syntax {
  /// False for a text that takes more than its parser may use: there is nothing
  /// in the lists.
  bool IsUnderstood = true;
  std::vector<SourceLiteral> Literals;
  std::vector<SourceBody> Bodies;
  std::vector<PreviewMacro> Previews;
};

/// Finds the literals of one file, text by text.
///
/// Each text is parsed anew. Parsing what has changed takes a twentieth of the
/// time, but about one tree in 4,000 is another than that of the same text
/// parsed anew, and not only where the text has errors.
///
/// Any thread may call at any time; one parses, the others wait.
class SyntaxTree {
public:
  SyntaxTree();

  /// Any bytes will do.
  Syntax parse(std::string Text);

private:
  struct Delete {
    void operator()(TSParser *Parser) const;
  };

  std::mutex Guard;
  std::unique_ptr<TSParser, Delete> Parser;
};

} // namespace hotswift
