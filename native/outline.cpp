#include "outline.h"

#include "build_condition.h"
#include "swift_tokens.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/xxhash.h"

#include <utility>

using llvm::StringRef;

namespace hotswift {
namespace {

const llvm::StringSet<> &modifiers() {
  static const llvm::StringSet<> Known = {
      "open",        "public",    "package",     "internal",  "fileprivate",
      "private",     "static",    "final",       "lazy",      "dynamic",
      "optional",    "required",  "convenience", "override",  "mutating",
      "nonmutating", "weak",      "unowned",     "indirect",  "isolated",
      "nonisolated", "consuming", "borrowing",   "__shared",  "__owned",
      "distributed", "prefix",    "infix",       "postfix",   "_const",
      "_local",      "sending",   "__consuming", "nonsending"};
  return Known;
}

const llvm::StringSet<> &declarators() {
  static const llvm::StringSet<> Known = {"import",
                                          "struct",
                                          "class",
                                          "enum",
                                          "actor",
                                          "protocol",
                                          "extension",
                                          "func",
                                          "init",
                                          "deinit",
                                          "subscript",
                                          "var",
                                          "let",
                                          "case",
                                          "typealias",
                                          "associatedtype",
                                          "precedencegroup",
                                          "operator",
                                          "macro"};
  return Known;
}

/// Attributes of the language (swift/AST/DeclAttr.def). Those that begin with
/// an underscore are its own, too.
const llvm::StringSet<> &ownAttributes() {
  static const llvm::StringSet<> Known = {"abi",
                                          "attached",
                                          "autoclosure",
                                          "available",
                                          "backDeployed",
                                          "cdecl",
                                          "concurrent",
                                          "convention",
                                          "derivative",
                                          "differentiable",
                                          "discardableResult",
                                          "dynamicCallable",
                                          "dynamicMemberLookup",
                                          "escaping",
                                          "exclusivity",
                                          "export",
                                          "extensible",
                                          "freestanding",
                                          "frozen",
                                          "globalActor",
                                          "GKInspectable",
                                          "IBAction",
                                          "IBDesignable",
                                          "IBInspectable",
                                          "IBOutlet",
                                          "IBSegueAction",
                                          "implementation",
                                          "inlinable",
                                          "inline",
                                          "isolated",
                                          "lifetime",
                                          "LLDBDebuggerFunction",
                                          "main",
                                          "MainActor",
                                          "noDerivative",
                                          "nonexhaustive",
                                          "nonobjc",
                                          "nonisolated",
                                          "NSApplicationMain",
                                          "NSCopying",
                                          "NSManaged",
                                          "objc",
                                          "objcMembers",
                                          "preconcurrency",
                                          "propertyWrapper",
                                          "requires_stored_property_inits",
                                          "resultBuilder",
                                          "retroactive",
                                          "rethrows",
                                          "safe",
                                          "section",
                                          "Sendable",
                                          "specialize",
                                          "specialized",
                                          "storageRestrictions",
                                          "testable",
                                          "transpose",
                                          "UIApplicationMain",
                                          "unchecked",
                                          "unknown",
                                          "unsafe",
                                          "unsafe_no_objc_tagged_pointer",
                                          "used",
                                          "usableFromInline",
                                          "warn_unqualified_access"};
  return Known;
}

bool isCopying(StringRef Attribute) {
  return llvm::StringSwitch<bool>(Attribute)
      .Cases({"inlinable", "backDeployed", "_transparent",
              "_alwaysEmitIntoClient", "_backDeploy"},
             true)
      .Default(false);
}

/// Types without generic parameters, so that what a variable of one begins with
/// says nothing of its type. `Array` alone would.
bool isPlainType(StringRef Name) {
  return llvm::StringSwitch<bool>(Name)
      .Cases({"Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8",
              "UInt16", "UInt32", "UInt64"},
             true)
      .Cases({"Double", "Float", "CGFloat", "TimeInterval", "Bool", "String",
              "Substring", "Character", "Date", "Data", "URL", "UUID", "Any"},
             true)
      .Default(false);
}

bool isAccessor(StringRef Name) {
  return llvm::StringSwitch<bool>(Name)
      .Cases({"get", "set", "willSet", "didSet", "_read", "_modify", "read",
              "modify", "unsafeAddress", "unsafeMutableAddress", "init",
              "borrow", "mutate"},
             true)
      .Default(false);
}

/// Types and conditions in one another, of which people write a handful.
constexpr size_t MostNested = 64;

template <typename Number> void append(std::string &Text, Number Value) {
  Text.append(reinterpret_cast<const char *>(&Value), sizeof Value);
}

/// Tokens from one position up to another.
using Range = std::pair<size_t, size_t>;

class OutlineReader {
public:
  OutlineReader(StringRef Text, std::vector<SwiftToken> Tokens)
      : Text(Text), Tokens(std::move(Tokens)) {}

  std::optional<std::vector<Declaration>> run() &&;

private:
  /// A type or an extension whose members are being read.
  struct Container {
    uint32_t Declaration;
    size_t Close;
    /// Of an enum, which has cases.
    bool HasCases;
  };
  /// Of a condition of compilation the branch that is being read.
  struct Branch {
    /// Of what is left of the conditions; 0: it is compiled in any case.
    uint64_t Hash = 0;
    /// What is left of the conditions so far.
    std::string Others;
    /// Whether a branch is compiled in any case, and so none after it.
    bool IsSettled = false;
  };
  /// What stands in front of a declaration's keyword.
  struct Lead {
    Declaration Marks;
    Range Span{0, 0};
  };

  StringRef said(size_t At) const {
    return At < Tokens.size() ? Text.slice(Tokens[At].Start, Tokens[At].End)
                              : StringRef();
  }
  bool is(size_t At, StringRef Sign) const {
    return said(At) == Sign && Tokens[At].Kind != TokenKind::String;
  }
  bool isWord(size_t At) const {
    return At < Tokens.size() && Tokens[At].Kind == TokenKind::Identifier;
  }
  bool isAttached(size_t At) const {
    return At < Tokens.size() && Tokens[At].IsAttached;
  }
  bool opens(size_t At) const {
    return is(At, "(") || is(At, "[") || is(At, "{");
  }
  /// Where what the scope has ends.
  size_t scopeEnd() const {
    return Scopes.empty() ? Tokens.size() : Scopes.back().Close;
  }
  size_t afterGroup(size_t At) const { return Tokens[At].Partner + 1; }

  bool readOne();
  bool readDirective();
  bool readBranch(StringRef Keyword, Range Condition);
  bool skipBranch();
  bool readExpansion();
  void readLead(Lead &Found);
  bool endsBranch(size_t At) const;
  bool readDeclaration(size_t Start, Lead &Found);
  bool readImport(Lead &Found);
  bool readType(Lead &Found, StringRef Keyword);
  bool readFunction(Lead &Found, DeclarationKind Kind);
  bool readVariable(Lead &Found);
  bool readCases(Lead &Found);
  bool readAlias(Lead &Found, DeclarationKind Kind);
  bool readOperator(Lead &Found);
  bool readStatement();

  bool isModifier(size_t At) const;
  bool startsDeclaration(size_t At) const;
  bool continuesChain(size_t At) const;
  bool endsDeclaration(size_t At) const;
  size_t afterAngles(size_t At) const;
  std::vector<Range> listedIn(Range Clause) const;
  std::string protocolAt(Range Item) const;
  size_t nextLine(size_t At) const;
  bool hasWord(Range Of, StringRef Word) const;
  bool hasSign(Range Of, StringRef Sign) const;
  bool isPlain(Range Type) const;
  bool isReference(Range Type) const;
  bool isArray(Range Value) const;
  bool holdsReferences(Range Payload) const;
  std::vector<Range> defaultValues(Range Parameters) const;
  void readAccessors(size_t Open, Declaration &Of, bool &IsComputed,
                     std::string &Outside, std::string &Inside) const;

  Declaration &add(const Lead &Found, DeclarationKind Kind, StringRef Name);
  void count(Range Of, std::string &Into) const;
  void note(Range Of, Declaration &In) const;
  std::string header(llvm::ArrayRef<Range> Parts) const;
  void setHeader(Declaration &Of, const Lead &Before,
                 llvm::ArrayRef<Range> Parts, StringRef More = {});

  StringRef Text;
  std::vector<SwiftToken> Tokens;
  size_t At = 0;
  std::vector<Container> Scopes;
  /// The conditions of compilation around, one in the other.
  std::vector<Branch> Branches;
  /// Attributes under a condition of their own, before what they belong to.
  std::vector<Lead> Pending;
  std::string PendingConditions;
  std::vector<Declaration> Found;
};

std::optional<std::vector<Declaration>> OutlineReader::run() && {
  while (true) {
    if (!Scopes.empty() && At == Scopes.back().Close) {
      Scopes.pop_back();
      ++At;
    } else if (At >= Tokens.size()) {
      break;
    } else if (!readOne()) {
      return std::nullopt;
    }
  }
  if (!Branches.empty())
    return std::nullopt;
  return std::move(Found);
}

bool OutlineReader::readOne() {
  if (is(At, ";")) {
    ++At;
    return true;
  }
  if (is(At, "#"))
    return readDirective();
  const size_t Start = At;
  Lead Before;
  readLead(Before);
  if (At > Start && endsBranch(At)) {
    Pending.push_back(std::move(Before));
    PendingConditions += header({});
    return true;
  }
  for (const Lead &Each : Pending) {
    Before.Marks.IsCopied |= Each.Marks.IsCopied;
    Before.Marks.HasCustomAttribute |= Each.Marks.HasCustomAttribute;
  }
  const bool IsRead = readDeclaration(Start, Before);
  Pending.clear();
  PendingConditions.clear();
  return IsRead;
}

/// Whether what stands here ends a branch of a condition of compilation.
bool OutlineReader::endsBranch(size_t Position) const {
  return is(Position, "#") && isAttached(Position + 1) &&
         (is(Position + 1, "endif") || is(Position + 1, "else") ||
          is(Position + 1, "elseif"));
}

bool OutlineReader::readDeclaration(size_t Start, Lead &Before) {
  const StringRef Keyword = said(At);
  if (isWord(At) && At < scopeEnd()) {
    if (Keyword == "import")
      return readImport(Before);
    if (Keyword == "extension" || Keyword == "struct" || Keyword == "enum" ||
        Keyword == "class" || Keyword == "protocol" ||
        (Keyword == "actor" && isWord(At + 1)))
      return readType(Before, Keyword);
    if (Keyword == "func")
      return readFunction(Before, DeclarationKind::Function);
    if (Keyword == "init")
      return readFunction(Before, DeclarationKind::Initialiser);
    if (Keyword == "deinit")
      return readFunction(Before, DeclarationKind::Deinitialiser);
    if (Keyword == "subscript")
      return readFunction(Before, DeclarationKind::Subscript);
    if (Keyword == "var" || Keyword == "let")
      return readVariable(Before);
    if (Keyword == "case" && !Scopes.empty() && Scopes.back().HasCases)
      return readCases(Before);
    if (Keyword == "typealias")
      return readAlias(Before, DeclarationKind::TypeAlias);
    if (Keyword == "associatedtype")
      return readAlias(Before, DeclarationKind::AssociatedType);
    if (Keyword == "macro" && isWord(At + 1))
      return readAlias(Before, DeclarationKind::Macro);
    if (Keyword == "operator" || Keyword == "precedencegroup")
      return readOperator(Before);
  }
  // Members are declarations; a script has statements as well.
  At = Start;
  return Scopes.empty() && readStatement();
}

/// A condition of compilation, a remark for the compiler, or a macro.
bool OutlineReader::readDirective() {
  const StringRef Name = said(At + 1);
  if (!isWord(At + 1) || !isAttached(At + 1))
    return false;
  const size_t End = nextLine(At);
  if (Name == "if" || Name == "elseif" || Name == "else") {
    const Range Condition{At + 2, End};
    At = End;
    return readBranch(Name, Condition);
  }
  if (Name == "endif") {
    if (Branches.empty())
      return false;
    Branches.pop_back();
    At += 2;
    return true;
  }
  if (Name == "sourceLocation" || Name == "warning" || Name == "error" ||
      Name == "line") {
    At = is(At + 2, "(") ? afterGroup(At + 2) : End;
    return true;
  }
  return readExpansion();
}

/// What follows is read if it may be compiled.
bool OutlineReader::readBranch(StringRef Keyword, Range Condition) {
  if (Keyword == "if")
    Branches.emplace_back();
  if (Branches.empty() || Branches.size() > MostNested)
    return false;
  Branch &Here = Branches.back();
  if (Here.IsSettled)
    return skipBranch();
  BuildCondition Said{true, {}};
  if (Keyword != "else")
    Said = buildCondition(
        Text, llvm::ArrayRef(Tokens).slice(Condition.first,
                                           Condition.second - Condition.first));
  if (Said.Value == false)
    return skipBranch();
  Here.IsSettled = Said.Value == true;
  std::string All = Here.Others + Said.Rest;
  Here.Hash = All.empty() ? 0 : llvm::xxh3_64bits(All);
  Here.Others = std::move(All) + '\0';
  return true;
}

/// Goes to where the next branch begins, or the last one ends.
bool OutlineReader::skipBranch() {
  for (size_t Depth = 0; At < scopeEnd(); ++At) {
    if (Depth == 0 && endsBranch(At))
      return true;
    if (!is(At, "#") || !isAttached(At + 1))
      continue;
    Depth += is(At + 1, "if");
    Depth -= is(At + 1, "endif");
  }
  return false;
}

bool OutlineReader::readExpansion() {
  const size_t Start = At;
  const StringRef Name = said(At + 1);
  At += 2;
  while (is(At, ".") && isWord(At + 1))
    At += 2;
  if (isAttached(At) && said(At).starts_with("<"))
    At = afterAngles(At);
  if (is(At, "(") && !Tokens[At].StartsLine)
    At = afterGroup(At);
  while (is(At, "{") || (isWord(At) && is(At + 1, ":") && is(At + 2, "{")))
    At = afterGroup(is(At, "{") ? At : At + 2);
  if (Name == "Preview")
    return true;
  const Lead Before;
  Declaration &Made = add(Before, DeclarationKind::Expansion, Name);
  setHeader(Made, Before, {{Start, At}});
  return true;
}

void OutlineReader::readLead(Lead &Before) {
  Declaration &Marks = Before.Marks;
  Before.Span.first = At;
  for (; At < scopeEnd(); Before.Span.second = At) {
    if (is(At, "@")) {
      const StringRef Name = said(At + 1);
      At += 2;
      while (is(At, ".") && isWord(At + 1))
        At += 2;
      if (isAttached(At) && said(At).starts_with("<"))
        At = afterAngles(At);
      if (is(At, "(") && isAttached(At))
        At = afterGroup(At);
      Marks.IsCopied |= isCopying(Name);
      Marks.IsExported |= Name == "_exported";
      Marks.HasCustomAttribute |=
          !Name.starts_with("_") && !ownAttributes().contains(Name);
      continue;
    }
    if (!isModifier(At))
      return;
    const StringRef Name = said(At);
    const bool HasArgument = is(At + 1, "(") && isAttached(At + 1);
    // `private(set)` is about the setter alone.
    if (!HasArgument)
      Marks.IsPrivate |= Name == "private" || Name == "fileprivate";
    Marks.IsStatic |= Name == "static" || Name == "class";
    Marks.IsFinal |= Name == "final" || Name == "static";
    At = HasArgument ? afterGroup(At + 1) : At + 1;
  }
}

bool OutlineReader::isModifier(size_t Position) const {
  if (!isWord(Position))
    return false;
  if (modifiers().contains(said(Position)))
    return true;
  // `class var`, but not `class Name`.
  return is(Position, "class") && isWord(Position + 1) &&
         (modifiers().contains(said(Position + 1)) ||
          llvm::is_contained({"func", "var", "let", "subscript"},
                             said(Position + 1)));
}

bool OutlineReader::readImport(Lead &Before) {
  const size_t Start = At;
  At = nextLine(At);
  size_t Name = Start + 1;
  if (declarators().contains(said(Name)) && isWord(Name + 1))
    ++Name;
  for (size_t Each = Start; Each < At; ++Each)
    if (is(Each, ";"))
      At = Each;
  Declaration &Made = add(Before, DeclarationKind::Import, said(Name));
  setHeader(Made, Before, {{Start, At}});
  return true;
}

bool OutlineReader::readType(Lead &Before, StringRef Keyword) {
  const size_t Start = At;
  const bool IsExtension = Keyword == "extension";
  ++At;
  std::string Name;
  if (IsExtension) {
    for (; At < scopeEnd() && !is(At, ":") && !is(At, "where") && !is(At, "{");
         At = opens(At) ? afterGroup(At) : At + 1) {
      if (said(At).starts_with("<") && Tokens[At].Kind == TokenKind::Operator) {
        At = afterAngles(At) - 1;
        continue;
      }
      Name += said(At);
    }
  } else {
    Name = said(At).str();
    ++At;
    if (said(At).starts_with("<"))
      At = afterAngles(At);
  }
  const Range Named{Start, At};
  const size_t Colon = At;
  size_t Where = 0;
  for (; At < scopeEnd() && !is(At, "{");
       At = opens(At) ? afterGroup(At) : At + 1) {
    if (is(At, ";") || (At > Start && startsDeclaration(At)))
      return false;
    if (is(At, "where") && Where == 0)
      Where = At;
  }
  if (At >= scopeEnd())
    return false;
  const Range Conformed{Colon, Where == 0 ? At : Where};
  const Range Constraints{Where == 0 ? At : Where, At};

  Declaration &Made = add(
      Before, IsExtension ? DeclarationKind::Extension : DeclarationKind::Type,
      Name);
  Made.Type = llvm::StringSwitch<TypeKind>(Keyword)
                  .Case("enum", TypeKind::Enum)
                  .Case("class", TypeKind::Class)
                  .Case("actor", TypeKind::Actor)
                  .Case("protocol", TypeKind::Protocol)
                  .Default(TypeKind::Struct);
  std::vector<Range> Heading{Named, Constraints};
  for (const Range &Item : listedIn(Conformed)) {
    const bool IsFirst = Item.first == Conformed.first + 1;
    std::string Protocol = protocolAt(Item);
    const bool IsOther =
        Protocol.empty() ||
        (IsFirst && Made.Type == TypeKind::Class && !IsExtension) ||
        (IsFirst && Made.Type == TypeKind::Enum && isPlain(Item));
    if (IsOther || Made.Type == TypeKind::Protocol)
      Heading.push_back(Item);
    if (!IsOther)
      Made.Protocols.push_back(std::move(Protocol));
  }
  setHeader(Made, Before, Heading);
  note(Conformed, Made);
  Made.Constraints = llvm::xxh3_64bits(header({Constraints}));
  Scopes.push_back({static_cast<uint32_t>(Found.size() - 1), Tokens[At].Partner,
                    Keyword == "enum"});
  ++At;
  return Scopes.size() <= MostNested;
}

bool OutlineReader::readFunction(Lead &Before, DeclarationKind Kind) {
  const size_t Start = At;
  std::string Name = said(At).str();
  ++At;
  bool IsGeneric = false;
  if (Kind == DeclarationKind::Function) {
    Name = said(At).str();
    if (At >= scopeEnd())
      return false;
    // `func < <T>(…)` and `func ==<T>(…)`: what follows tells.
    const bool IsOperator = Tokens[At].Kind == TokenKind::Operator;
    if (IsOperator && Name.size() > 1 && Name.back() == '<' && isWord(At + 1) &&
        isAttached(At + 1)) {
      Name.pop_back();
      IsGeneric = true;
    }
    ++At;
  }
  size_t Arrow = 0;
  Range Parameters{0, 0};
  while (At < scopeEnd() && !is(At, "{") && !is(At, ";") &&
         !(Tokens[At].StartsLine && startsDeclaration(At))) {
    if (is(At, "(") && Parameters.second == 0)
      Parameters = {At + 1, Tokens[At].Partner};
    else if (said(At).starts_with("<") && Parameters.second == 0)
      IsGeneric = true;
    if (is(At, "->") && Arrow == 0)
      Arrow = At;
    At = opens(At) ? afterGroup(At) : At + 1;
  }
  const size_t HeaderEnd = At;
  const size_t Open = is(At, "{") && At < scopeEnd() ? At : 0;
  if (Open != 0)
    At = afterGroup(Open);

  Declaration &Made = add(Before, Kind, Name);
  Made.IsOpaque = Arrow != 0 && hasWord({Arrow, HeaderEnd}, "some");
  std::string Outside;
  std::string Inside;
  if (Open != 0 && Kind == DeclarationKind::Subscript) {
    bool IsComputed = false;
    readAccessors(Open, Made, IsComputed, Outside, Inside);
  } else if (Open != 0) {
    count({Open, At}, Inside);
  }
  // What a default value is, its own file knows, unless it has a say in the
  // types of a call.
  std::vector<Range> Parts{{Start, HeaderEnd}};
  if (!IsGeneric && !hasWord(Parameters, "some")) {
    size_t From = Start;
    Parts.clear();
    for (const Range &Value : defaultValues(Parameters)) {
      if (hasSign(Value, "#"))
        continue;
      Parts.push_back({From, Value.first});
      From = Value.second;
    }
    Parts.push_back({From, HeaderEnd});
  }
  setHeader(Made, Before, Parts, Outside);
  if (Made.IsOpaque || Made.IsCopied)
    Made.Body = llvm::xxh3_64bits(Inside);
  return true;
}

/// What stands behind the equal signs of parameters.
std::vector<Range> OutlineReader::defaultValues(Range Parameters) const {
  std::vector<Range> Values;
  for (size_t Each = Parameters.first; Each < Parameters.second;
       Each = opens(Each) ? afterGroup(Each) : Each + 1) {
    if (!is(Each, "="))
      continue;
    const size_t First = ++Each;
    // A comma can be one of generic arguments: `[:] as Map<A, B>, b: Int`.
    while (Each < Parameters.second &&
           !(is(Each, ",") &&
             (is(Each + 2, ":") || is(Each + 3, ":") || is(Each + 1, "@"))))
      Each = opens(Each) ? afterGroup(Each) : Each + 1;
    Values.emplace_back(First, std::min(Each, Parameters.second));
  }
  return Values;
}

bool OutlineReader::readVariable(Lead &Before) {
  const size_t Start = At;
  const Range Keyword{Start, Start + 1};
  ++At;
  struct Pattern {
    std::vector<StringRef> Names;
    std::vector<Range> Parts;
    bool IsOpaque;
    bool IsReference;
  };
  std::vector<Pattern> Patterns;
  size_t Open = 0;
  while (true) {
    Pattern Next{{}, {}, false, false};
    const size_t First = At;
    if (is(At, "(")) {
      for (size_t Each = At + 1; Each < Tokens[At].Partner; ++Each)
        if (isWord(Each) && !is(Each + 1, ":"))
          Next.Names.push_back(said(Each));
      At = afterGroup(At);
    } else if (isWord(At)) {
      Next.Names.push_back(said(At));
      ++At;
    } else {
      return false;
    }
    Range Type{At, At};
    if (is(At, ":")) {
      ++At;
      Type.first = At;
      while (!endsDeclaration(At) && !is(At, "=") && !is(At, ",") &&
             !is(At, "{")) {
        if (said(At).starts_with("<") && Tokens[At].Kind == TokenKind::Operator)
          At = afterAngles(At);
        else
          At = opens(At) ? afterGroup(At) : At + 1;
      }
      Type.second = At;
    }
    Next.IsOpaque = hasWord(Type, "some");
    Next.IsReference = isReference(Type);
    Next.Parts.push_back({First, At});
    if (!endsDeclaration(At) && is(At, "=")) {
      const size_t Value = At + 1;
      ++At;
      while (!endsDeclaration(At)) {
        if (is(At, "{") && (is(At + 1, "didSet") || is(At + 1, "willSet")))
          break;
        // `Map<A, B>()` has a comma of its own.
        if (is(At, ",") && isWord(At + 1) &&
            (is(At + 2, ":") || is(At + 2, "=")))
          break;
        At = opens(At) ? afterGroup(At) : At + 1;
      }
      if (Type.first == Type.second)
        Next.IsReference = isArray({Value, At});
      const bool SaysNothing =
          isPlain(Type) && !Before.Marks.HasCustomAttribute;
      Next.Parts.push_back({Value - 1, SaysNothing ? Value : At});
    }
    Patterns.push_back(std::move(Next));
    if (!endsDeclaration(At) && is(At, ",")) {
      ++At;
      continue;
    }
    break;
  }
  std::string Outside;
  std::string Inside;
  bool IsComputed = false;
  if (!endsDeclaration(At) && is(At, "{")) {
    Open = At;
    readAccessors(Open, Before.Marks, IsComputed, Outside, Inside);
    At = afterGroup(Open);
  }
  if (!endsDeclaration(At))
    return false;
  for (const Pattern &Each : Patterns) {
    for (const StringRef Name : Each.Names) {
      Declaration &Made = add(Before, DeclarationKind::Variable, Name);
      Made.IsStored = !IsComputed;
      Made.IsOpaque = Each.IsOpaque;
      Made.IsReference = Each.IsReference && Each.Names.size() == 1 &&
                         !Made.HasCustomAttribute;
      std::vector<Range> Parts{Keyword};
      llvm::append_range(Parts, Each.Parts);
      setHeader(Made, Before, Parts, Outside);
      if (Made.IsOpaque || Made.IsCopied)
        Made.Body = llvm::xxh3_64bits(Inside);
    }
  }
  return true;
}

/// What others can know of accessors goes to Outside: which there are, and what
/// observers do, for whether they ask for the old value decides how others set
/// the property.
void OutlineReader::readAccessors(size_t Open, Declaration &Of,
                                  bool &IsComputed, std::string &Outside,
                                  std::string &Inside) const {
  const size_t Close = Tokens[Open].Partner;
  IsComputed = false;
  bool IsListed = false;
  for (size_t Each = Open + 1; Each < Close;) {
    const size_t First = Each;
    while (Each < Close && (is(Each, "@") || isModifier(Each))) {
      if (is(Each, "@")) {
        Of.IsCopied |= isCopying(said(Each + 1));
        ++Each;
      }
      ++Each;
      if (is(Each, "(") && isAttached(Each))
        Each = afterGroup(Each);
    }
    const StringRef Name = said(Each);
    IsListed = Each < Close && isWord(Each) && isAccessor(Name);
    if (!IsListed)
      break;
    ++Each;
    // The new value's name, `async`, `throws(Error)`.
    while (Each < Close && (is(Each, "(") || is(Each, "async") ||
                            is(Each, "throws") || is(Each, "rethrows")))
      Each = is(Each, "(") ? afterGroup(Each) : Each + 1;
    // It has a body or, in a protocol, is followed by another.
    IsListed = Each >= Close || is(Each, "{") || isModifier(Each) ||
               is(Each, "@") || (isWord(Each) && isAccessor(said(Each)));
    if (!IsListed)
      break;
    const bool IsObserver = Name == "willSet" || Name == "didSet";
    count({First, Each}, Outside);
    if (Each < Close && is(Each, "{")) {
      count({Each, afterGroup(Each)}, IsObserver ? Outside : Inside);
      Each = afterGroup(Each);
    }
    IsComputed |= !IsObserver;
  }
  if (IsListed)
    return;
  IsComputed = true;
  Outside = "get";
  Inside.clear();
  count({Open, Close}, Inside);
}

bool OutlineReader::readCases(Lead &Before) {
  ++At;
  while (true) {
    if (!isWord(At))
      return false;
    const size_t First = At;
    const StringRef Name = said(At);
    ++At;
    const bool IsReference =
        is(At, "(") && holdsReferences({At + 1, Tokens[At].Partner});
    while (!endsDeclaration(At) && !is(At, ","))
      At = opens(At) ? afterGroup(At) : At + 1;
    Declaration &Made = add(Before, DeclarationKind::EnumCase, Name);
    Made.IsReference = IsReference;
    setHeader(Made, Before, {{First, At}});
    if (endsDeclaration(At))
      return true;
    ++At;
  }
}

bool OutlineReader::readAlias(Lead &Before, DeclarationKind Kind) {
  const size_t Start = At;
  const StringRef Name = said(At + 1);
  size_t Equals = 0;
  for (++At; !endsDeclaration(At); At = opens(At) ? afterGroup(At) : At + 1)
    if (is(At, "=") && Equals == 0)
      Equals = At;
  Declaration &Made = add(Before, Kind, Name);
  setHeader(Made, Before, {{Start, At}});
  if (Equals != 0)
    for (const Range &Item : listedIn({Equals, At}))
      Made.Protocols.push_back(protocolAt(Item));
  return true;
}

bool OutlineReader::readOperator(Lead &Before) {
  const size_t Start = At;
  const StringRef Name = said(At + 1);
  At += 2;
  while (!endsDeclaration(At))
    At = opens(At) ? afterGroup(At) : At + 1;
  Declaration &Made = add(Before, DeclarationKind::Operator, Name);
  setHeader(Made, Before, {{Start, At}});
  return true;
}

bool OutlineReader::readStatement() {
  do
    At = opens(At) ? afterGroup(At) : At + 1;
  while (At < Tokens.size() && !is(At, ";") && !startsDeclaration(At));
  return true;
}

/// Whether a declaration, or something else that does not belong to the one
/// before, begins here, on a line of its own.
bool OutlineReader::startsDeclaration(size_t Position) const {
  if (!Tokens[Position].StartsLine)
    return false;
  // A type may have attributes, too.
  if (is(Position, "@"))
    return Position == 0 || (!is(Position - 1, ":") && !is(Position - 1, "->"));
  if (is(Position, "#"))
    return isWord(Position + 1) && !continuesChain(Position);
  if (!isWord(Position))
    return false;
  return declarators().contains(said(Position)) || isModifier(Position);
}

/// Whether a condition of compilation is about the calls of a chain.
bool OutlineReader::continuesChain(size_t Position) const {
  size_t Next = Position;
  while (Next < Tokens.size() && is(Next, "#"))
    Next = nextLine(Next);
  return is(Next, ".");
}

bool OutlineReader::endsDeclaration(size_t Position) const {
  return Position >= scopeEnd() || is(Position, ";") ||
         startsDeclaration(Position);
}

/// Behind generic parameters or arguments.
size_t OutlineReader::afterAngles(size_t Position) const {
  size_t Depth = 0;
  while (Position < scopeEnd()) {
    const StringRef Sign = said(Position);
    if (Tokens[Position].Kind == TokenKind::Operator && Sign != "->") {
      Depth += Sign.count('<');
      const size_t Closing = Sign.count('>');
      if (Closing >= Depth)
        return Position + 1;
      Depth -= Closing;
    }
    Position = opens(Position) ? afterGroup(Position) : Position + 1;
  }
  return Position;
}

/// What stands between the commas behind a colon or an equal sign. `A & B` are
/// two.
std::vector<Range> OutlineReader::listedIn(Range Clause) const {
  std::vector<Range> Items;
  size_t Start = Clause.first + 1;
  for (size_t Each = Start; Each < Clause.second;) {
    if (is(Each, ",") || is(Each, "&")) {
      Items.emplace_back(Start, Each);
      Start = ++Each;
    } else if (said(Each).starts_with("<") &&
               Tokens[Each].Kind == TokenKind::Operator) {
      Each = afterAngles(Each);
    } else {
      Each = opens(Each) ? afterGroup(Each) : Each + 1;
    }
  }
  if (Start < Clause.second)
    Items.emplace_back(Start, Clause.second);
  return Items;
}

/// `Tag` of `@unchecked App.Tag<Int>`; empty for what suppresses one.
std::string OutlineReader::protocolAt(Range Item) const {
  StringRef Name;
  for (size_t Each = Item.first; Each < Item.second; ++Each) {
    if (is(Each, "~"))
      return {};
    if (is(Each, "@"))
      ++Each;
    else if (opens(Each))
      Each = Tokens[Each].Partner;
    else if (said(Each).starts_with("<"))
      break;
    else if (isWord(Each))
      Name = said(Each);
  }
  return Name.str();
}

/// The first token of another line.
size_t OutlineReader::nextLine(size_t Position) const {
  do
    ++Position;
  while (Position < Tokens.size() && !Tokens[Position].StartsLine);
  return Position;
}

bool OutlineReader::hasWord(Range Of, StringRef Word) const {
  for (size_t Each = Of.first; Each < Of.second; ++Each)
    if (isWord(Each) && said(Each) == Word)
      return true;
  return false;
}

bool OutlineReader::hasSign(Range Of, StringRef Sign) const {
  for (size_t Each = Of.first; Each < Of.second; ++Each)
    if (is(Each, Sign))
      return true;
  return false;
}

/// `Int`, `[String: Int]`, `Bool?`.
bool OutlineReader::isPlain(Range Type) const {
  for (size_t Each = Type.first; Each < Type.second; ++Each)
    if (!(isWord(Each) && isPlainType(said(Each))) && !is(Each, "[") &&
        !is(Each, "]") && !is(Each, ":") && !is(Each, "?"))
      return false;
  return Type.first < Type.second;
}

/// Whether values of a type take the same room whatever it mentions: arrays,
/// dictionaries, functions, and optionals of these.
bool OutlineReader::isReference(Range Type) const {
  while (true) {
    while (Type.first < Type.second &&
           said(Type.second - 1).find_first_not_of("?!") == StringRef::npos)
      --Type.second;
    if (Type.first == Type.second)
      return false;
    for (size_t Each = Type.first; Each < Type.second;
         Each = opens(Each) ? afterGroup(Each) : Each + 1)
      if (is(Each, "->"))
        return true;
    if (!opens(Type.first) || afterGroup(Type.first) != Type.second)
      return false;
    // `[3 of Value]` holds its elements itself.
    if (is(Type.first, "["))
      return !is(Type.first + 2, "of");
    Type = {Type.first + 1, Type.second - 1};
  }
}

/// Whether a value is a literal or an initialiser of an array or a dictionary.
bool OutlineReader::isArray(Range Value) const {
  if (Value.first >= Value.second || !is(Value.first, "["))
    return false;
  const size_t Next = afterGroup(Value.first);
  return Next == Value.second ||
         (is(Next, "(") && afterGroup(Next) == Value.second &&
          isAttached(Next));
}

/// Whether what a case holds is that, each of it.
bool OutlineReader::holdsReferences(Range Payload) const {
  for (size_t First = Payload.first; First < Payload.second;) {
    size_t End = First;
    size_t Value = 0;
    for (; End < Payload.second && !is(End, ",");
         End = opens(End) ? afterGroup(End) : End + 1) {
      if (is(End, ":"))
        First = End + 1;
      if (is(End, "=") && Value == 0)
        Value = End;
    }
    if (!isReference({First, Value == 0 ? End : Value}))
      return false;
    First = End + 1;
  }
  return true;
}

Declaration &OutlineReader::add(const Lead &Before, DeclarationKind Kind,
                                StringRef Name) {
  Declaration &Made = Found.emplace_back(Before.Marks);
  Made.Kind = Kind;
  Made.Name = Name.str();
  if (!Scopes.empty())
    Made.Container = Scopes.back().Declaration;
  return Made;
}

/// Tokens as a text that is equal where they mean the same: with line breaks
/// where these separate statements, and with the spaces around operators.
void OutlineReader::count(Range Of, std::string &Into) const {
  size_t Depth = 0;
  bool FollowsOperator = false;
  for (size_t Each = Of.first; Each < Of.second; ++Each) {
    const SwiftToken &Token = Tokens[Each];
    const bool IsOperator = Token.Kind == TokenKind::Operator;
    Into += Depth > 0 && Token.StartsLine ? '\n' : ' ';
    if ((IsOperator || FollowsOperator) && !Token.IsAttached)
      Into += ' ';
    Into += said(Each);
    FollowsOperator = IsOperator;
    Depth += is(Each, "{");
    Depth -= Depth > 0 && is(Each, "}");
  }
}

/// Without the labels of parameters and arguments, which nothing is made of,
/// and without `async` where it is no name.
void OutlineReader::note(Range Of, Declaration &In) const {
  // Whether the brackets around are those of a collection.
  std::vector<bool> AreSquare;
  for (size_t Each = Of.first; Each < Of.second; ++Each) {
    if (opens(Each))
      AreSquare.push_back(is(Each, "["));
    else if (!AreSquare.empty() && Tokens[Each].Partner != 0)
      AreSquare.pop_back();
    if (!isWord(Each))
      continue;
    // Of two labels, the second is the name in the body.
    const size_t Last = isWord(Each + 1) ? Each + 1 : Each;
    const bool IsLabel = is(Last + 1, ":") && isAttached(Last + 1) &&
                         (AreSquare.empty() || !AreSquare.back());
    const bool IsEffect =
        is(Each, "async") && Each > Of.first &&
        (is(Each - 1, ")") || is(Each - 1, "get") || is(Each - 1, "_read"));
    if (!IsLabel && !IsEffect)
      In.Words.push_back(said(Each));
  }
}

std::string OutlineReader::header(llvm::ArrayRef<Range> Parts) const {
  std::string Result;
  for (const Branch &Each : Branches)
    if (Each.Hash != 0)
      append(Result, Each.Hash);
  for (const Range &Part : Parts) {
    count(Part, Result);
    Result += '\0';
  }
  return Result;
}

void OutlineReader::setHeader(Declaration &Of, const Lead &Before,
                              llvm::ArrayRef<Range> Parts, StringRef More) {
  std::vector<Range> All;
  All.reserve(Pending.size() + 1 + Parts.size());
  for (const Lead &Each : Pending)
    All.push_back(Each.Span);
  All.push_back(Before.Span);
  llvm::append_range(All, Parts);
  Of.Header = llvm::xxh3_64bits(header(All) + PendingConditions + More.str());
  for (const Range &Part : All)
    note(Part, Of);
}

} // namespace

std::optional<std::vector<Declaration>> outlineOf(StringRef Text) {
  auto Tokens = tokenise(Text);
  if (!Tokens)
    return std::nullopt;
  return OutlineReader(Text, std::move(*Tokens)).run();
}

std::optional<uint64_t> hashOfTokens(StringRef Text) {
  const auto Tokens = tokenise(Text);
  if (!Tokens)
    return std::nullopt;
  std::string All;
  for (const SwiftToken &Token : *Tokens) {
    All += Text.slice(Token.Start, Token.End);
    All += '\0';
    append(All, Token.Line);
    append(All, Token.Column);
  }
  return llvm::xxh3_64bits(All);
}

} // namespace hotswift
