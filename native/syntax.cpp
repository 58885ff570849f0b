#include "syntax.h"

#include "errors.h"
#include "literal_walk.h"
#include "preview_macros.h"
#include "swift_grammar.h"
#include "swift_literal.h"

#include <algorithm>
#include <limits>

using llvm::StringRef;

namespace hotswift {
namespace {

/// Whether a line is a condition of compilation and nothing else.
bool isCondition(StringRef Line) {
  Line = Line.trim();
  const StringRef Name = Line.take_while(
      [](char Byte) { return Byte == '#' || isIdentifierByte(Byte); });
  // It may be in a string, which could end on it, or go on with the next line.
  return (Name == "#if" || Name == "#elseif" || Name == "#else" ||
          Name == "#endif") &&
         !Line.contains('"') && !Line.contains("/*") && !Line.contains("*/") &&
         !Line.ends_with("&&") && !Line.ends_with("||");
}

/// Hides what the grammar knows between statements, but neither between the
/// members of a type nor in a chain of calls. The branches follow one another
/// then, which is no mistake for a grammar; every byte keeps its place.
void hideConditions(std::string &Text) {
  for (size_t Start = 0; Start < Text.size();) {
    const size_t End = std::min(Text.find_first_of("\r\n", Start), Text.size());
    const StringRef Line = StringRef(Text).slice(Start, End);
    if (isCondition(Line))
      std::fill_n(Text.begin() + static_cast<ptrdiff_t>(Start), Line.size(),
                  ' ');
    Start = End + 1;
  }
}

struct DeleteTree {
  void operator()(TSTree *Tree) const { ts_tree_delete(Tree); }
};

} // namespace

void SyntaxTree::Delete::operator()(TSParser *Parser) const {
  ts_parser_delete(Parser);
}

SyntaxTree::SyntaxTree() : Parser(ts_parser_new()) {
  ts_parser_set_language(Parser.get(), SwiftGrammar::get().language());
}

llvm::Expected<Syntax> SyntaxTree::parse(std::string Text) {
  if (Text.size() >= std::numeric_limits<uint32_t>::max())
    return makeError(ErrorKind::Source, "a source of 4 GiB is not parsed");
  // The scanner takes a zero for the end of the text, and reads on behind the
  // names of directives if one is cut off there. No token has a byte 1 in it,
  // and no directive ends behind the end of a line.
  std::replace(Text.begin(), Text.end(), '\0', '\1');
  hideConditions(Text);
  Text += '\n';

  const std::lock_guard Lock(Guard);
  const std::unique_ptr<TSTree, DeleteTree> Tree(ts_parser_parse_string(
      Parser.get(), nullptr, Text.data(), static_cast<uint32_t>(Text.size())));
  if (!Tree) {
    ts_parser_reset(Parser.get());
    return makeError(ErrorKind::Source, "the parser gave up on a source");
  }
  const StringRef Parsed = StringRef(Text).drop_back();
  const TSNode Root = ts_tree_root_node(Tree.get());
  Syntax Found = findLiterals(Parsed, Root);
  Found.Previews = findPreviewMacros(Parsed, Root);
  return Found;
}

} // namespace hotswift
