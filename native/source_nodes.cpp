#include "source_nodes.h"

#include "swift_literal.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSwitch.h"

#include <algorithm>

using llvm::StringRef;

namespace hotswift {
namespace {

template <typename Predicate>
unsigned countChildren(TSNode Node, Predicate Counts) {
  unsigned Count = 0;
  for (uint32_t I = 0; Count <= 4; ++I) {
    const TSNode Child = ts_node_child(Node, I);
    if (ts_node_is_null(Child))
      break;
    Count += !ts_node_is_extra(Child) && Counts(Child);
  }
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
  const size_t Dot = Callee.rfind('.');
  return Callee.substr(Dot == StringRef::npos ? 0 : Dot + 1).trim();
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
  return !Name.empty() && Name.front() >= 'A' && Name.front() <= 'Z' &&
         llvm::all_of(Name, isIdentifierByte);
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
  llvm::SmallVector<TSNode, 4> Attributes;
  for (uint32_t I = 0;; ++I) {
    // Attributes come first.
    const TSNode Child = ts_node_child(Declaration, I);
    if (ts_node_is_null(Child))
      break;
    if (kindOf(Child) == NodeKind::Modifiers) {
      const uint32_t Count = ts_node_child_count(Child);
      for (uint32_t J = 0; J < Count; ++J)
        Attributes.push_back(ts_node_child(Child, J));
    } else if (kindOf(Child) == NodeKind::Attribute) {
      Attributes.push_back(Child);
    } else {
      break;
    }
  }
  return llvm::any_of(Attributes, [this](TSNode Attribute) {
    const StringRef Name =
        textOf(Attribute).drop_front().take_while(isIdentifierByte);
    return llvm::StringSwitch<bool>(Name)
        .Cases({"inlinable", "backDeployed", "_transparent",
                "_alwaysEmitIntoClient", "_backDeploy"},
               true)
        // Their bodies must not do what a read may do.
        .Cases({"_noLocks", "_noAllocation"}, true)
        .Default(false);
  });
}

bool SourceNodes::misleads(TSNode Declaration) const {
  if (!ts_node_has_error(Declaration))
    return false;
  TSTreeCursor Cursor = ts_tree_cursor_new(Declaration);
  bool Found = false;
  if (ts_tree_cursor_goto_first_child(&Cursor)) {
    do {
      const TSNode Child = ts_tree_cursor_current_node(&Cursor);
      Found = ts_node_is_missing(Child) ||
              (kindOf(Child) == NodeKind::Error &&
               textOf(Child).find_first_of("{}@#\"") != StringRef::npos);
    } while (!Found && ts_tree_cursor_goto_next_sibling(&Cursor));
  }
  ts_tree_cursor_delete(&Cursor);
  return Found;
}

} // namespace hotswift
