#include "dependency_index.h"

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

} // namespace

DependencyIndex::Key DependencyIndex::keyOf(const DependencyNode &Node) {
  SmallString<128> Text;
  Text += static_cast<char>(Node.Kind);
  Text += Node.Context;
  // In no name.
  Text += '\0';
  Text += Node.Name;
  return hashOf(Text);
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

std::string DependencyIndex::nameOf(const DependencyNode &Node) {
  if (Node.Context.empty())
    return Node.Name.str();
  const std::string Type =
      readableContext(Node.Context.take_until([](char C) { return C == '@'; }));
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
      if (!Node.IsProvided || Used.test(static_cast<unsigned>(Index)))
        Result.Uses.push_back(Named);
      if (!Node.IsProvided)
        continue;
      Result.Declarations.try_emplace(
          Named, Declaration{hashOf(Node.Fingerprint),
                             any_of(Node.DependsOn, IsFile), nameOf(Node)});
      note(Node, Result.Declared);
    }
  }
  llvm::sort(Result.Uses);
  Result.Uses.erase(llvm::unique(Result.Uses), Result.Uses.end());
  return Result;
}

Expected<std::vector<DependencyIndex::Content>>
DependencyIndex::readAll(ArrayRef<ModuleSlot> Entries) {
  std::vector<Content> All;
  All.reserve(Entries.size());
  for (const ModuleSlot &Entry : Entries) {
    auto Next = read(Entry);
    if (!Next)
      return Next.takeError();
    All.push_back(std::move(*Next));
  }
  return All;
}

Error DependencyIndex::set(ArrayRef<ModuleSlot> Entries, uint64_t Order) {
  auto Read = readAll(Entries);
  if (!Read)
    return Read.takeError();

  const std::lock_guard Lock(Guard);
  for (auto [Entry, Next] : zip(Entries, *Read)) {
    Next.Order = Order;
    if (Entry.Number >= Contents.size())
      Contents.resize(Entry.Number + 1);
    if (Contents[Entry.Number].Order > Order)
      continue;
    // What was there goes after the lock: with `Read`.
    std::swap(Contents[Entry.Number], Next);
    const Content &Former = Next;
    for (const std::string &Path : Contents[Entry.Number].External)
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

DependencyIndex::Change DependencyIndex::difference(const Content &Before,
                                                    const Content &After) {
  Change Result;
  // Of what differs by itself, and of what only may.
  std::vector<std::string> Sure;
  std::vector<std::string> Possible;
  const bool FileDiffers = Before.FileFingerprint != After.FileFingerprint;
  for (const auto &[Key, Declared] : After.Declarations) {
    const auto Old = Before.Declarations.find(Key);
    const bool Differs = Old == Before.Declarations.end() ||
                         Old->second.Fingerprint != Declared.Fingerprint;
    if (!Differs && !(FileDiffers && Declared.FollowsFile))
      continue;
    Result.Keys.insert(Key);
    (Differs ? Sure : Possible).push_back(Declared.Name);
  }
  for (const auto &[Key, Declared] : Before.Declarations) {
    if (After.Declarations.contains(Key))
      continue;
    Result.Keys.insert(Key);
    Sure.push_back(Declared.Name);
  }
  Result.Names = Sure.empty() ? std::move(Possible) : std::move(Sure);
  return Result;
}

Expected<DependencyComparison>
DependencyIndex::compare(ArrayRef<ModuleSlot> Entries) const {
  auto Read = readAll(Entries);
  if (!Read)
    return Read.takeError();

  const std::shared_lock Lock(Guard);
  DenseSet<Key> ChangedKeys;
  std::set<size_t> Compared;
  std::set<size_t> Changed;
  std::set<std::string> Names;
  for (auto [Entry, After] : zip(Entries, *Read)) {
    const Change Differs = difference(known(Entry.Number), After);
    Compared.insert(Entry.Number);
    Names.insert(Differs.Names.begin(), Differs.Names.end());
    ChangedKeys.insert(Differs.Keys.begin(), Differs.Keys.end());
    if (!Differs.Keys.empty())
      Changed.insert(Entry.Number);
  }
  DependencyComparison Result;
  Result.Changed.assign(Changed.begin(), Changed.end());
  Result.Names.assign(Names.begin(), Names.end());
  Result.Names.resize(std::min(Result.Names.size(), MostNames));
  if (ChangedKeys.empty())
    return Result;
  for (auto [Slot, File] : enumerate(Contents))
    if (!Compared.count(Slot) &&
        any_of(File.Uses, [&](Key Used) { return ChangedKeys.contains(Used); }))
      Result.Dependents.push_back(Slot);
  return Result;
}

FileDeclarations DependencyIndex::declarations(size_t Slot) const {
  const std::shared_lock Lock(Guard);
  return known(Slot).Declared;
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
