#include "syntax.h"

#include "literal_walk.h"
#include "preview_macros.h"
#include "swift_grammar.h"
#include "swift_literal.h"

#include <algorithm>
#include <chrono>
#include <ctime>

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

/// A longer text is not parsed. Files that people write have a tenth of it.
constexpr size_t MaximalSize = 4 << 20;

/// What the parser may do for a text: at worst it takes seconds and half a
/// gigabyte. Counted, so that a text has the same literals every time.
///
/// Swift takes 1 to 2 steps a byte, `f(1)` on each line 7, deep nesting 8.
/// Errors can take as many as there are bytes for each of them.
constexpr uint64_t StepsPerByte = 16;
constexpr uint64_t FewestSteps = 20'000;
constexpr uint64_t MostSteps = 2'000'000;
/// tree-sitter counts these between two calls of the callback
/// (OP_COUNT_PER_PARSER_TIMEOUT_CHECK).
constexpr uint64_t StepsPerCall = 100;
/// Bytes that are handed to the lexer at once; each is read 1 to 2 times. The
/// scanner looks for the end of a comment that has none as often as one begins.
constexpr size_t ChunkSize = 16 << 10;
constexpr uint64_t ReadsPerByte = 64;
/// What neither of these counts: a step can go through all that a mistake has
/// made the parser skip. Of the thread's own time, with room for slow machines.
constexpr std::chrono::seconds MostTime(10);
constexpr uint64_t FewestReads = 1 << 20;

std::chrono::nanoseconds timeOfThread() {
  timespec Time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &Time);
  return std::chrono::seconds(Time.tv_sec) +
         std::chrono::nanoseconds(Time.tv_nsec);
}

/// A text for the parser, which is to stop when it has done too much for it.
class BoundedInput {
public:
  explicit BoundedInput(StringRef Text)
      : Text(Text), StepsLeft(std::clamp(StepsPerByte * Text.size(),
                                         FewestSteps, MostSteps)),
        ReadsLeft(std::max(ReadsPerByte * Text.size(), FewestReads)) {}

  /// Null if it was too much.
  TSTree *parse(TSParser *Parser) {
    TSInput Input{this, read, TSInputEncodingUTF8, nullptr};
    TSParseOptions Options{this, stops};
    TSTree *Tree =
        ts_parser_parse_with_options(Parser, nullptr, Input, Options);
    // A text that was cut off can be parsed.
    if (Tree && ReadsLeft == 0) {
      ts_tree_delete(Tree);
      Tree = nullptr;
    }
    if (!Tree)
      ts_parser_reset(Parser);
    return Tree;
  }

private:
  static const char *read(void *This, uint32_t Start, TSPoint, uint32_t *Size) {
    auto &Input = *static_cast<BoundedInput *>(This);
    // The end of the text is what the scanner stops at.
    const StringRef Chunk = Input.ReadsLeft == 0
                                ? StringRef()
                                : Input.Text.substr(Start, ChunkSize);
    Input.ReadsLeft -= std::min<uint64_t>(Input.ReadsLeft, Chunk.size());
    *Size = static_cast<uint32_t>(Chunk.size());
    return Chunk.data();
  }

  static bool stops(TSParseState *State) {
    auto &Input = *static_cast<BoundedInput *>(State->payload);
    if (Input.ReadsLeft == 0 || Input.StepsLeft < StepsPerCall ||
        timeOfThread() > Input.End)
      return true;
    Input.StepsLeft -= StepsPerCall;
    return false;
  }

  StringRef Text;
  uint64_t StepsLeft;
  uint64_t ReadsLeft;
  const std::chrono::nanoseconds End = timeOfThread() + MostTime;
};

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

Syntax SyntaxTree::parse(std::string Text) {
  Syntax Found;
  Found.IsUnderstood = false;
  if (Text.size() > MaximalSize)
    return Found;
  // The scanner takes a zero for the end of the text, and reads on behind the
  // names of directives if one is cut off there. No token has a byte 1 in it,
  // and no directive ends behind the end of a line.
  std::replace(Text.begin(), Text.end(), '\0', '\1');
  hideConditions(Text);
  Text += '\n';

  const std::lock_guard Lock(Guard);
  const std::unique_ptr<TSTree, DeleteTree> Tree(
      BoundedInput(Text).parse(Parser.get()));
  if (!Tree)
    return Found;
  const StringRef Parsed = StringRef(Text).drop_back();
  const TSNode Root = ts_tree_root_node(Tree.get());
  Found = findLiterals(Parsed, Root);
  Found.Previews = findPreviewMacros(Parsed, Root);
  return Found;
}

} // namespace hotswift
