#include "function_patch.h"

#include "errors.h"
#include "module_slot.h"
#include "object_transform.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ExecutionEngine/JITLink/x86_64.h"
#include "llvm/Support/Endian.h"
#include "llvm/TargetParser/Host.h"

#ifndef __APPLE__
#include <cerrno>
#include <cstring>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

using namespace llvm;
using namespace llvm::jitlink;

namespace hotswift {
namespace {

/// `jmp rel32`
constexpr size_t JumpSize = 5;

Expected<ObjectUnits> unitsOf(MemoryBufferRef Object,
                              std::shared_ptr<orc::SymbolStringPool> Names) {
  auto Graph = createLinkGraphFromObject(Object, std::move(Names));
  if (!Graph)
    return makeError(ErrorKind::Object, Object.getBufferIdentifier() + ": " +
                                            toString(Graph.takeError()));
  return ObjectUnits::read(std::move(*Graph));
}

/// Turns the graph of an object into that of a patch.
class PatchBuilder {
public:
  PatchBuilder(ObjectUnits &Units, const BodyChanges &Changes,
               const LibrarySymbols &Library, uint64_t Base)
      : Units(Units), Graph(Units.graph()), Changes(Changes), Library(Library),
        Base(Base) {
    Changed.insert_range(Changes.Functions);
    Known.insert_range(Changes.Functions);
    for (const ValueChange &Value : Changes.Values)
      Known.insert(Value.Symbol);
    for (const auto &Name : Changes.Same.keys())
      Known.insert(Name);
  }

  Error run(const Twine &Prefix,
            std::vector<FunctionPatch::Redirection> &Redirections,
            std::vector<orc::SymbolStringPtr> &Additions,
            std::vector<FunctionPatch::Write> &Writes) {
    for (Symbol *S : Graph.defined_symbols()) {
      if (S->hasName() && S->getScope() != Scope::Local)
        WasGlobal.insert(S);
      S->setScope(Scope::Local);
      S->setLive(false);
    }
    for (auto [Index, Name] : enumerate(Changes.Functions)) {
      const ObjectUnit *Unit = Units.find(Name);
      // The linker may have dropped what any object may define: then nobody
      // calls the library's.
      if (Unit->isWeak() && !Library.has(Name)) {
        Changed.erase(Name);
        Known.erase(Name);
        continue;
      }
      auto Entry = entryOf(Name);
      if (!Entry)
        return Entry.takeError();
      // A name of its own: nobody else is to find it.
      Redirections.push_back(
          {*Entry, Graph.intern((Prefix + "." + Twine(Index)).str())});
      Redirected.push_back(Unit);
      visit(*Unit->Home);
    }
    for (const ValueChange &Value : Changes.Values) {
      auto Place = placeOf(Value.Symbol);
      if (!Place)
        return Place.takeError();
      Writes.push_back({*Place + Value.Offset, Value.Bytes});
    }
    // What is new may be used by other new objects.
    std::vector<Symbol *> Added;
    for (const auto &Unit : Units.units())
      for (Symbol *S : Unit->Symbols) {
        const StringRef Name = *S->getName();
        if (Known.contains(Name) || !WasGlobal.contains(S))
          continue;
        if (!Library.has(Name)) {
          Added.push_back(S);
          visit(*Unit->Home);
        } else if (!Unit->isWeak()) {
          // Whoever uses it would go on with that one.
          return refuse(Name + " was in another file");
        }
      }
    while (!Waiting.empty())
      if (Error E = bindEdges(*Waiting.pop_back_val()))
        return E;
    // Edges were resolved by the names that symbols had.
    for (Symbol *S : Added) {
      publish(*S, S->getName());
      Additions.push_back(S->getName());
    }
    for (const auto &[Unit, Redirection] : zip(Redirected, Redirections))
      publish(*Unit->Symbols.front(), Redirection.To);
    hideMetadata();
    return Error::success();
  }

private:
  Error refuse(const Twine &Why) const {
    return makeError(ErrorKind::Link, Graph.getName() + ": " + Why);
  }

  std::optional<uint64_t> addressOf(StringRef Name) const {
    const auto Found = Library.find(Name);
    return Found ? std::optional(Base + *Found) : std::nullopt;
  }

  Expected<uint64_t> placeOf(StringRef Name) const {
    if (auto Address = addressOf(Name))
      return *Address;
    return refuse("the library does not tell where " + Name + " is");
  }

  Expected<uint64_t> entryOf(StringRef Name) const {
    auto Address = placeOf(Name);
    if (!Address)
      return Address.takeError();
    if (Library.room(*Address - Base, [&](StringRef Other) {
          return Known.contains(Other);
        }) < JumpSize)
      return refuse("there is no room in the library for a jump from " + Name);
    return *Address;
  }

  void publish(Symbol &S, orc::SymbolStringPtr Name) {
    S.setName(std::move(Name));
    S.setLinkage(Linkage::Strong);
    S.setScope(Scope::Default);
    S.setLive(true);
  }

  void visit(Block &Home) {
    if (Visited.insert(&Home).second)
      Waiting.push_back(&Home);
  }

  Symbol &absolute(StringRef Name, uint64_t Address) {
    Symbol *&Made = Absolutes[Name];
    if (!Made)
      Made = &Graph.addAbsoluteSymbol(
          Graph.intern(("library." + Name).str()), orc::ExecutorAddr(Address),
          /*Size=*/0, Linkage::Strong, Scope::Local, /*IsLive=*/false);
    return *Made;
  }

  /// Whether what a unit names stays the library's: there is one of it.
  bool isLibrarys(const ObjectUnit &Unit) const {
    return Known.contains(Unit.name()) && !Changed.contains(Unit.name());
  }

  Error bindEdges(Block &From) {
    for (Edge &E : From.edges()) {
      if (!E.isRelocation())
        continue;
      const auto To = Units.resolve(From, E);
      if (!To)
        return refuse("the instruction at " + Twine(E.getOffset()) + " of " +
                      From.getSection().getName() + " can be read in two ways");
      if (To->External) {
        const StringRef Name = *To->External->getName();
        if (Changes.Gone.contains(Name))
          return refuse(Name + " is in another file now");
        if (const auto Address = Library.findShared(Name))
          E.setTarget(absolute(Name, Base + *Address));
        continue;
      }
      if (To->Unit && isLibrarys(*To->Unit)) {
        const StringRef Name = To->Unit->name();
        if (const auto Address = addressOf(Name)) {
          E.setTarget(absolute(Name, *Address));
          E.setAddend(To->Addend);
          continue;
        }
        // Of functions, and of what any object may define, a copy will do.
        if (!To->Unit->isFunction() && !To->Unit->isWeak())
          return placeOf(Name).takeError();
      }
      if (To->Unit && Changed.contains(To->Unit->name()) &&
          E.getKind() != x86_64::BranchPCRel32 &&
          !Units.isTableOfJumps(From, E)) {
        // Who compares addresses, as key paths do, is to find them equal.
        auto Entry = placeOf(To->Unit->name());
        if (!Entry)
          return Entry.takeError();
        E.setTarget(absolute(To->Unit->name(), *Entry));
        E.setAddend(To->Addend);
        continue;
      }
      visit(E.getTarget().getBlock());
    }
    return Error::success();
  }

  /// The runtime knows of the library's metadata, and is told of no other.
  void hideMetadata() {
    std::vector<Section *> Metadata;
    for (Section &S : Graph.sections())
      if (S.getName().starts_with("swift5_"))
        Metadata.push_back(&S);
    if (Metadata.empty())
      return;
    Section &Hidden =
        Graph.createSection("hotswift_metadata", orc::MemProt::Read);
    for (Section *S : Metadata)
      Graph.mergeSections(Hidden, *S, /*PreserveSrcSection=*/true);
  }

  ObjectUnits &Units;
  LinkGraph &Graph;
  const BodyChanges &Changes;
  const LibrarySymbols &Library;
  const uint64_t Base;
  /// Functions that are redirected.
  StringSet<> Changed;
  std::vector<const ObjectUnit *> Redirected;
  /// What the library has.
  StringSet<> Known;
  DenseSet<Symbol *> WasGlobal;
  DenseSet<Block *> Visited;
  SmallVector<Block *> Waiting;
  StringMap<Symbol *> Absolutes;
};

} // namespace

Expected<FunctionPatch>
FunctionPatch::prepare(MemoryBufferRef Former,
                       std::unique_ptr<MemoryBuffer> Present,
                       std::shared_ptr<orc::SymbolStringPool> Names) {
  auto Before = unitsOf(Former, Names);
  if (!Before)
    return Before.takeError();
  auto Now = unitsOf(*Present, Names);
  if (!Now)
    return Now.takeError();
  auto Changes = compareBodies(*Before, *Now);
  if (!Changes)
    return Changes.takeError();
  return FunctionPatch(std::move(Names), std::move(Present), std::move(*Now),
                       std::move(*Changes));
}

Expected<std::unique_ptr<LinkGraph>>
FunctionPatch::takeGraph(const LibrarySymbols &Library, uint64_t Base,
                         const Twine &Prefix) {
  PatchBuilder Builder(Present, Changes, Library, Base);
  if (Error E = Builder.run(Prefix, Redirections, Additions, Writes))
    return E;
  return Present.takeGraph();
}

Error tryPatch(const std::string &Former, const std::string &Present,
               const std::string &Library) {
  const auto Read =
      [](const std::string &Path) -> Expected<std::unique_ptr<MemoryBuffer>> {
    auto File = openOutput(Path);
    if (!File)
      return File.takeError();
    auto Object = prepareObject(**File, Triple(sys::getProcessTriple()));
    if (!Object)
      return Object.takeError();
    return std::move(Object->Buffer);
  };
  auto Before = Read(Former);
  if (!Before)
    return Before.takeError();
  auto Now = Read(Present);
  if (!Now)
    return Now.takeError();
  auto Patch = FunctionPatch::prepare(
      **Before, std::move(*Now), std::make_shared<orc::SymbolStringPool>());
  if (!Patch)
    return Patch.takeError();
  auto Symbols = LibrarySymbols::read(Library);
  if (!Symbols)
    return Symbols.takeError();
  return Patch->takeGraph(**Symbols, 0, "patch").takeError();
}

#ifdef __APPLE__
Error overwrite(uint64_t, StringRef) {
  return makeError(
      ErrorKind::Link,
      "libraries that are loaded cannot be changed on this system");
}
#else
/// The protection of the page of a loaded library that an address lies in; 0 if
/// it lies in none.
static int protectionOf(uint64_t Address) {
  struct Query {
    uint64_t Address;
    int Protection = 0;
  } Wanted{Address};
  dl_iterate_phdr(
      [](dl_phdr_info *Info, size_t, void *Data) {
        auto &Wanted = *static_cast<Query *>(Data);
        for (const auto &Header : ArrayRef(Info->dlpi_phdr, Info->dlpi_phnum)) {
          const uint64_t Start = Info->dlpi_addr + Header.p_vaddr;
          if (Header.p_type != PT_LOAD || Wanted.Address < Start ||
              Wanted.Address >= Start + Header.p_memsz)
            continue;
          Wanted.Protection = (Header.p_flags & PF_R ? PROT_READ : 0) |
                              (Header.p_flags & PF_W ? PROT_WRITE : 0) |
                              (Header.p_flags & PF_X ? PROT_EXEC : 0);
          return 1;
        }
        return 0;
      },
      &Wanted);
  return Wanted.Protection;
}

Error overwrite(uint64_t Address, StringRef Bytes) {
  const int Protection = protectionOf(Address);
  const auto PageSize = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t Start = alignDown(Address, PageSize);
  const uint64_t Length = alignTo(Address + Bytes.size(), PageSize) - Start;
  auto *const Pages = reinterpret_cast<void *>(Start);
  if (Protection == 0 || mprotect(Pages, Length, PROT_READ | PROT_WRITE) != 0)
    return makeError(
        ErrorKind::Link,
        "the library's memory cannot be changed: " +
            Twine(Protection == 0 ? "it is not mapped" : std::strerror(errno)));
  std::memcpy(reinterpret_cast<void *>(Address), Bytes.data(), Bytes.size());
  if (mprotect(Pages, Length, Protection) != 0)
    return makeError(ErrorKind::Link,
                     Twine("the library's memory cannot be protected again: ") +
                         std::strerror(errno));
  return Error::success();
}

#endif

/// What `jmp rel32` adds to the address behind it.
static int64_t distance(uint64_t Entry, orc::ExecutorAddr To) {
  return static_cast<int64_t>(To.getValue() - Entry - JumpSize);
}

bool isInReach(uint64_t Entry, orc::ExecutorAddr To) {
  return isInt<32>(distance(Entry, To));
}

Error redirect(uint64_t Entry, orc::ExecutorAddr To) {
  char Jump[JumpSize] = {static_cast<char>(0xe9)};
  support::endian::write32le(Jump + 1,
                             static_cast<uint32_t>(distance(Entry, To)));
  return overwrite(Entry, StringRef(Jump, JumpSize));
}

} // namespace hotswift
