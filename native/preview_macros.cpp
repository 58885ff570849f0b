#include "preview_macros.h"

#include "source_nodes.h"
#include "swift_literal.h"

namespace hotswift {
namespace {

constexpr llvm::StringRef Name = "#Preview";

/// Whether a macro is this one, and none whose name begins like it.
bool isPreview(llvm::StringRef Macro) {
  return Macro.starts_with(Name) &&
         (Macro.size() == Name.size() || !isIdentifierByte(Macro[Name.size()]));
}

/// Those among the children of a node. With a cursor: finding a child by its
/// position goes through those before it.
void collect(const SourceNodes &Nodes, TSNode Parent,
             std::vector<PreviewMacro> &Found) {
  TSTreeCursor Cursor = ts_tree_cursor_new(Parent);
  for (bool IsThere = ts_tree_cursor_goto_first_child(&Cursor); IsThere;
       IsThere = ts_tree_cursor_goto_next_sibling(&Cursor)) {
    const TSNode Child = ts_tree_cursor_current_node(&Cursor);
    const NodeKind Kind = Nodes.kindOf(Child);
    // What the parser has skipped: the mistake is what the user is to be told
    // of, and not a macro that the compiler does not know.
    if (Kind == NodeKind::Error && Nodes.kindOf(Parent) == NodeKind::SourceFile)
      collect(Nodes, Child, Found);
    if (Kind != NodeKind::Macro || !isPreview(Nodes.textOf(Child)))
      continue;
    const uint32_t Start = Nodes.startOf(Child);
    Found.push_back({Start, Start + static_cast<uint32_t>(Name.size()),
                     Nodes.endOf(Child)});
  }
  ts_tree_cursor_delete(&Cursor);
}

} // namespace

std::vector<PreviewMacro> findPreviewMacros(llvm::StringRef Text, TSNode Root) {
  std::vector<PreviewMacro> Found;
  collect(SourceNodes(Text), Root, Found);
  return Found;
}

} // namespace hotswift
