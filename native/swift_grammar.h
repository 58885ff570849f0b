// What the nodes of tree-sitter-swift's trees mean for the literals in them.
#pragma once

#include <tree_sitter/api.h>

#include <cstdint>
#include <vector>

namespace hotswift {

enum class NodeKind : uint8_t {
  /// A node with a name that nobody has thought about.
  Unknown,
  /// A token between others.
  Token,
  /// An expression, a statement or a part of one: literals below it are as
  /// good as literals in its place.
  Plain,

  SourceFile,
  /// `{ … }` of a type or an extension.
  TypeBody,
  TypeDeclaration,
  /// With a body of its own: a function, an initialiser, a subscript.
  Callable,
  Property,
  FunctionBody,
  /// `{ … }` of a computed property or a subscript, or around observers.
  AccessorBlock,
  Accessor,
  EnumCase,
  Parameter,
  Attribute,
  Modifiers,

  /// Statements with conditions: `if`, `guard`, `while`, `repeat`.
  Conditional,
  For,
  SwitchCase,
  Catch,
  Where,
  Pattern,
  Directive,
  Macro,
  KeyPath,
  Type,
  Captures,

  /// What goes on behind its first child: a call, a member, `!`.
  Chain,
  Call,
  CallSuffix,
  Arguments,
  Argument,
  Member,
  Prefix,
  Logical,
  Ternary,
  Comparison,
  Tuple,
  Collection,
  Closure,
  AssignmentTarget,

  Integer,
  Float,
  Boolean,
  /// `"…"` on one line.
  LineString,
  MultiLineString,
  RawString,
  Regex,

  CaseKeyword,
  ForKeyword,
  CatchKeyword,
  InKeyword,
  WhereKeyword,
  EqualSign,
  Colon,
  OpenBrace,

  /// What the parser skipped, or made up because the text lacks it.
  Error,
};

/// The language and its numbers, which are looked up once.
class SwiftGrammar {
public:
  static const SwiftGrammar &get();

  const TSLanguage *language() const { return Language; }
  NodeKind kindOf(TSNode Node) const;

  TSFieldId condition() const { return Condition; }
  TSFieldId defaultValue() const { return DefaultValue; }
  TSFieldId operatorSign() const { return OperatorSign; }

private:
  SwiftGrammar();
  TSFieldId field(const char *Name) const;

  const TSLanguage *Language;
  /// By symbol.
  std::vector<NodeKind> Kinds;
  TSFieldId Condition;
  TSFieldId DefaultValue;
  TSFieldId OperatorSign;
};

} // namespace hotswift
