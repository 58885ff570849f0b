#include "literal_walk.h"

#include "source_nodes.h"
#include "swift_literal.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
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

/// The grammar gives a pattern and what it is compared with as children of one
/// node; tokens stand between them.
void followPattern(NodeKind Token, Frame &Parent) {
  switch (Token) {
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
    // Elsewhere it is one of the pattern's own.
    if (Parent.Kind == NodeKind::SwitchCase)
      Parent.InPattern = false;
    break;
  default:
    break;
  }
}

/// Whether a child decides alone what is run.
bool decides(TSFieldId Field, const Frame &Parent) {
  switch (Parent.Kind) {
  case NodeKind::Conditional:
    return Field == SwiftGrammar::get().condition();
  case NodeKind::Where:
  // One that is neither its pattern nor its statements is behind `where`.
  case NodeKind::SwitchCase:
    return true;
  case NodeKind::Ternary:
    return Parent.IsCondition || Field == SwiftGrammar::get().condition();
  case NodeKind::Tuple:
  case NodeKind::Prefix:
  case NodeKind::Logical:
    return Parent.IsCondition;
  default:
    return false;
  }
}

/// Walks over a tree, without recursion: texts nest as deeply as they like.
class Walk {
public:
  explicit Walk(StringRef Text) : Nodes(Text), Text(Text) {}

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
  bool isOutermostChain(const Frame &Here) const;
  std::optional<StringRef> callee(const Frame &Here) const;
  Syntax finish();
  void refuseColumns();

  SourceNodes Nodes;
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
  const NodeKind Kind = Nodes.kindOf(Node);
  Frame Here = Stack.empty() ? Frame{Node, Kind, obstacleOf(Kind)}
                             : below(Node, Field, Kind, Stack.back());
  if (Here.Body == NoBody && Here.Why == Obstacle::None && Nodes.misleads(Node))
    Here.Why = Obstacle::SyntaxError;
  return Here;
}

Frame Walk::below(TSNode Node, TSFieldId Field, NodeKind Kind, Frame &Parent) {
  Frame Here{Node, Kind, Parent.Why, Parent.Body, Parent.Collection};

  followPattern(Kind, Parent);
  Here.IsCondition = decides(Field, Parent);
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
  if (Here.Why == Obstacle::None && Field == SwiftGrammar::get().defaultValue())
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
    Bodies.push_back({Nodes.startOf(Here.Node), Nodes.endOf(Here.Node),
                      Here.Why != Obstacle::SyntaxError});
  }
  if (Here.Why != Obstacle::None)
    return;
  // An accessor has attributes of its own; a body has those of what it is the
  // body of.
  if ((IsBody && Nodes.isInlinable(Parent.Node)) ||
      (Here.Kind == NodeKind::Accessor && Nodes.isInlinable(Here.Node)))
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
  if (isChain(Here.Kind) && isOutermostChain(Here) &&
      Nodes.isKeyPath(Here.Node))
    return Obstacle::KeyPath;
  if (Here.Kind == NodeKind::Comparison && Nodes.isAngleBracket(Here.Node))
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

/// Chains of thousands of members are looked through once.
bool Walk::isOutermostChain(const Frame &Here) const {
  const Frame &Parent = Stack.back();
  return !isChain(Parent.Kind) ||
         !ts_node_eq(ts_node_child(Parent.Node, 0), Here.Node);
}

bool Walk::visit(const Frame &Here) {
  switch (Here.Kind) {
  case NodeKind::Integer:
    add(LiteralKind::Integer, Here,
        isInteger(Nodes.textOf(Here.Node)) ? Obstacle::None
                                           : Obstacle::Unknown);
    return false;
  case NodeKind::Float:
    add(LiteralKind::Float, Here,
        isFloat(Nodes.textOf(Here.Node)) ? Obstacle::None : Obstacle::Unknown);
    return false;
  case NodeKind::Boolean:
    add(LiteralKind::Boolean, Here,
        Here.IsCondition ? Obstacle::Condition : Obstacle::None);
    return false;
  case NodeKind::LineString:
    switch (formOfString(Nodes.textOf(Here.Node))) {
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
  uint32_t Start = Nodes.startOf(Here.Node);
  const uint32_t End = Nodes.endOf(Here.Node);
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
                         Nodes.textOf(ts_node_child(Above->Node, 0)) == "-";
    const bool IsParenthesis =
        Above->Kind == NodeKind::Tuple && children(Above->Node) == 3;
    if (!IsMinus && !IsParenthesis)
      return std::nullopt;
  }
  if (Stack.rend() - Above < 4)
    return std::nullopt;
  const TSNode Argument = Above[0].Node;
  const TSNode Arguments = Above[1].Node;
  const TSNode Suffix = Above[2].Node;
  const TSNode Call = Above[3].Node;
  if (Above[0].Kind != NodeKind::Argument || namedChildren(Argument) != 1 ||
      namedChildren(Arguments) != 1 ||
      !Nodes.textOf(Arguments).starts_with("(") ||
      Above[2].Kind != NodeKind::CallSuffix || children(Suffix) != 1 ||
      // A third is the question mark of `Int?(5)`.
      Above[3].Kind != NodeKind::Call || children(Call) != 2)
    return std::nullopt;
  const StringRef Callee = Nodes.textOf(ts_node_child(Call, 0));
  if (!mayBeType(Callee))
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

} // namespace

Syntax findLiterals(StringRef Text, TSNode Root) {
  return Walk(Text).over(Root);
}

} // namespace hotswift
