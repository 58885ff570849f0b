#include "interface_change.h"

#include "outline.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

using llvm::StringRef;

namespace hotswift {
namespace {

using Hashes = std::vector<uint64_t>;
/// The path of a type, and a name in it.
using Key = std::pair<std::string, std::string>;

uint64_t mix(uint64_t One, uint64_t Other) {
  const uint64_t Both[] = {One, Other};
  return llvm::xxh3_64bits(
      StringRef(reinterpret_cast<const char *>(Both), sizeof Both));
}

/// The declarations of one text, by what they are looked up by.
class Interface {
public:
  explicit Interface(std::vector<Declaration> Found);

  /// By name: the signatures.
  std::map<Key, Hashes> Signatures;
  std::map<Key, Hashes> OpaqueBodies;
  std::map<Key, Hashes> CopiedBodies;
  /// By type: what its layout or dispatch table is made of, in order.
  std::map<std::string, Hashes> Layouts;
  std::map<std::string, std::set<std::pair<std::string, uint64_t>>>
      Conformances;
  /// By type with an attribute that may be a macro: all of its declarations.
  std::map<std::string, Hashes> Contents;
  Hashes Expansions;
  Hashes Exports;
  std::set<std::string> Imports;
  /// What others may come upon.
  std::set<Key> Reachable;
  std::map<Key, TypeKind> Types;
  /// What has an attribute that may be a macro or a property wrapper.
  std::set<Key> Wrapped;
  std::set<Key> Expanded;
  std::set<std::string> Names;
  std::set<std::string> Expanding;

  std::vector<Meaning> meanings() const;

private:
  const Declaration *containerOf(const Declaration &Of) const {
    return Of.Container == NoContainer ? nullptr : &All[Of.Container];
  }
  std::string pathTo(const Declaration *Container) const;
  bool isPrivate(const Declaration &Each) const;
  bool makesLayout(const Declaration &Each) const;
  uint64_t signatureOf(const Declaration &Each) const;
  void findReachable();
  void add(const Declaration &Each);

  std::vector<Declaration> All;
  llvm::DenseSet<const Declaration *> Seen;
};

Interface::Interface(std::vector<Declaration> Found) : All(std::move(Found)) {
  findReachable();
  for (const Declaration &Each : All)
    add(Each);
  for (auto *Sets : {&Signatures, &OpaqueBodies, &CopiedBodies})
    for (auto &[Key, Values] : *Sets)
      llvm::sort(Values);
  for (auto &[Path, Values] : Contents)
    llvm::sort(Values);
  llvm::sort(Expansions);
  llvm::sort(Exports);
}

std::string Interface::pathTo(const Declaration *Container) const {
  std::string Path;
  for (; Container; Container = containerOf(*Container))
    Path = pathOf({Container->Name, std::move(Path)});
  return Path;
}

bool Interface::isPrivate(const Declaration &Each) const {
  for (const Declaration *Around = &Each; Around; Around = containerOf(*Around))
    if (Around->IsPrivate)
      return true;
  return false;
}

/// Whether the type around it is laid out, or dispatches, by it.
bool Interface::makesLayout(const Declaration &Each) const {
  const Declaration *Type = containerOf(Each);
  if (!Type || Type->Kind != DeclarationKind::Type)
    return false;
  const bool TakesRoom =
      Each.Kind == DeclarationKind::Variable && Each.IsStored && !Each.IsStatic;
  if (Each.Kind == DeclarationKind::Deinitialiser || TakesRoom)
    return true;
  switch (Type->Type) {
  case TypeKind::Struct:
  case TypeKind::Actor:
    return false;
  case TypeKind::Enum:
    return Each.Kind == DeclarationKind::EnumCase;
  case TypeKind::Class:
    // What can be overridden has a place in the dispatch table.
    return !Type->IsFinal && !Each.IsFinal &&
           (Each.Kind == DeclarationKind::Function ||
            Each.Kind == DeclarationKind::Initialiser ||
            Each.Kind == DeclarationKind::Subscript ||
            Each.Kind == DeclarationKind::Variable);
  case TypeKind::Protocol:
    return Each.Kind != DeclarationKind::TypeAlias;
  }
  return true;
}

/// With the headings of the extensions around it.
uint64_t Interface::signatureOf(const Declaration &Each) const {
  uint64_t Result = Each.Header;
  for (const Declaration *Around = containerOf(Each); Around;
       Around = containerOf(*Around))
    if (Around->Kind == DeclarationKind::Extension)
      Result = mix(Result, Around->Header);
  return Result;
}

/// What is private is reached by what is made of it: the type of a variable
/// that does not say its own, or of a property that takes room.
void Interface::findReachable() {
  std::map<StringRef, std::vector<const Declaration *>> Hidden;
  std::map<const Declaration *, std::vector<const Declaration *>> Parts;
  std::vector<const Declaration *> Waiting;
  for (const Declaration &Each : All) {
    if (!isPrivate(Each)) {
      Waiting.push_back(&Each);
      continue;
    }
    StringRef Name = Each.Name;
    if (Each.Kind == DeclarationKind::Extension)
      Name = Name.substr(Name.rfind('.') + 1);
    Hidden[Name].push_back(&Each);
    if (makesLayout(Each))
      Parts[containerOf(Each)].push_back(&Each);
  }
  while (!Waiting.empty()) {
    const Declaration *Each = Waiting.back();
    Waiting.pop_back();
    if (!Seen.insert(Each).second)
      continue;
    llvm::append_range(Waiting, Parts[Each]);
    for (const StringRef Word : Each->Words) {
      // Its own name is among them, and says nothing.
      const auto Mentioned =
          Word == Each->Name ? Hidden.end() : Hidden.find(Word);
      if (Mentioned == Hidden.end())
        continue;
      llvm::append_range(Waiting, Mentioned->second);
      Hidden.erase(Mentioned);
    }
  }
}

void Interface::add(const Declaration &Each) {
  const Declaration *Container = containerOf(Each);
  const std::string Around = pathTo(Container);
  const std::string Path = pathOf({Around, Each.Name});
  const uint64_t Signature = signatureOf(Each);
  for (const Declaration *Type = Container; Type; Type = containerOf(*Type))
    if (Type->Kind == DeclarationKind::Type && Type->HasCustomAttribute)
      Contents[pathTo(Type)].push_back(Signature);

  const bool Conforms =
      Each.Kind == DeclarationKind::Extension ||
      (Each.Kind == DeclarationKind::Type && Each.Type != TypeKind::Protocol);
  if (Conforms)
    for (const std::string &Protocol : Each.Protocols)
      Conformances[Path].emplace(Protocol, Each.Constraints);

  if (Each.HasCustomAttribute || Each.Kind == DeclarationKind::Expansion) {
    Expanding.insert(Around);
    if (Each.Kind == DeclarationKind::Type ||
        Each.Kind == DeclarationKind::Extension)
      Expanding.insert(Path);
  }

  switch (Each.Kind) {
  case DeclarationKind::Import:
    Imports.insert(Each.Name);
    if (Each.IsExported)
      Exports.push_back(Each.Header);
    return;
  case DeclarationKind::Expansion:
    Expansions.push_back(Signature);
    return;
  case DeclarationKind::Extension:
    return;
  case DeclarationKind::Deinitialiser:
    if (Seen.contains(&Each) || makesLayout(Each))
      Layouts[Around].push_back(Signature);
    return;
  default:
    break;
  }

  const Key Named{Around, Each.Name};
  Names.insert(Each.Name);
  Signatures[Named].push_back(Signature);
  if (Each.IsOpaque)
    OpaqueBodies[Named].push_back(Each.Body);
  if (Each.IsCopied)
    CopiedBodies[Named].push_back(Each.Body);
  if (Seen.contains(&Each))
    Reachable.insert(Named);
  if (makesLayout(Each) && Seen.contains(Container))
    Layouts[Around].push_back(Signature);
  if (Each.Kind == DeclarationKind::Type) {
    Types[Named] = Each.Type;
  } else if (Each.HasCustomAttribute) {
    Wrapped.insert(Named);
    if (Each.Kind != DeclarationKind::Variable)
      Expanded.insert(Named);
    for (const char *Prefix : {"_", "$"})
      Names.insert(Prefix + Each.Name);
  }
}

std::vector<Meaning> Interface::meanings() const {
  std::vector<Meaning> Result;
  Result.reserve(All.size());
  for (const Declaration &Each : All) {
    const Declaration *Container = containerOf(Each);
    Meaning &Made = Result.emplace_back();
    Made.Declared = {pathTo(Container), Each.Name};
    Made.IsType = Each.Kind == DeclarationKind::Type;
    Made.IsClass = Made.IsType && Each.Type == TypeKind::Class;
    Made.IsAlias = Each.Kind == DeclarationKind::TypeAlias;
    Made.IsAssociated = Each.Kind == DeclarationKind::AssociatedType;
    Made.IsProtocol =
        (Made.IsType && Each.Type == TypeKind::Protocol) || Made.IsAlias;
    if (Made.IsProtocol)
      Made.Protocols = Each.Protocols;
    Made.IsReference = Each.IsReference;
    if (makesLayout(Each))
      Made.Owner = Each.Container;
    // No type is made of what an extension of it says.
    if (Each.Kind == DeclarationKind::Extension ||
        Each.Kind == DeclarationKind::Import)
      continue;
    for (const StringRef Word : Each.Words)
      if (Word != Each.Name)
        Made.Mentions.push_back(hashOfName(Word));
    llvm::sort(Made.Mentions);
    Made.Mentions.erase(llvm::unique(Made.Mentions), Made.Mentions.end());
  }
  return Result;
}

/// The keys of values that differ.
template <typename KeyType>
std::vector<KeyType> differing(const std::map<KeyType, Hashes> &Before,
                               const std::map<KeyType, Hashes> &After) {
  std::vector<KeyType> Result;
  for (const auto &[Key, Values] : Before) {
    const auto Other = After.find(Key);
    if (Other == After.end() || Other->second != Values)
      Result.push_back(Key);
  }
  for (const auto &[Key, Values] : After)
    if (!Before.count(Key))
      Result.push_back(Key);
  return Result;
}

bool isInEither(const std::set<Key> &Some, const std::set<Key> &Others,
                const Key &Named) {
  return Some.count(Named) != 0 || Others.count(Named) != 0;
}

/// Types that changed, each with what that reaches.
class ChangedTypes {
public:
  ChangedTypes(const Interface &Old, const Interface &New)
      : Old(Old), New(New) {}

  void add(const std::string &Path, TypeReach Reach) {
    TypeReach &Known = Types[Path];
    Known = std::max(Known, Reach);
  }

  /// Its fields, cases or methods are others.
  void addBody(const std::string &Path) {
    const auto [Type, Name] = declaredAt(Path);
    const Key Named{Type, Name};
    TypeReach Reach = TypeReach::Fields;
    for (const Interface *Version : {&Old, &New}) {
      const auto Known = Version->Types.find(Named);
      if (Known == Version->Types.end())
        continue;
      if (Known->second == TypeKind::Class || Known->second == TypeKind::Actor)
        Reach = TypeReach::Heirs;
      else if (Known->second == TypeKind::Protocol)
        Reach = TypeReach::Mentions;
    }
    add(Path, Reach);
  }

  std::vector<ChangedType> all() const {
    std::vector<ChangedType> Result;
    Result.reserve(Types.size());
    for (const auto &[Path, Reach] : Types) {
      const auto [Type, Name] = declaredAt(Path);
      const Key Named{Type, Name};
      Result.push_back(
          {Path, Reach, Old.Types.count(Named) && New.Types.count(Named)});
    }
    return Result;
  }

private:
  const Interface &Old;
  const Interface &New;
  std::map<std::string, TypeReach> Types;
};

std::vector<ChangedConformances> differingConformances(const Interface &Old,
                                                       const Interface &New) {
  using Conformances = std::set<std::pair<std::string, uint64_t>>;
  std::set<std::string> Types;
  for (const Interface *Version : {&Old, &New})
    for (const auto &[Type, Protocols] : Version->Conformances)
      Types.insert(Type);
  std::vector<ChangedConformances> Result;
  for (const std::string &Type : Types) {
    const auto In = [&](const Interface &Version) {
      const auto Known = Version.Conformances.find(Type);
      return Known == Version.Conformances.end() ? Conformances()
                                                 : Known->second;
    };
    const Conformances Before = In(Old);
    const Conformances After = In(New);
    std::set<std::string> Changed;
    std::set<std::string> Others;
    for (const auto &[One, Other] :
         {std::pair(&Before, &After), std::pair(&After, &Before)})
      for (const auto &Each : *One)
        (Other->count(Each) ? Others : Changed).insert(Each.first);
    if (!Changed.empty())
      Result.push_back({Type,
                        {Changed.begin(), Changed.end()},
                        {Others.begin(), Others.end()}});
  }
  return Result;
}

} // namespace

InterfaceChange compareInterfaces(StringRef Before, StringRef After) {
  InterfaceChange Result;
  auto Former = outlineOf(Before);
  auto Present = outlineOf(After);
  if (!Former || !Present) {
    Result.IsUnknown = true;
    return Result;
  }
  const Interface Old(std::move(*Former));
  const Interface New(std::move(*Present));
  // What they declare or hand on, no text shows.
  Result.IsUnknown =
      Old.Expansions != New.Expansions || Old.Exports != New.Exports;

  ChangedTypes Types(Old, New);
  std::set<Key> Named;
  for (const Key &Each : differing(Old.Signatures, New.Signatures)) {
    if (!isInEither(Old.Reachable, New.Reachable, Each))
      continue;
    Named.insert(Each);
    const auto &[Type, Name] = Each;
    if (Old.Types.count(Each) || New.Types.count(Each))
      Types.add(pathOf({Type, Name}), TypeReach::Fields);
    if (isInEither(Old.Wrapped, New.Wrapped, Each)) {
      Named.insert({Type, "_" + Name});
      Named.insert({Type, "$" + Name});
    }
    if (!isInEither(Old.Expanded, New.Expanded, Each))
      continue;
    // A macro declares something beside it.
    if (Type.empty())
      Result.IsUnknown = true;
    else
      Types.addBody(Type);
  }
  for (const auto &[Some, Others] : {std::pair(&Old.Layouts, &New.Layouts),
                                     std::pair(&Old.Contents, &New.Contents)})
    for (const std::string &Path : differing(*Some, *Others))
      Types.addBody(Path);
  Result.Conformances = differingConformances(Old, New);
  for (const auto &[Some, Others, To] :
       {std::tuple(&Old.OpaqueBodies, &New.OpaqueBodies, &Result.Opaque),
        std::tuple(&Old.CopiedBodies, &New.CopiedBodies, &Result.Copied)})
    for (const Key &Each : differing(*Some, *Others))
      if (!Named.count(Each) && isInEither(Old.Reachable, New.Reachable, Each))
        To->push_back({Each.first, Each.second});
  for (const auto &[Type, Name] : Named)
    Result.Names.push_back({Type, Name});
  Result.Types = Types.all();
  std::set_symmetric_difference(Old.Imports.begin(), Old.Imports.end(),
                                New.Imports.begin(), New.Imports.end(),
                                std::back_inserter(Result.Imports));
  std::set_union(Old.Names.begin(), Old.Names.end(), New.Names.begin(),
                 New.Names.end(), std::back_inserter(Result.Known));
  std::set_union(Old.Expanding.begin(), Old.Expanding.end(),
                 New.Expanding.begin(), New.Expanding.end(),
                 std::back_inserter(Result.Expanding));
  return Result;
}

std::string pathOf(const DeclaredName &Declared) {
  std::string Path = Declared.Type;
  if (!Path.empty() && !Declared.Name.empty())
    Path += '.';
  Path += Declared.Name;
  return Path;
}

const std::vector<StringRef> *namesAsking(StringRef Protocol) {
  // Where something has to conform, nothing is compiled that does not: what
  // counts is what has another meaning for values that do not.
  static const std::vector<StringRef> Comparing = {
      "==",         "!=",      "~=",         "contains",       "firstIndex",
      "lastIndex",  "index",   "split",      "starts",         "elementsEqual",
      "difference", "ranges",  "firstRange", "trimmingPrefix", "trimPrefix",
      "replacing",  "replace", "hashValue",  "Equatable",      "Hashable",
      "Comparable"};
  static const std::vector<StringRef> Ordering = [] {
    std::vector<StringRef> All = Comparing;
    llvm::append_range(All,
                       std::initializer_list<StringRef>{
                           "<", ">", "<=", ">=", "...", "..<", "min", "max",
                           "sorted", "sort", "lexicographicallyPrecedes"});
    return All;
  }();
  static const std::vector<StringRef> Coding = {
      "encode",    "decode",    "encodeIfPresent", "decodeIfPresent",
      "Encodable", "Decodable", "Codable"};
  // `String(describing:)` among them.
  static const std::vector<StringRef> Describing = {
      "description", "debugDescription",        "appendInterpolation",
      "init",        "CustomStringConvertible", "CustomDebugStringConvertible"};
  static const std::vector<StringRef> Failing = {"Error",
                                                 "LocalizedError",
                                                 "localizedDescription",
                                                 "errorDescription",
                                                 "failureReason",
                                                 "recoverySuggestion",
                                                 "helpAnchor"};
  static const std::vector<StringRef> Listing = {"CaseIterable", "allCases",
                                                 "AllCases"};
  static const std::vector<StringRef> Identifying = {"Identifiable", "id",
                                                     "ID"};
  static const std::vector<StringRef> Nothing;
  static const std::map<StringRef, const std::vector<StringRef> *> Known = {
      {"Equatable", &Comparing},
      {"Hashable", &Comparing},
      {"Comparable", &Ordering},
      {"Encodable", &Coding},
      {"Decodable", &Coding},
      {"Codable", &Coding},
      {"CustomStringConvertible", &Describing},
      {"CustomDebugStringConvertible", &Describing},
      {"Error", &Failing},
      {"LocalizedError", &Failing},
      {"CaseIterable", &Listing},
      {"Identifiable", &Identifying},
      {"Sendable", &Nothing},
      {"AnyObject", &Nothing},
      {"Any", &Nothing},
  };
  const auto Found = Known.find(Protocol);
  return Found == Known.end() ? nullptr : Found->second;
}

const std::vector<StringRef> *requirementsInferring(StringRef Associated) {
  static const std::vector<StringRef> Initialiser = {"init"};
  static const std::map<StringRef, const std::vector<StringRef>> Known = {
      {"AllCases", {"allCases"}},
      {"ArrayLiteralElement", Initialiser},
      {"AsyncIterator", {"makeAsyncIterator"}},
      {"BooleanLiteralType", Initialiser},
      {"Bound", {"lowerBound", "upperBound", "relative", "contains"}},
      {"Duration", {"duration", "advanced", "minimumResolution"}},
      {"Element",
       {"next", "makeIterator", "makeAsyncIterator", "subscript", "contains",
        "insert", "remove", "update", "init"}},
      {"ExtendedGraphemeClusterLiteralType", Initialiser},
      {"Failure", {"next", "makeAsyncIterator"}},
      {"FloatLiteralType", Initialiser},
      {"FormatInput", {"format"}},
      {"FormatOutput", {"format"}},
      {"ID", {"id"}},
      {"Index",
       {"startIndex", "endIndex", "index", "formIndex", "subscript",
        "indices"}},
      {"Indices", {"indices"}},
      {"Instant", {"now", "sleep"}},
      {"IntegerLiteralType", Initialiser},
      {"Iterator", {"makeIterator"}},
      {"Magnitude", {"magnitude"}},
      {"ParseInput", {"parse"}},
      {"ParseOutput", {"parse"}},
      {"RawValue", {"rawValue", "init"}},
      {"RegexOutput", {"regex"}},
      {"Strategy", {"parseStrategy"}},
      {"Stride", {"distance", "advanced"}},
      {"StringInterpolation", Initialiser},
      {"StringLiteralType", Initialiser},
      {"SubSequence", {"subscript"}},
      {"UnicodeScalarLiteralType", Initialiser},
      {"Words", {"words"}},
  };
  const auto Found = Known.find(Associated);
  return Found == Known.end() ? nullptr : &Found->second;
}

DeclaredName declaredAt(const std::string &Path) {
  const size_t Dot = Path.rfind('.');
  if (Dot == std::string::npos)
    return {"", Path};
  return {Path.substr(0, Dot), Path.substr(Dot + 1)};
}

uint64_t hashOfName(StringRef Name) { return llvm::xxh3_64bits(Name); }

std::optional<std::vector<Meaning>> meaningsOf(StringRef Text) {
  auto Found = outlineOf(Text);
  if (!Found)
    return std::nullopt;
  return Interface(std::move(*Found)).meanings();
}

} // namespace hotswift
