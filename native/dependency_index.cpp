#include "dependency_index.h"

#include "interface_change.h"
#include "swift_literal.h"
#include "swift_names.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <set>

using namespace llvm;

namespace hotswift {
namespace {

constexpr size_t MostNames = 20;

uint64_t hashOf(StringRef Text) {
  // The two greatest are not for keys of LLVM's tables.
  return xxh3_64bits(Text) >> 1;
}

void sortUnique(std::vector<uint64_t> &Keys) {
  llvm::sort(Keys);
  Keys.erase(llvm::unique(Keys), Keys.end());
}

/// Hashes of all names in a text, comments and strings included, ascending.
std::vector<uint64_t> namesIn(StringRef Text) {
  std::vector<uint64_t> Names;
  for (size_t Start = 0; Start < Text.size();) {
    if (!isIdentifierByte(Text[Start])) {
      ++Start;
      continue;
    }
    const StringRef Name = Text.drop_front(Start).take_while(isIdentifierByte);
    Names.push_back(hashOfName(Name));
    Start += Name.size();
  }
  sortUnique(Names);
  return Names;
}

/// The last of `Model.Part`.
StringRef lastComponent(StringRef Path) {
  return Path.substr(Path.rfind('.') + 1);
}

/// The type of a node, without the fingerprint of one of its extensions.
StringRef contextIn(const DependencyNode &Node) {
  return Node.Context.take_until([](char C) { return C == '@'; });
}

/// Those of a file's types that a path of its text may mean. If none has its
/// name, it is an alias of any of them.
std::vector<StringRef> contextsOf(StringRef Path,
                                  const std::set<StringRef> &Contexts) {
  std::vector<StringRef> Result;
  for (const StringRef Context : Contexts) {
    const std::string Type = lastTypeIn(Context);
    if (Type.empty() || Type == lastComponent(Path))
      Result.push_back(Context);
  }
  if (Result.empty())
    Result.assign(Contexts.begin(), Contexts.end());
  return Result;
}

bool hasAny(const std::vector<uint64_t> &Some,
            const DenseSet<uint64_t> &Others) {
  return any_of(Some, [&](uint64_t Each) { return Others.contains(Each); });
}

bool isOperator(StringRef Name) {
  return !Name.empty() && StringRef("/=-+!*%<>&|^~?.").contains(Name.front());
}

bool isIn(const std::vector<std::string> &Sorted, const std::string &Text) {
  return std::binary_search(Sorted.begin(), Sorted.end(), Text);
}

/// What the compiler has found in a file and its text does not show: what
/// macros declare, and what follows from the fields and conformances of a type,
/// as initialisers. Fingerprints of such declarations differ with any
/// declaration around them.
class UnseenDeclarations {
public:
  UnseenDeclarations(const InterfaceChange &Found,
                     const std::set<StringRef> &Contexts)
      : Found(Found) {
    for (const ChangedType &Each : Found.Types)
      Changed.insert(Each.Path);
    for (const ChangedConformances &Each : Found.Conformances)
      Changed.insert(Each.Type);
    std::set<std::string> Last;
    for (const StringRef Context : Contexts)
      Last.insert(lastTypeIn(Context));
    const auto IsAlias = [&](StringRef Path) {
      return !Path.empty() && !Last.count(lastComponent(Path).str());
    };
    HasAliases = any_of(Changed, IsAlias) || any_of(Found.Expanding, IsAlias);
  }

  /// Whether members of a type may be others.
  bool mayDiffer(const std::string &Type) const {
    if (HasAliases || Type.empty() || Changed.count(Type))
      return true;
    std::string Root = Type;
    for (std::string Path = Type; !Path.empty(); Path = declaredAt(Path).Type) {
      if (isIn(Found.Expanding, Path))
        return true;
      Root = Path;
    }
    // A macro may declare whole types.
    return isIn(Found.Expanding, "") && !isIn(Found.Known, Root);
  }

private:
  const InterfaceChange &Found;
  std::set<std::string> Changed;
  /// Whether something extends a type by another name.
  bool HasAliases = false;
};

/// Whether bodies of a text may be copied into other files, or say of which
/// type something is.
bool mayShowBodies(StringRef Text) {
  for (const char *Word : {"@inlinable", "@_transparent", "backDeploy",
                           "@_alwaysEmitIntoClient", "some"})
    if (Text.contains(Word))
      return true;
  return false;
}

} // namespace

bool DependencyIndex::Content::shows(uint64_t Name) const {
  return Meanings && any_of(*Meanings, [&](const Meaning &Each) {
           return hashOfName(Each.Declared.Name) == Name;
         });
}

void DependencyIndex::Change::add(const Change &Other) {
  HasOtherCopies |= Other.HasOtherCopies;
  append_range(Conformances, Other.Conformances);
  for (auto Part :
       {&Change::Keys, &Change::Opaque, &Change::Meant, &Change::Inherited,
        &Change::Resized, &Change::Members, &Change::Laid, &Change::LaidKeys})
    (this->*Part).insert((Other.*Part).begin(), (Other.*Part).end());
  for (auto Part : {&Change::Names, &Change::Imports, &Change::Owners})
    (this->*Part).insert((Other.*Part).begin(), (Other.*Part).end());
}

DependencyIndex::Key DependencyIndex::keyOf(DependencyKind Kind,
                                            StringRef Context, StringRef Name) {
  SmallString<128> Text;
  Text += static_cast<char>(Kind);
  Text += Context;
  // In no name.
  Text += '\0';
  Text += Name;
  return hashOf(Text);
}

DependencyIndex::Key DependencyIndex::keyOf(const DependencyNode &Node) {
  return keyOf(Node.Kind, Node.Context, Node.Name);
}

void DependencyIndex::note(const DependencyNode &Node,
                           FileDeclarations &Declared) {
  if (Node.Kind == DependencyKind::TopLevel ||
      Node.Kind == DependencyKind::DynamicLookup)
    Declared.Names.push_back(Node.Name.str());
  // With a fingerprint it is one extension of the type.
  if (Node.Kind == DependencyKind::Nominal && !Node.Context.contains('@'))
    Declared.Types.push_back(Node.Context.str());
}

std::string DependencyIndex::typeOf(const DependencyNode &Node) {
  const StringRef Context = contextIn(Node);
  std::string Type = readableContext(Context);
  return Type == Context ? std::string() : Type;
}

std::string DependencyIndex::nameOf(const DependencyNode &Node) {
  if (Node.Context.empty())
    return Node.Name.str();
  const std::string Type = readableContext(contextIn(Node));
  return Node.Name.empty() ? Type : Type + "." + Node.Name.str();
}

Expected<DependencyIndex::Content>
DependencyIndex::read(const ModuleSlot &Entry) {
  Content Result;
  if (!Entry.Path)
    return Result;
  auto File = openOutput(*Entry.Path);
  if (!File)
    return File.takeError();
  auto Nodes = readDependencies(**File);
  if (!Nodes)
    return Nodes.takeError();

  const auto IsFile = [&](uint64_t Node) {
    return (*Nodes)[Node].Kind == DependencyKind::SourceFile;
  };
  // What the file declares it can look up as well.
  BitVector Used(Nodes->size());
  for (const DependencyNode &Node : *Nodes)
    for (uint64_t Other : Node.DependsOn)
      Used.set(static_cast<unsigned>(Other));

  for (auto [Index, Node] : enumerate(*Nodes)) {
    if (Node.Kind == DependencyKind::External) {
      Result.External.push_back(Node.Name.str());
    } else if (Node.Kind == DependencyKind::SourceFile) {
      if (Node.IsProvided && Node.IsInterface)
        Result.FileFingerprint = hashOf(Node.Fingerprint);
    } else if (Node.IsInterface) {
      const Key Named = keyOf(Node);
      if (!Node.IsProvided || Used.test(static_cast<unsigned>(Index))) {
        Result.Uses.push_back(Named);
        if (!Node.Name.empty())
          Result.Names.push_back(hashOfName(Node.Name));
      }
      if (!Node.IsProvided)
        continue;
      Result.Declarations.try_emplace(
          Named,
          Declaration{hashOf(Node.Fingerprint), any_of(Node.DependsOn, IsFile),
                      Node.Name.str(), typeOf(Node), nameOf(Node)});
      note(Node, Result.Declared);
    }
  }
  sortUnique(Result.Uses);
  sortUnique(Result.Names);
  return Result;
}

Error DependencyIndex::set(ArrayRef<CompiledSlot> Entries, uint64_t Order) {
  std::vector<Content> Read;
  Read.reserve(Entries.size());
  // Files that were compiled together have the same company.
  std::map<StringRef, Content> Known;
  for (const CompiledSlot &Entry : Entries) {
    auto Next = read(Entry.Noted);
    if (!Next)
      return Next.takeError();
    Next->HasCompany = !Entry.Alongside.empty();
    for (const std::string &Path : Entry.Alongside) {
      const auto [Other, IsNew] = Known.try_emplace(Path);
      if (IsNew)
        if (Error E = read({Entry.Noted.Number, Path}).moveInto(Other->second))
          return E;
      append_range(Next->Uses, Other->second.Uses);
      append_range(Next->Names, Other->second.Names);
    }
    sortUnique(Next->Uses);
    sortUnique(Next->Names);
    if (const auto &Text = Entry.Text)
      readText(*Text, *Next);
    Read.push_back(std::move(*Next));
  }

  const std::lock_guard Lock(Guard);
  for (auto [Entry, Next] : zip(Entries, Read)) {
    const size_t Number = Entry.Noted.Number;
    Next.Order = Order;
    if (Number >= Contents.size())
      Contents.resize(Number + 1);
    if (Contents[Number].Order > Order)
      continue;
    // What was there goes after the lock: with `Read`.
    std::swap(Contents[Number], Next);
    const Content &Former = Next;
    for (const std::string &Path : Contents[Number].External)
      ++Mentions[Path];
    for (const std::string &Path : Former.External) {
      const auto Known = Mentions.find(Path);
      if (--Known->second == 0)
        Mentions.erase(Known);
    }
  }
  return Error::success();
}

const DependencyIndex::Content &DependencyIndex::known(size_t Slot) const {
  return Slot < Contents.size() ? Contents[Slot] : Unknown;
}

/// By which the name is looked up.
void DependencyIndex::addName(const DeclaredName &Each,
                              const std::set<StringRef> &Contexts, KeySet &To) {
  To.insert(keyOf(DependencyKind::DynamicLookup, "", Each.Name));
  if (Each.Type.empty() || isOperator(Each.Name))
    To.insert(keyOf(DependencyKind::TopLevel, "", Each.Name));
  if (Each.Type.empty())
    return;
  for (const StringRef Context : contextsOf(Each.Type, Contexts))
    To.insert(keyOf(DependencyKind::Member, Context, Each.Name));
}

/// By which whoever knows the type is found.
void DependencyIndex::addType(const DeclaredName &Each,
                              const std::set<StringRef> &Contexts, KeySet &To) {
  for (const StringRef Context : contextsOf(Each.Name, Contexts)) {
    To.insert(keyOf(DependencyKind::Nominal, Context, ""));
    To.insert(keyOf(DependencyKind::PotentialMember, Context, ""));
  }
}

/// A type that is laid out, or dispatches, in another way. Who has values of it
/// is known to have to do with the type. Who has none can still ask for its
/// size, which the compiler notes as a name that is looked up at most: so it
/// does every name on the way to what is looked up.
void DependencyIndex::addLayout(const DeclaredName &Each,
                                const std::set<StringRef> &Contexts,
                                Change &To) {
  addType(Each, Contexts, To.Keys);
  addName(Each, Contexts, To.LaidKeys);
  To.Laid.insert(hashOfName(Each.Name));
}

void DependencyIndex::readText(StringRef Text, Content &Into) {
  Into.Meanings = meaningsOf(Text);
  Into.Text = namesIn(Text);
  Into.AsksForLayouts = Text.contains("MemoryLayout") ||
                        Text.contains("Unsafe") || Text.contains("Builtin");
}

DependencyIndex::Change DependencyIndex::difference(const Content &Before,
                                                    const Content &After) {
  Change Result;
  // Of what differs by itself, and of what only may.
  std::set<std::string> Sure;
  std::set<std::string> Possible;
  const bool FileDiffers = Before.FileFingerprint != After.FileFingerprint;
  for (const auto &[Key, Declared] : After.Declarations) {
    const auto Old = Before.Declarations.find(Key);
    const bool Differs = Old == Before.Declarations.end() ||
                         Old->second.Fingerprint != Declared.Fingerprint;
    if (!Differs && !(FileDiffers && Declared.FollowsFile))
      continue;
    Result.Keys.insert(Key);
    (Differs ? Sure : Possible).insert(Declared.Readable);
  }
  for (const auto &[Key, Declared] : Before.Declarations) {
    if (After.Declarations.contains(Key))
      continue;
    Result.Keys.insert(Key);
    Sure.insert(Declared.Readable);
  }
  Result.Names = Sure.empty() ? std::move(Possible) : std::move(Sure);
  return Result;
}

/// Everything that either version declares.
DependencyIndex::Change DependencyIndex::all(const Content &Before,
                                             const Content &After) {
  Change Result = difference(Before, After);
  const bool IsNamed = !Result.Names.empty();
  for (const Content *Version : {&Before, &After}) {
    for (const auto &[Key, Declared] : Version->Declarations) {
      Result.Keys.insert(Key);
      if (!Declared.Name.empty())
        Result.Meant.insert(hashOfName(Declared.Name));
      if (!Declared.Name.empty() && !Declared.Type.empty()) {
        Result.Members.insert(hashOfName(Declared.Name));
        Result.Owners.insert(Declared.Type);
      }
      if (!IsNamed)
        Result.Names.insert(Declared.Readable);
    }
    for (const std::string &Type : Version->Declared.Types)
      Result.Meant.insert(hashOfName(lastTypeIn(Type)));
  }
  return Result;
}

DependencyIndex::Change DependencyIndex::changeOf(const EditedFile &Entry,
                                                  const Content &Before,
                                                  const Content &After) {
  if (!Entry.Before && !Entry.After)
    return difference(Before, After);
  if (!Entry.Before || !Entry.After)
    return all(Before, After);
  const InterfaceChange Found = compareInterfaces(*Entry.Before, *Entry.After);
  const Change Noted = difference(Before, After);
  if (Found.IsUnknown) {
    const bool IsEqual = Noted.Keys.empty() && !mayShowBodies(*Entry.Before) &&
                         !mayShowBodies(*Entry.After);
    Change Result = IsEqual ? Change() : all(Before, After);
    Result.Imports.insert(Found.Imports.begin(), Found.Imports.end());
    return Result;
  }

  std::set<StringRef> Contexts;
  for (const Content *Version : {&Before, &After})
    Contexts.insert(Version->Declared.Types.begin(),
                    Version->Declared.Types.end());
  Change Result;
  const auto IsChanged = [&](StringRef Type) {
    return any_of(Found.Types,
                  [&](const ChangedType &Each) { return Each.Path == Type; });
  };
  for (const DeclaredName &Each : Found.Names) {
    addName(Each, Contexts, Result.Keys);
    // Of a type that is another, its name says enough.
    if (!IsChanged(Each.Type))
      Result.Names.insert(pathOf(Each));
    Result.Meant.insert(hashOfName(Each.Name));
    if (!Each.Type.empty()) {
      Result.Members.insert(hashOfName(Each.Name));
      Result.Owners.insert(Each.Type);
    }
  }
  for (const auto &[Path, Reach, IsInBoth] : Found.Types) {
    if (IsInBoth)
      addLayout(declaredAt(Path), Contexts, Result);
    else
      addType(declaredAt(Path), Contexts, Result.Keys);
    Result.Names.insert(Path);
    const uint64_t Name = hashOfName(lastComponent(Path));
    if (Reach == TypeReach::Fields)
      (IsInBoth ? Result.Resized : Result.Meant).insert(Name);
    else if (Reach == TypeReach::Heirs)
      Result.Inherited.insert(Name);
  }
  for (const ChangedConformances &Each : Found.Conformances) {
    Conformance &Changed = Result.Conformances.emplace_back();
    Changed.Protocols = Each.Protocols;
    Changed.Others = Each.Others;
    addName(declaredAt(Each.Type), Contexts, Changed.Known);
    addType(declaredAt(Each.Type), Contexts, Changed.Known);
    Result.Names.insert(Each.Type);
  }
  for (const DeclaredName &Each : Found.Opaque) {
    addName(Each, Contexts, Result.Opaque);
    Result.Names.insert(pathOf(Each));
  }
  for (const DeclaredName &Each : Found.Copied) {
    Result.HasOtherCopies = true;
    Result.Names.insert(pathOf(Each));
  }
  // Of what no text shows the compiler alone can tell.
  const UnseenDeclarations Unseen(Found, Contexts);
  for (const Content *Version : {&Before, &After}) {
    for (const auto &[Key, Declared] : Version->Declarations) {
      if (!Noted.Keys.contains(Key) || Declared.Name.empty() ||
          isIn(Found.Known, Declared.Name) || !Unseen.mayDiffer(Declared.Type))
        continue;
      Result.Keys.insert(Key);
      Result.Names.insert(Declared.Readable);
      Result.Meant.insert(hashOfName(Declared.Name));
    }
  }
  Result.Imports.insert(Found.Imports.begin(), Found.Imports.end());
  return Result;
}

/// Adds what of a file means something else because of what it mentions.
/// Whether there was something new.
bool DependencyIndex::spread(const Content &File, Change &To) {
  bool Grows = false;
  const std::set<StringRef> Contexts(File.Declared.Types.begin(),
                                     File.Declared.Types.end());
  if (!File.Meanings) {
    // Whatever it is made of may have changed.
    for (const auto &[Key, Declared] : File.Declarations)
      Grows |= To.Keys.insert(Key).second;
    for (const auto &[Key, Declared] : File.Declarations)
      Grows |= To.Meant.insert(hashOfName(Declared.Name)).second;
    for (const StringRef Context : Contexts)
      Grows |= To.Meant.insert(hashOfName(lastTypeIn(Context))).second;
    return Grows;
  }
  const auto Mentions = [](const Meaning &Each, const KeySet &Names) {
    return any_of(Each.Mentions,
                  [&](uint64_t Name) { return Names.contains(Name); });
  };
  const auto Add = [&](const Meaning &Each, KeySet &Names) {
    const uint64_t Name = hashOfName(Each.Declared.Name);
    if (!Names.insert(Name).second)
      return;
    Grows = true;
    if (Each.IsType)
      addLayout(Each.Declared, Contexts, To);
  };
  for (const Meaning &Each : *File.Meanings) {
    const bool IsMeant = Mentions(Each, To.Meant);
    const bool IsResized = !Each.IsReference && Mentions(Each, To.Resized);
    if (Each.IsClass && (IsMeant || IsResized || Mentions(Each, To.Inherited)))
      Add(Each, To.Inherited);
    if (!(IsMeant || IsResized) || Each.IsType)
      continue;
    Add(Each, IsMeant ? To.Meant : To.Resized);
    if (Each.Owner == NoOwner)
      continue;
    const Meaning &Owner = (*File.Meanings)[Each.Owner];
    Add(Owner, Owner.IsClass ? To.Inherited : To.Resized);
  }
  return Grows;
}

/// Hands over the meanings of all files. False if those of one are not known.
template <typename Visitor>
bool DependencyIndex::visitMeanings(ArrayRef<Content> Compared,
                                    Visitor Visit) const {
  bool AreKnown = true;
  const auto Look = [&](const Content &File) {
    if (File.Meanings)
      for_each(*File.Meanings, Visit);
    else
      AreKnown &= File.Declarations.empty();
  };
  for_each(Compared, Look);
  for_each(Contents, Look);
  return AreKnown;
}

/// Adds the names of associated types that may be inferred to be others: of the
/// members that satisfy a requirement of which the type is a part. Of protocols
/// of other modules the compiler's notes show what it has inferred.
void DependencyIndex::addInferredTypes(ArrayRef<Content> Compared,
                                       Change &To) const {
  if (To.Members.empty())
    return;
  DenseMap<uint64_t, std::vector<uint64_t>> Aliases;
  KeySet Associated;
  std::set<StringRef> Protocols;
  std::set<StringRef> Types;
  visitMeanings(Compared, [&](const Meaning &Each) {
    const StringRef Name = Each.Declared.Name;
    if (Each.IsAssociated)
      Associated.insert(hashOfName(Name));
    if (Each.IsAlias)
      append_range(Aliases[hashOfName(Name)], Each.Mentions);
    if (Each.IsType)
      (Each.IsProtocol ? Protocols : Types).insert(Name);
  });
  const auto IsMember = [&](StringRef Name) {
    return To.Members.contains(hashOfName(Name));
  };
  KeySet Inferred;
  visitMeanings(Compared, [&](const Meaning &Each) {
    const auto &[Type, Name] = Each.Declared;
    if (!Protocols.count(lastComponent(Type)) || !IsMember(Name))
      return;
    KeySet Seen;
    std::vector<uint64_t> Waiting = Each.Mentions;
    while (!Waiting.empty()) {
      const uint64_t Mentioned = Waiting.back();
      Waiting.pop_back();
      if (!Seen.insert(Mentioned).second)
        continue;
      if (Associated.contains(Mentioned))
        Inferred.insert(Mentioned);
      if (const auto Known = Aliases.find(Mentioned); Known != Aliases.end())
        append_range(Waiting, Known->second);
    }
  });

  // What extends a protocol of another module may be a default for any type.
  const bool MayBeDefault = any_of(To.Owners, [&](StringRef Owner) {
    return !Types.count(lastComponent(Owner)) &&
           !Protocols.count(lastComponent(Owner));
  });
  const auto MayBeInferred = [&](const Declaration &Declared) {
    if (!MayBeDefault && !To.Owners.count(Declared.Type))
      return false;
    const auto *Requirements = requirementsInferring(Declared.Name);
    return !Requirements || any_of(*Requirements, IsMember);
  };
  const auto AddUnseen = [&](const Content &File) {
    for (const auto &[Key, Declared] : File.Declarations) {
      if (Declared.Type.empty() || Declared.Name.empty())
        continue;
      const uint64_t Name = hashOfName(Declared.Name);
      const bool IsAnother = Associated.contains(Name)
                                 ? Inferred.contains(Name)
                                 : MayBeInferred(Declared);
      if (!IsAnother || File.shows(Name))
        continue;
      Inferred.insert(Name);
      To.Keys.insert(Key);
    }
  };
  for_each(Compared, AddUnseen);
  for_each(Contents, AddUnseen);
  To.Meant.insert(Inferred.begin(), Inferred.end());
}

DependencyIndex::Protocols
DependencyIndex::protocols(ArrayRef<Content> Compared) const {
  Protocols Result;
  Result.AreKnown = visitMeanings(Compared, [&](const Meaning &Each) {
    const auto &[Type, Name] = Each.Declared;
    if (Each.IsProtocol)
      Result.Inherited[Name].insert(Each.Protocols.begin(),
                                    Each.Protocols.end());
    else if (Each.IsType)
      Result.Types.insert(Name);
    if (!Type.empty())
      Result.Members[lastComponent(Type).str()].push_back(hashOfName(Name));
  });
  return Result;
}

/// The names by which files ask for a conformance: the protocol, its members
/// and those of its extensions, and what it inherits, unless the type conforms
/// to that in any case. Nothing for a protocol of another module of which that
/// is not known.
std::optional<DependencyIndex::KeySet>
DependencyIndex::namesAskingFor(const Conformance &Changed,
                                const Protocols &Known) {
  if (!Known.AreKnown)
    return std::nullopt;
  // Goes on to what is inherited from those that are new.
  const auto Follow = [&](std::vector<std::string> Waiting, auto IsNew) {
    while (!Waiting.empty()) {
      const std::string Protocol = std::move(Waiting.back());
      Waiting.pop_back();
      const auto More = Known.Inherited.find(Protocol);
      if (IsNew(Protocol) && More != Known.Inherited.end())
        append_range(Waiting, More->second);
    }
  };
  std::set<std::string> Settled;
  Follow(Changed.Others, [&](const std::string &Protocol) {
    return Settled.insert(Protocol).second;
  });
  std::set<std::string> Asked;
  Follow(Changed.Protocols, [&](const std::string &Protocol) {
    return !Settled.count(Protocol) && Asked.insert(Protocol).second;
  });
  KeySet Names;
  for (const std::string &Protocol : Asked) {
    Names.insert(hashOfName(Protocol));
    if (Known.Inherited.count(Protocol)) {
      if (const auto Of = Known.Members.find(Protocol);
          Of != Known.Members.end())
        Names.insert(Of->second.begin(), Of->second.end());
      continue;
    }
    // What an alias of the same name stands for.
    if (Known.Types.count(Protocol))
      continue;
    const auto *Asking = namesAsking(Protocol);
    if (!Asking)
      return std::nullopt;
    for (const StringRef Name : *Asking)
      Names.insert(hashOfName(Name));
  }
  return Names;
}

bool DependencyIndex::isTouched(const Content &File, const Change &By) {
  if (hasAny(File.Uses, By.Keys) ||
      (File.HasCompany && hasAny(File.Uses, By.Opaque)))
    return true;
  return (File.AsksForLayouts && hasAny(File.Uses, By.LaidKeys)) ||
         (File.Text && hasAny(*File.Text, By.Laid));
}

Expected<DependencyComparison>
DependencyIndex::compare(ArrayRef<EditedFile> Entries) const {
  std::vector<Content> Read;
  for (const EditedFile &Entry : Entries) {
    auto Next = read(Entry.Noted);
    if (!Next)
      return Next.takeError();
    if (const auto &Text = Entry.After)
      readText(*Text, *Next);
    Read.push_back(std::move(*Next));
  }

  const std::shared_lock Lock(Guard);
  Change Total;
  std::set<size_t> Compared;
  std::set<size_t> Changed;
  for (auto [Entry, After] : zip(Entries, Read)) {
    const size_t Slot = Entry.Noted.Number;
    const Change Differs = changeOf(Entry, known(Slot), After);
    Compared.insert(Slot);
    if (!Differs.Keys.empty() || !Differs.Opaque.empty() ||
        !Differs.Conformances.empty() || Differs.HasOtherCopies)
      Changed.insert(Slot);
    Total.add(Differs);
  }
  DependencyComparison Result;
  Result.Changed.assign(Changed.begin(), Changed.end());
  Result.Names.assign(Total.Names.begin(), Total.Names.end());
  Result.Names.resize(std::min(Result.Names.size(), MostNames));
  Result.Imports.assign(Total.Imports.begin(), Total.Imports.end());
  if (Changed.empty())
    return Result;
  addInferredTypes(Read, Total);
  for (bool Grows = !Total.Meant.empty() || !Total.Inherited.empty() ||
                    !Total.Resized.empty();
       Grows;) {
    Grows = false;
    for (const Content &File : Read)
      Grows |= spread(File, Total);
    for (auto [Slot, File] : enumerate(Contents))
      if (!Compared.count(Slot))
        Grows |= spread(File, Total);
  }
  std::vector<std::pair<const KeySet *, std::optional<KeySet>>> Asked;
  Asked.reserve(Total.Conformances.size());
  if (!Total.Conformances.empty()) {
    const Protocols Known = protocols(Read);
    for (const Conformance &Each : Total.Conformances)
      Asked.emplace_back(&Each.Known, namesAskingFor(Each, Known));
  }
  const auto IsTouched = [&](const Content &File) {
    return isTouched(File, Total) || any_of(Asked, [&](const auto &Each) {
             const auto &[Known, Names] = Each;
             return (!Names || hasAny(File.Names, *Names)) &&
                    hasAny(File.Uses, *Known);
           });
  };
  for (auto [Slot, File] : enumerate(Contents))
    if (!Compared.count(Slot) && IsTouched(File))
      Result.Dependents.push_back(Slot);
  return Result;
}

FileDeclarations DependencyIndex::declarations(size_t Slot) const {
  const std::shared_lock Lock(Guard);
  return known(Slot).Declared;
}

std::vector<size_t>
DependencyIndex::readersOf(const std::vector<std::string> &Externals) const {
  const std::shared_lock Lock(Guard);
  std::vector<size_t> Result;
  for (auto [Slot, File] : enumerate(Contents))
    if (any_of(File.External, [&](const std::string &Path) {
          return is_contained(Externals, Path);
        }))
      Result.push_back(Slot);
  return Result;
}

std::vector<std::string> DependencyIndex::externalDependencies() const {
  const std::shared_lock Lock(Guard);
  std::vector<std::string> Result;
  Result.reserve(Mentions.size());
  for (const auto &[Path, Count] : Mentions)
    Result.push_back(Path);
  return Result;
}

} // namespace hotswift
