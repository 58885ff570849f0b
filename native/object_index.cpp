#include "object_index.h"

#include "swift_names.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <iterator>
#include <utility>

using namespace llvm;

namespace hotswift {

ObjectIndex::ObjectIndex(StringRef ModuleName)
    : MangledModule(mangleIdentifier(ModuleName)) {}

Error ObjectIndex::set(ArrayRef<ModuleSlot> Entries, uint64_t Order) {
  // The names are the files' bytes until they are interned.
  std::vector<std::unique_ptr<MemoryBuffer>> Files;
  std::vector<ObjectSymbols> Read(Entries.size());
  for (auto [Entry, Symbols] : zip(Entries, Read)) {
    if (!Entry.Path)
      continue;
    auto File = openOutput(*Entry.Path);
    if (!File)
      return File.takeError();
    Files.push_back(std::move(*File));
    if (Error E = readObjectSymbols(*Files.back()).moveInto(Symbols))
      return E;
  }

  const std::lock_guard Lock(Guard);
  for (auto [Entry, Symbols] : zip(Entries, Read)) {
    if (Entry.Number >= Contents.size())
      Contents.resize(Entry.Number + 1);
    if (Contents[Entry.Number].Order > Order)
      continue;
    const auto Slot = static_cast<uint32_t>(Entry.Number);
    std::vector<SymbolId> FormerlyUsed = Contents[Slot].Undefined;
    std::vector<Conformance> Former = remove(Slot);
    replace(Slot, Symbols);
    rememberFormer(Slot, Former);
    Contents[Slot].Order = Order;
    Dependents.erase(Slot);
    forgetDependents(std::move(FormerlyUsed), Contents[Slot].Undefined);
  }
  return Error::success();
}

ObjectIndex::SymbolId ObjectIndex::intern(StringRef Name) {
  auto [Known, IsNew] =
      Ids.try_emplace(Name, static_cast<SymbolId>(Symbols.size()));
  if (IsNew)
    Symbols.push_back({Known->first(), {}, {}});
  return Known->second;
}

void ObjectIndex::replace(uint32_t Slot, const ObjectSymbols &With) {
  Content &Of = Contents[Slot];
  Of.Defined.reserve(With.Defined.size());
  for (const DefinedSymbol &S : With.Defined) {
    Of.Defined.push_back(intern(S.Name));
    Symbols[Of.Defined.back()].Definitions.push_back(
        {Slot, S.IsHidden, S.IsWeak});
  }
  Of.Undefined.reserve(With.Undefined.size());
  for (StringRef Name : With.Undefined) {
    Of.Undefined.push_back(intern(Name));
    Symbols[Of.Undefined.back()].Users.push_back(Slot);
  }
  const auto Id = [&](StringRef Name) {
    return Name.empty() ? NoSymbol : intern(Name);
  };
  for (const ConformanceReference &C : With.Conformances)
    Of.Conformances.push_back({Id(C.Name), Id(C.Protocol), Id(C.Type)});
}

/// What casts may still find: of two with one name, the object has the newer.
void ObjectIndex::rememberFormer(uint32_t Slot, ArrayRef<Conformance> Former) {
  auto &Conformances = Contents[Slot].Conformances;
  const size_t Present = Conformances.size();
  for (const Conformance &C : Former)
    if (none_of(Conformances,
                [&](const Conformance &Known) { return Known.Name == C.Name; }))
      Conformances.push_back(C);
  Contents[Slot].FormerConformances = Conformances.size() - Present;
}

/// Empties a slot. Returns the conformances that it had.
std::vector<ObjectIndex::Conformance> ObjectIndex::remove(uint32_t Slot) {
  Content &Of = Contents[Slot];
  for (SymbolId Id : Of.Defined)
    erase_if(Symbols[Id].Definitions,
             [&](const Definition &D) { return D.Slot == Slot; });
  for (SymbolId Id : Of.Undefined)
    llvm::erase(Symbols[Id].Users, Slot);
  std::vector<Conformance> Had = std::move(Of.Conformances);
  Of = {};
  return Had;
}

/// A slot used some symbols, and uses others now: it depends on other slots.
void ObjectIndex::forgetDependents(std::vector<SymbolId> Before,
                                   std::vector<SymbolId> Now) {
  llvm::sort(Before);
  llvm::sort(Now);
  std::vector<SymbolId> Differing;
  std::set_symmetric_difference(Before.begin(), Before.end(), Now.begin(),
                                Now.end(), std::back_inserter(Differing));
  for (SymbolId Id : Differing)
    for (const Definition &D : Symbols[Id].Definitions)
      Dependents.erase(D.Slot);
}

/// The slots that need what a slot defines.
const std::vector<uint32_t> &ObjectIndex::dependentsOf(uint32_t Slot) {
  auto [Known, IsNew] = Dependents.try_emplace(Slot);
  if (!IsNew)
    return Known->second;
  BitVector Found(Contents.size());
  for (SymbolId Id : Contents[Slot].Defined)
    for (uint32_t User : Symbols[Id].Users)
      Found.set(User);
  for (unsigned User : Found.set_bits())
    Known->second.push_back(User);
  return Known->second;
}

/// A slot, and all that need what it defines, and what those define.
BitVector ObjectIndex::withDependents(uint32_t Slot) {
  BitVector Found(Contents.size());
  std::vector<uint32_t> Waiting{Slot};
  Found.set(Slot);
  while (!Waiting.empty()) {
    const uint32_t Next = Waiting.back();
    Waiting.pop_back();
    for (uint32_t Dependent : dependentsOf(Next))
      if (!Found.test(Dependent)) {
        Found.set(Dependent);
        Waiting.push_back(Dependent);
      }
  }
  return Found;
}

/// One closure.
class ObjectIndex::Search {
public:
  explicit Search(ObjectIndex &Index)
      : Index(Index), Members(Index.Contents.size()) {}

  /// Slots are looked at for one reason after the other, each for all slots
  /// before the next: what joins for the first may make the others needless.
  void run(ArrayRef<size_t> Seeds) {
    for (size_t Seed : Seeds)
      if (Seed < Members.size())
        add(static_cast<uint32_t>(Seed));
    while (true) {
      if (auto Slot = next(WithDependents))
        addDependents(*Slot);
      else if (auto Slot = next(WithDefinitions))
        addHiddenDefinitions(*Slot);
      else if (auto Slot = next(WithConformances))
        Done[WithConformances] -= addForConformance(*Slot);
      else
        return;
    }
  }

  ObjectClosure result() const {
    ObjectClosure Result;
    DenseSet<SymbolId> Seen;
    for (unsigned Slot : Members.set_bits()) {
      Result.Slots.push_back(Slot);
      const Content &Of = Index.Contents[Slot];
      const size_t Present = Of.Conformances.size() - Of.FormerConformances;
      for (const auto &[Position, C] : enumerate(Of.Conformances))
        if (isForeign(C))
          Result.Foreign.push_back(
              {Slot, name(C.Name).str(), Position >= Present});
      for (SymbolId Id : Index.Contents[Slot].Undefined)
        if (Index.Symbols[Id].Definitions.empty() && Seen.insert(Id).second &&
            isOfModule(Id))
          Result.Unresolved.push_back(name(Id).str());
    }
    llvm::sort(Result.Unresolved);
    return Result;
  }

private:
  /// How far the members, in the order in which they joined, were looked at.
  enum Stage : size_t { WithDependents, WithDefinitions, WithConformances };

  std::optional<uint32_t> next(Stage For) {
    if (Done[For] == Joined.size())
      return std::nullopt;
    return Joined[Done[For]++];
  }

  void add(uint32_t Slot) {
    if (Members.test(Slot))
      return;
    Members.set(Slot);
    Joined.push_back(Slot);
  }

  void addDependents(uint32_t Slot) {
    for (uint32_t Dependent : Index.dependentsOf(Slot))
      add(Dependent);
  }

  void addHiddenDefinitions(uint32_t Slot) {
    for (SymbolId Id : Index.Contents[Slot].Undefined) {
      const auto &Definitions = Index.Symbols[Id].Definitions;
      if (!Definitions.empty() && !isDefinedByMember(Definitions) &&
          all_of(Definitions, [](const Definition &D) { return D.IsHidden; }))
        add(firstOf(Definitions));
    }
  }

  /// Whether a slot joined: the others are to be looked at after those that
  /// depend on it.
  bool addForConformance(uint32_t Slot) {
    for (const Conformance &C : Index.Contents[Slot].Conformances) {
      if (isFresh(C.Protocol) || isFresh(C.Type))
        continue;
      const auto Protocol = homeOf(C.Protocol);
      const auto Type = homeOf(C.Type);
      if (!Protocol && !Type)
        continue;
      if (Protocol && Type)
        add(cost(*Protocol) < cost(*Type) ? *Protocol : *Type);
      else
        add(Protocol ? *Protocol : *Type);
      return true;
    }
    return false;
  }

  bool isDefinedByMember(ArrayRef<Definition> Definitions) const {
    return any_of(Definitions,
                  [&](const Definition &D) { return Members.test(D.Slot); });
  }

  static uint32_t firstOf(ArrayRef<Definition> Definitions) {
    uint32_t First = Definitions.front().Slot;
    for (const Definition &D : Definitions)
      First = std::min(First, D.Slot);
    return First;
  }

  /// Whether a new copy of a descriptor is a new type or protocol. Objects
  /// define the descriptors of imported types too, weakly: the runtime takes
  /// all copies of those for one.
  bool isFresh(SymbolId Descriptor) const {
    return Descriptor == NoSymbol ||
           any_of(Index.Symbols[Descriptor].Definitions,
                  [&](const Definition &D) {
                    return !D.IsWeak && Members.test(D.Slot);
                  });
  }

  /// The slot that has the type or protocol of a descriptor.
  std::optional<uint32_t> homeOf(SymbolId Descriptor) const {
    std::optional<uint32_t> Home;
    for (const Definition &D : Index.Symbols[Descriptor].Definitions)
      if (!D.IsWeak && (!Home || D.Slot < *Home))
        Home = D.Slot;
    return Home;
  }

  bool isForeign(const Conformance &C) const {
    const auto IsForeign = [&](SymbolId Descriptor) {
      return Descriptor != NoSymbol && !homeOf(Descriptor) &&
             !isOfModule(Descriptor);
    };
    return IsForeign(C.Protocol) && IsForeign(C.Type);
  }

  size_t cost(uint32_t Slot) {
    auto [Known, IsNew] = Costs.try_emplace(Slot, 0);
    if (IsNew)
      Known->second = Index.withDependents(Slot).count();
    return Known->second;
  }

  StringRef name(SymbolId Id) const { return Index.Symbols[Id].Name; }
  bool isOfModule(SymbolId Id) const {
    return name(Id).contains(Index.MangledModule);
  }

  ObjectIndex &Index;
  BitVector Members;
  std::vector<uint32_t> Joined;
  size_t Done[3] = {};
  std::map<uint32_t, size_t> Costs;
};

ObjectClosure ObjectIndex::closure(ArrayRef<size_t> Seeds) {
  const std::lock_guard Lock(Guard);
  Search From(*this);
  From.run(Seeds);
  return From.result();
}

} // namespace hotswift
