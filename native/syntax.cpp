#include "syntax.h"

#include "errors.h"
#include "swift_grammar.h"
#include "swift_literal.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSwitch.h"

#include <algorithm>
#include <limits>
#include <optional>

using llvm::StringRef;

namespace hotswift {
namespace {

constexpr uint32_t NoCollection = 0xFFFFFFFF;
constexpr uint32_t LiteralsPerCollection = 32;

bool isDeclaration(NodeKind Kind) {
  switch (Kind) {
  case NodeKind::TypeDeclaration:
  case NodeKind::Callable:
  case NodeKind::Property:
  case NodeKind::EnumCase:
    return true;
  default:
    return false;
  }
}

bool isChain(NodeKind Kind) {
  return Kind == NodeKind::Chain || Kind == NodeKind::Call;
}

/// What a node alone is for the literals below it.
Obstacle obstacleOf(NodeKind Kind) {
  switch (Kind) {
  case NodeKind::Attribute:
    return Obstacle::Attribute;
  case NodeKind::Parameter:
    return Obstacle::ParameterDefault;
  case NodeKind::Pattern:
    return Obstacle::Pattern;
  case NodeKind::EnumCase:
    return Obstacle::EnumCase;
  case NodeKind::Directive:
    return Obstacle::Directive;
  case NodeKind::Macro:
    return Obstacle::Macro;
  case NodeKind::KeyPath:
    return Obstacle::KeyPath;
  case NodeKind::Captures:
    return Obstacle::Capture;
  case NodeKind::Type:
    return Obstacle::Type;
  case NodeKind::Error:
    return Obstacle::SyntaxError;
  case NodeKind::Unknown:
    return Obstacle::Unknown;
  default:
    return Obstacle::None;
  }
}

/// Children that are no comments. Those behind the fourth are of no interest.
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
unsigned children(TSNode Node) {
  return countChildren(Node, [](TSNode) { return true; });
}
unsigned namedChildren(TSNode Node) {
  return countChildren(Node, ts_node_is_named);
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

/// A node on the way to the present one, and what it means for those below it.
struct Frame {
  TSNode Node;
  NodeKind Kind;
  Obstacle Why = Obstacle::None;
  uint32_t Body = NoBody;
  /// The outermost collection of the expression, by its position in
  /// Walk::Collections.
  uint32_t Collection = NoCollection;
  /// What this is decides alone what is run.
  bool IsCondition = false;
  /// The children from here on are a pattern.
  bool InPattern = false;
};

/// Walks over a tree, without recursion: texts nest as deeply as they like.
class Walk {
public:
  explicit Walk(StringRef Text) : Text(Text) {}

  Syntax over(TSNode Root);

private:
  struct Found {
    SourceLiteral Literal;
    uint32_t Collection;
  };

  Frame enter(TSNode Node, TSFieldId Field);
  Frame below(TSNode Node, TSFieldId Field, NodeKind Kind, Frame &Parent);
  void openBody(Frame &Here, const Frame &Parent);
  /// Whether to go on with the children.
  bool visit(const Frame &Here);

  void add(LiteralKind Kind, const Frame &Here, Obstacle Own);
  Obstacle obstacleOfPlace(const Frame &Here) const;
  std::optional<StringRef> callee(const Frame &Here) const;
  Syntax finish();
  void refuseColumns();

  bool isKeyPath(TSNode Chain) const;
  bool isAngleBracket(TSNode Comparison) const;
  bool isInlinable(TSNode Declaration) const;
  bool misleads(TSNode Declaration) const;

  NodeKind kindOf(TSNode Node) const { return Grammar.kindOf(Node); }
  /// Not in the end of a line that parse() has added.
  uint32_t within(uint32_t Position) const {
    return std::min(Position, static_cast<uint32_t>(Text.size()));
  }
  uint32_t startOf(TSNode Node) const {
    return within(ts_node_start_byte(Node));
  }
  uint32_t endOf(TSNode Node) const { return within(ts_node_end_byte(Node)); }
  StringRef textOf(TSNode Node) const {
    return Text.slice(startOf(Node), endOf(Node));
  }

  const SwiftGrammar &Grammar = SwiftGrammar::get();
  StringRef Text;
  /// From the root to the parent of the present node.
  std::vector<Frame> Stack;
  std::vector<Found> Literals;
  std::vector<SourceBody> Bodies;
  /// The number of literals in each.
  std::vector<uint32_t> Collections;
};

Syntax Walk::over(TSNode Root) {
  TSTreeCursor Cursor = ts_tree_cursor_new(Root);
  while (true) {
    const Frame Here = enter(ts_tree_cursor_current_node(&Cursor),
                             ts_tree_cursor_current_field_id(&Cursor));
    if (visit(Here) && ts_tree_cursor_goto_first_child(&Cursor)) {
      Stack.push_back(Here);
      continue;
    }
    while (!Stack.empty() && !ts_tree_cursor_goto_next_sibling(&Cursor)) {
      ts_tree_cursor_goto_parent(&Cursor);
      Stack.pop_back();
    }
    if (Stack.empty())
      break;
  }
  ts_tree_cursor_delete(&Cursor);
  return finish();
}

Frame Walk::enter(TSNode Node, TSFieldId Field) {
  const NodeKind Kind = kindOf(Node);
  Frame Here = Stack.empty() ? Frame{Node, Kind, obstacleOf(Kind)}
                             : below(Node, Field, Kind, Stack.back());
  if (Here.Body == NoBody && Here.Why == Obstacle::None && misleads(Node))
    Here.Why = Obstacle::SyntaxError;
  return Here;
}

Frame Walk::below(TSNode Node, TSFieldId Field, NodeKind Kind, Frame &Parent) {
  Frame Here{Node, Kind, Parent.Why, Parent.Body, Parent.Collection};

  // The grammar gives patterns and what they are compared with as children of
  // one node; tokens stand between them.
  switch (Kind) {
  case NodeKind::CaseKeyword:
  case NodeKind::CatchKeyword:
  case NodeKind::ForKeyword:
    Parent.InPattern = true;
    break;
  case NodeKind::EqualSign:
  case NodeKind::InKeyword:
  case NodeKind::WhereKeyword:
  case NodeKind::Where:
  case NodeKind::OpenBrace:
    Parent.InPattern = false;
    break;
  case NodeKind::Colon:
    if (Parent.Kind == NodeKind::SwitchCase)
      Parent.InPattern = false;
    break;
  default:
    break;
  }

  switch (Parent.Kind) {
  case NodeKind::Conditional:
    Here.IsCondition = Field == Grammar.condition();
    break;
  case NodeKind::Where:
  case NodeKind::SwitchCase:
    Here.IsCondition = true;
    break;
  case NodeKind::Ternary:
    Here.IsCondition = Parent.IsCondition || Field == Grammar.condition();
    break;
  case NodeKind::Tuple:
  case NodeKind::Prefix:
  case NodeKind::Logical:
    Here.IsCondition = Parent.IsCondition;
    break;
  default:
    break;
  }

  if (Kind == NodeKind::Collection && Here.Collection == NoCollection) {
    Here.Collection = static_cast<uint32_t>(Collections.size());
    Collections.push_back(0);
  }
  // What is in a closure's statements is for the compiler another expression.
  if (Kind == NodeKind::Closure)
    Here.Collection = NoCollection;

  openBody(Here, Parent);
  if (Here.Why == Obstacle::None)
    Here.Why = obstacleOfPlace(Here);
  if (Here.Why == Obstacle::None && Field == Grammar.defaultValue())
    Here.Why = Obstacle::ParameterDefault;
  return Here;
}

void Walk::openBody(Frame &Here, const Frame &Parent) {
  const bool IsBody = Here.Kind == NodeKind::FunctionBody ||
                      Here.Kind == NodeKind::AccessorBlock;
  // Those of what is run once, or seen by a macro, are no bodies of their own.
  if (IsBody && Here.Body == NoBody &&
      (Here.Why == Obstacle::None || Here.Why == Obstacle::SyntaxError)) {
    if (ts_node_has_error(Here.Node))
      Here.Why = Obstacle::SyntaxError;
    Here.Body = static_cast<uint32_t>(Bodies.size());
    Bodies.push_back({startOf(Here.Node), endOf(Here.Node),
                      Here.Why != Obstacle::SyntaxError});
  }
  if (Here.Why != Obstacle::None)
    return;
  // An accessor has attributes of its own; a body has those of what it is the
  // body of.
  if ((IsBody && isInlinable(Parent.Node)) ||
      (Here.Kind == NodeKind::Accessor && isInlinable(Here.Node)))
    Here.Why = Obstacle::Inlinable;
}

/// By what stands above: Here is not on the stack yet, and nothing above it is
/// in the way.
Obstacle Walk::obstacleOfPlace(const Frame &Here) const {
  const Frame &Parent = Stack.back();
  if (const Obstacle Own = obstacleOf(Here.Kind); Own != Obstacle::None)
    return Own;
  if (Parent.InPattern)
    return Obstacle::Pattern;
  if (isChain(Here.Kind) && isKeyPath(Here.Node))
    return Obstacle::KeyPath;
  if (Here.Kind == NodeKind::Comparison && isAngleBracket(Here.Node))
    return Obstacle::Type;
  // The string itself says so, too, but also what is in it is left alone.
  if (Parent.Kind == NodeKind::RawString)
    return Obstacle::RawString;

  switch (Parent.Kind) {
  case NodeKind::SourceFile:
    return isDeclaration(Here.Kind) ? Obstacle::None : Obstacle::TopLevel;
  case NodeKind::TypeBody:
    return isDeclaration(Here.Kind) ? Obstacle::None : Obstacle::Unknown;
  case NodeKind::Property: {
    const NodeKind Owner =
        Stack.size() < 2 ? NodeKind::SourceFile : Stack[Stack.size() - 2].Kind;
    const bool IsMember =
        Owner == NodeKind::SourceFile || Owner == NodeKind::TypeBody;
    return IsMember && Here.Kind != NodeKind::AccessorBlock &&
                   Here.Kind != NodeKind::Modifiers
               ? Obstacle::Initialiser
               : Obstacle::None;
  }
  default:
    return Obstacle::None;
  }
}

bool Walk::visit(const Frame &Here) {
  switch (Here.Kind) {
  case NodeKind::Integer:
    add(LiteralKind::Integer, Here,
        isInteger(textOf(Here.Node)) ? Obstacle::None : Obstacle::Unknown);
    return false;
  case NodeKind::Float:
    add(LiteralKind::Float, Here,
        isFloat(textOf(Here.Node)) ? Obstacle::None : Obstacle::Unknown);
    return false;
  case NodeKind::Boolean:
    add(LiteralKind::Boolean, Here,
        Here.IsCondition ? Obstacle::Condition : Obstacle::None);
    return false;
  case NodeKind::LineString:
    switch (formOfString(textOf(Here.Node))) {
    case StringForm::Plain:
      add(LiteralKind::String, Here, Obstacle::None);
      break;
    case StringForm::Interpolated:
      add(LiteralKind::String, Here, Obstacle::InterpolatedString);
      break;
    case StringForm::Other:
      add(LiteralKind::String, Here, Obstacle::Unknown);
      break;
    }
    return true;
  case NodeKind::MultiLineString:
    add(LiteralKind::String, Here, Obstacle::MultiLineString);
    return true;
  case NodeKind::RawString:
    add(LiteralKind::String, Here, Obstacle::RawString);
    return true;
  case NodeKind::Regex:
    return false;
  default:
    return true;
  }
}

void Walk::add(LiteralKind Kind, const Frame &Here, Obstacle Own) {
  uint32_t Start = startOf(Here.Node);
  const uint32_t End = endOf(Here.Node);
  const Frame &Parent = Stack.back();

  Obstacle Why = Here.Why;
  if (Why == Obstacle::None)
    Why = Own;
  if (Why == Obstacle::None) {
    const bool IsCut = (Start > 0 && isIdentifierByte(Text[Start - 1])) ||
                       (Kind != LiteralKind::String && End < Text.size() &&
                        isIdentifierByte(Text[End]));
    // Nobody calls a number. Where the tree says so it has taken for a trailing
    // closure what is something else.
    const bool IsCalled = Parent.Kind == NodeKind::Call &&
                          ts_node_eq(ts_node_child(Parent.Node, 0), Here.Node);
    if (Parent.Kind == NodeKind::Member)
      Why = Obstacle::TupleIndex;
    else if (Here.Body == NoBody || IsCut || IsCalled ||
             Parent.Kind == NodeKind::AssignmentTarget)
      Why = Obstacle::Unknown;
  }

  const bool IsNumber =
      Kind == LiteralKind::Integer || Kind == LiteralKind::Float;
  if (IsNumber && isNegated(Text, Start, End))
    --Start;

  SourceLiteral Literal{Kind, Start, End, Why, Here.Body, 0, 0};
  if (const auto Callee = callee(Here)) {
    Literal.CalleeStart = static_cast<uint32_t>(Callee->begin() - Text.begin());
    Literal.CalleeEnd = static_cast<uint32_t>(Callee->end() - Text.begin());
  }
  Literals.push_back({Literal, Here.Collection});
  if (Here.Collection != NoCollection)
    ++Collections[Here.Collection];
}

/// What is called with nothing but the literal, if that may be a type.
std::optional<StringRef> Walk::callee(const Frame &Here) const {
  auto Above = Stack.rbegin();
  // Swift looks through the minus, which is a part of the literal, and through
  // parentheses.
  for (; Above->Kind == NodeKind::Prefix || Above->Kind == NodeKind::Tuple;
       ++Above) {
    const bool IsMinus = Above->Kind == NodeKind::Prefix &&
                         textOf(ts_node_child(Above->Node, 0)) == "-";
    const bool IsParenthesis =
        Above->Kind == NodeKind::Tuple && children(Above->Node) == 3;
    if (!IsMinus && !IsParenthesis)
      return std::nullopt;
  }
  if (Stack.rend() - Above < 4)
    return std::nullopt;
  const Frame &Argument = *Above++;
  const Frame &Arguments = *Above++;
  const Frame &Suffix = *Above++;
  const Frame &Call = *Above;
  if (Argument.Kind != NodeKind::Argument ||
      namedChildren(Argument.Node) != 1 || namedChildren(Arguments.Node) != 1 ||
      !textOf(Arguments.Node).starts_with("(") ||
      Suffix.Kind != NodeKind::CallSuffix || children(Suffix.Node) != 1 ||
      // A third is the question mark of `Int?(5)`.
      Call.Kind != NodeKind::Call || children(Call.Node) != 2)
    return std::nullopt;

  const StringRef Callee = textOf(ts_node_child(Call.Node, 0));
  // `.Name(5)` is a member of a type that only the compiler knows.
  if (Callee.starts_with("."))
    return std::nullopt;
  const StringRef Name = lastName(Callee);
  if (Name.empty() || Name.front() < 'A' || Name.front() > 'Z' ||
      !llvm::all_of(Name, isIdentifierByte))
    return std::nullopt;
  return Callee;
}

Syntax Walk::finish() {
  refuseColumns();
  Syntax Result;
  Result.Bodies = std::move(Bodies);
  Result.Literals.reserve(Literals.size());
  for (Found &Each : Literals) {
    if (Each.Literal.Why == Obstacle::None && Each.Collection != NoCollection &&
        Collections[Each.Collection] > LiteralsPerCollection)
      Each.Literal.Why = Obstacle::LargeCollection;
    Result.Literals.push_back(Each.Literal);
  }
  return Result;
}

/// In the text and not in the tree, so that also those in the arguments of
/// macros count.
void Walk::refuseColumns() {
  size_t Position = 0;
  while ((Position = Text.find("#column", Position)) != StringRef::npos) {
    const size_t LineEnd =
        std::min(Text.find_first_of("\r\n", Position), Text.size());
    const size_t Before = Text.take_front(Position).find_last_of("\r\n");
    const size_t LineStart = Before == StringRef::npos ? 0 : Before + 1;
    auto Each = llvm::partition_point(Literals, [&](const Found &Other) {
      return Other.Literal.Start < LineStart;
    });
    for (; Each != Literals.end() && Each->Literal.Start < LineEnd; ++Each)
      if (Each->Literal.Why == Obstacle::None)
        Each->Literal.Why = Obstacle::Column;
    Position = LineEnd;
  }
}

/// `\Type.member[5].other` is a chain for the grammar, and `\Type` alone the
/// key path.
bool Walk::isKeyPath(TSNode Chain) const {
  const Frame &Parent = Stack.back();
  // Asked of a whole chain once: it may have thousands of members.
  if (isChain(Parent.Kind) && ts_node_eq(ts_node_child(Parent.Node, 0), Chain))
    return false;
  TSNode Base = Chain;
  while (isChain(kindOf(Base)))
    Base = ts_node_child(Base, 0);
  return kindOf(Base) == NodeKind::KeyPath;
}

/// `A<B>(c)` and `f(A<3, B>(c))` are comparisons for the grammar if it has not
/// found out that they are generic arguments. Those that are meant stand
/// between spaces.
bool Walk::isAngleBracket(TSNode Comparison) const {
  const TSNode Sign =
      ts_node_child_by_field_id(Comparison, Grammar.operatorSign());
  if (ts_node_is_null(Sign))
    return true;
  const uint32_t Start = startOf(Sign);
  const StringRef Operator = textOf(Sign);
  return (Operator == "<" || Operator == ">") && Start > 0 &&
         !StringRef(" \t\r\n").contains(Text[Start - 1]);
}

bool Walk::isInlinable(TSNode Declaration) const {
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

/// Whether the parser has skipped something, directly in this declaration and
/// outside of its body, that may have changed what is a body and what not: an
/// attribute or a brace, or what hides one. Without those, as with the type of
/// `throws(Type)`, the rest is where it seems to be.
bool Walk::misleads(TSNode Declaration) const {
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
  return Walk(StringRef(Text).drop_back()).over(ts_tree_root_node(Tree.get()));
}

} // namespace hotswift
