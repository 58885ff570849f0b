// The nodes of one text's tree, and what the text says of them that the grammar
// does not.
#pragma once

#include "swift_grammar.h"

#include "llvm/ADT/StringRef.h"

namespace hotswift {

/// Whether something goes on behind the first child.
bool isChain(NodeKind Kind);

/// The number of children that are no comments; 5 for more than 4.
unsigned children(TSNode Node);
unsigned namedChildren(TSNode Node);

/// Whether what is called is a type if its name tells: `a.b.Name<T>`, `(Name)`.
bool mayBeType(llvm::StringRef Callee);

class SourceNodes {
public:
  explicit SourceNodes(llvm::StringRef Text) : Text(Text) {}

  NodeKind kindOf(TSNode Node) const {
    return SwiftGrammar::get().kindOf(Node);
  }
  uint32_t startOf(TSNode Node) const {
    return within(ts_node_start_byte(Node));
  }
  uint32_t endOf(TSNode Node) const { return within(ts_node_end_byte(Node)); }
  llvm::StringRef textOf(TSNode Node) const {
    return Text.slice(startOf(Node), endOf(Node));
  }

  /// `\Type.member[5].other` is a chain for the grammar, and `\Type` alone the
  /// key path.
  bool isKeyPath(TSNode Chain) const;

  /// `A<B>(c)` and `f(A<3, B>(c))` are comparisons for the grammar if it has
  /// not found out that they are generic arguments. Those that are meant stand
  /// between spaces.
  bool isAngleBracket(TSNode Comparison) const;

  /// Whether the body of a declaration becomes a part of its callers in other
  /// modules, or must not do what a call may do.
  bool isInlinable(TSNode Declaration) const;

  /// Whether the parser has skipped something, directly in this declaration and
  /// outside of its body, that may have changed what is a body and what not: an
  /// attribute or a brace, or what hides one. Without those, as with the type
  /// of `throws(Type)`, the rest is where it seems to be.
  bool misleads(TSNode Declaration) const;

private:
  /// The parser is given more than the text: see SyntaxTree::parse.
  uint32_t within(uint32_t Position) const;

  llvm::StringRef Text;
};

} // namespace hotswift
