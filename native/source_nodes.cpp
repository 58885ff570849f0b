#include "source_nodes.h"

#include "swift_literal.h"

#include "llvm/ADT/StringSwitch.h"

#include <algorithm>

using llvm::StringRef;

namespace hotswift {
namespace {

/// Hands over the children until one returns false. With a cursor: finding a
/// child by its position goes through those before it.
template <typename Visitor> void visitChildren(TSNode Parent, Visitor Visit) {
  TSTreeCursor Cursor = ts_tree_cursor_new(Parent);
  bool IsThere = ts_tree_cursor_goto_first_child(&Cursor);
  while (IsThere && Visit(ts_tree_cursor_current_node(&Cursor)))
    IsThere = ts_tree_cursor_goto_next_sibling(&Cursor);
  ts_tree_cursor_delete(&Cursor);
}

template <typename Predicate>
unsigned countChildren(TSNode Node, Predicate Counts) {
  unsigned Count = 0;
  visitChildren(Node, [&](TSNode Child) {
    Count += !ts_node_is_extra(Child) && Counts(Child);
    return Count <= 4;
  });
  return Count;
}

/// `Name` of `a.b.Name<T>` and of `(Name)`.
StringRef lastName(StringRef Callee) {
  while (Callee.starts_with("(") && Callee.ends_with(")"))
    Callee = Callee.drop_front().drop_back().trim();
  if (Callee.ends_with(">")) {
    size_t Depth = 0;
    do {
      Depth += Callee.back() == '>';
      Depth -= Callee.back() == '<';
      Callee = Callee.drop_back();
    } while (Depth > 0 && !Callee.empty());
  }
  // From its end: what is called may be a chain of thousands of calls.
  Callee = Callee.rtrim();
  size_t Start = Callee.size();
  while (Start > 0 && isIdentifierByte(Callee[Start - 1]))
    --Start;
  const StringRef Before = Callee.take_front(Start).rtrim();
  return Before.empty() || Before.ends_with(".") ? Callee.drop_front(Start)
                                                 : StringRef();
}

} // namespace

bool isChain(NodeKind Kind) {
  return Kind == NodeKind::Chain || Kind == NodeKind::Call;
}

unsigned children(TSNode Node) {
  return countChildren(Node, [](TSNode) { return true; });
}

unsigned namedChildren(TSNode Node) {
  return countChildren(Node, ts_node_is_named);
}

bool mayBeType(StringRef Callee) {
  // `.Name` is a member of a type that only the compiler knows.
  if (Callee.starts_with("."))
    return false;
  const StringRef Name = lastName(Callee);
  return !Name.empty() && Name.front() >= 'A' && Name.front() <= 'Z';
}

uint32_t SourceNodes::within(uint32_t Position) const {
  return std::min(Position, static_cast<uint32_t>(Text.size()));
}

bool SourceNodes::isKeyPath(TSNode Chain) const {
  TSNode Base = Chain;
  while (isChain(kindOf(Base)))
    Base = ts_node_child(Base, 0);
  return kindOf(Base) == NodeKind::KeyPath;
}

bool SourceNodes::isAngleBracket(TSNode Comparison) const {
  const TSNode Sign =
      ts_node_child_by_field_id(Comparison, SwiftGrammar::get().operatorSign());
  if (ts_node_is_null(Sign))
    return true;
  const uint32_t Start = startOf(Sign);
  const StringRef Operator = textOf(Sign);
  return (Operator == "<" || Operator == ">") && Start > 0 &&
         !StringRef(" \t\r\n").contains(Text[Start - 1]);
}

bool SourceNodes::isInlinable(TSNode Declaration) const {
  bool Found = false;
  const auto Look = [&](TSNode Attribute) {
    const StringRef Name =
        textOf(Attribute).substr(1).take_while(isIdentifierByte);
    Found = llvm::StringSwitch<bool>(Name)
                .Cases({"inlinable", "backDeployed", "_transparent",
                        "_alwaysEmitIntoClient", "_backDeploy"},
                       true)
                // Their bodies must not do what a read may do.
                .Cases({"_noLocks", "_noAllocation"}, true)
                .Default(false);
    return !Found;
  };
  visitChildren(Declaration, [&](TSNode Child) {
    // Attributes come first.
    if (kindOf(Child) == NodeKind::Modifiers)
      visitChildren(Child, Look);
    else if (kindOf(Child) == NodeKind::Attribute)
      Look(Child);
    else
      return false;
    return !Found;
  });
  return Found;
}

bool SourceNodes::misleads(TSNode Declaration) const {
  if (!ts_node_has_error(Declaration))
    return false;
  bool Found = false;
  visitChildren(Declaration, [&](TSNode Child) {
    Found = ts_node_is_missing(Child) ||
            (kindOf(Child) == NodeKind::Error &&
             textOf(Child).find_first_of("{}@#\"") != StringRef::npos);
    return !Found;
  });
  return Found;
}

} // namespace hotswift
