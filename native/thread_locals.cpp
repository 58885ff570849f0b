#include "thread_locals.h"

#include "errors.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ExecutionEngine/JITLink/x86_64.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/ErrorHandling.h"

#include <atomic>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <new>

using namespace llvm;
using namespace llvm::jitlink;

namespace hotswift {
namespace {

/// A run of an object's thread-local memory.
struct ImagePart {
  uintptr_t Start = 0;
  size_t Size = 0;
  /// Where it lies in a thread's copy.
  size_t Offset = 0;

  bool contains(uintptr_t Address) const {
    return Address >= Start && Address - Start < Size;
  }
};

/// What each thread gets a copy of: an object's initialised variables, and
/// behind them its zero ones.
struct Image {
  ImagePart Data;
  ImagePart Zeros;
  size_t Alignment = 1;

  size_t size() const { return Zeros.Offset + Zeros.Size; }
  std::optional<size_t> offsetOf(uintptr_t Address) const {
    for (const ImagePart &Part : {Data, Zeros})
      if (Part.contains(Address))
        return Part.Offset + (Address - Part.Start);
    return std::nullopt;
  }
};

/// Leads to a variable. Its layout is known to `lowerAccess`.
struct Entry {
  /// Once it was asked for: the image's number, from 1, and in the lower half
  /// the offset in it.
  std::atomic<uint64_t> Place;
  /// Where the image has the variable.
  uint64_t Address;
};
static_assert(sizeof(Entry) == 16);

/// All images of the process. None is ever taken out: neither is the code that
/// uses it.
class Images {
public:
  static Images &get() {
    static auto *All = new Images;
    return *All;
  }

  void add(const Image &New) {
    std::lock_guard Lock(Mutex);
    for (const ImagePart &Part : {New.Data, New.Zeros})
      if (Part.Size > 0)
        ByStart[Part.Start] = Known.size();
    Known.push_back(New);
  }

  const Image &at(size_t Number) {
    std::lock_guard Lock(Mutex);
    return Known[Number - 1];
  }

  uint64_t placeOf(uintptr_t Address) {
    std::lock_guard Lock(Mutex);
    auto After = ByStart.upper_bound(Address);
    if (After != ByStart.begin()) {
      const size_t Index = std::prev(After)->second;
      if (auto Offset = Known[Index].offsetOf(Address))
        return (uint64_t(Index + 1) << 32) | *Offset;
    }
    report_fatal_error("a generation uses a thread-local variable of a shared "
                       "library, which is not supported",
                       /*gen_crash_diag=*/false);
  }

private:
  std::mutex Mutex;
  std::deque<Image> Known;
  std::map<uintptr_t, size_t> ByStart;
};

/// A thread's copies, by the numbers of the images.
class ThreadCopies {
public:
  ThreadCopies() = default;
  ThreadCopies(const ThreadCopies &) = delete;
  ThreadCopies &operator=(const ThreadCopies &) = delete;
  ~ThreadCopies() {
    for (const Copy &C : Copies)
      if (C.Memory)
        ::operator delete(C.Memory, std::align_val_t(C.Alignment));
  }

  char *get(size_t Number) {
    if (Number >= Copies.size())
      Copies.resize(Number + 1);
    Copy &Mine = Copies[Number];
    if (!Mine.Memory)
      Mine = make(Images::get().at(Number));
    return Mine.Memory;
  }

private:
  struct Copy {
    char *Memory = nullptr;
    size_t Alignment = 1;
  };

  static Copy make(const Image &From) {
    Copy New;
    New.Alignment = From.Alignment;
    New.Memory = static_cast<char *>(
        ::operator new(From.size(), std::align_val_t(From.Alignment)));
    std::memset(New.Memory, 0, From.size());
    if (From.Data.Size > 0)
      std::memcpy(New.Memory + From.Data.Offset,
                  reinterpret_cast<const char *>(From.Data.Start),
                  From.Data.Size);
    return New;
  }

  std::vector<Copy> Copies;
};

thread_local ThreadCopies *Copies = nullptr;

/// Frees a thread's copies when it ends: behind the destructors of its
/// variables, which were registered later. What is asked for after that gets
/// copies that stay.
struct CopiesOwner {
  ~CopiesOwner() {
    delete Copies;
    Copies = nullptr;
  }
  void own() {}
};
thread_local CopiesOwner Owner;

void *resolve(Entry *Variable) {
  uint64_t Place = Variable->Place.load(std::memory_order_relaxed);
  if (Place == 0) {
    Place = Images::get().placeOf(Variable->Address);
    Variable->Place.store(Place, std::memory_order_relaxed);
  }
  if (!Copies) {
    Copies = new ThreadCopies;
    Owner.own();
  }
  return Copies->get(Place >> 32) + static_cast<uint32_t>(Place);
}

bool isThreadLocal(const Section &S) {
  return S.getName() == ".tdata" || S.getName() == ".tbss";
}

/// A place that holds the distance of a variable from the anchor.
struct PendingDistance {
  Block *Place;
  Edge::OffsetT Offset;
  const Symbol *Variable;
  Edge::AddendT Addend;
};

class ObjectThreadLocals {
public:
  void lower(LinkGraph &G) {
    Anchor = findAnchor(G);
    // Entries are blocks, too: not while the blocks are walked through.
    const std::vector<Block *> Given(G.blocks().begin(), G.blocks().end());
    for (Block *B : Given)
      for (Edge &E : B->edges())
        if (E.getKind() == x86_64::RequestTLSDescInGOTAndTransformToDelta32) {
          E.setKind(x86_64::Delta32);
          E.setTarget(entryOf(G, E.getTarget()));
        } else if (E.getKind() == x86_64::Pointer32Signed &&
                   E.getTarget().isDefined() &&
                   isThreadLocal(E.getTarget().getSection())) {
          Distances.push_back(
              {B, E.getOffset(), &E.getTarget(), E.getAddend()});
          E.setKind(Edge::KeepAlive);
        }
    for (Symbol *External : G.external_symbols())
      if (*External->getName() == "__tls_get_addr")
        External->setName(G.intern(ThreadLocalResolver));
  }

  Error place(LinkGraph &G) {
    const Image Own = imageOf(G);
    if (Own.size() > 0)
      Images::get().add(Own);
    for (const PendingDistance &Pending : Distances)
      if (Error E = write(G, Own, Pending))
        return E;
    return Error::success();
  }

private:
  /// The same that `findThreadLocalAnchor` finds in the object.
  static const Symbol *findAnchor(LinkGraph &G) {
    const Symbol *First = nullptr;
    for (Section &S : G.sections())
      if (isThreadLocal(S))
        for (const Symbol *Candidate : S.symbols())
          if (Candidate->hasName() &&
              Candidate->getLinkage() == Linkage::Strong &&
              (!First || Candidate->getAddress() < First->getAddress()))
            First = Candidate;
    return First;
  }

  Symbol &entryOf(LinkGraph &G, Symbol &Variable) {
    Symbol *&Known = Entries[&Variable];
    if (Known)
      return *Known;
    constexpr StringRef Name = "hotswift.thread_locals";
    Section *Table = G.findSectionByName(Name);
    if (!Table)
      Table = &G.createSection(Name, orc::MemProt::Read | orc::MemProt::Write);
    Block &Content = G.createMutableContentBlock(
        *Table, G.allocateBuffer(sizeof(Entry)), orc::ExecutorAddr(),
        alignof(Entry), /*AlignmentOffset=*/0);
    llvm::fill(Content.getAlreadyMutableContent(), 0);
    Content.addEdge(x86_64::Pointer64, offsetof(Entry, Address), Variable, 0);
    Known = &G.addAnonymousSymbol(Content, 0, sizeof(Entry),
                                  /*IsCallable=*/false, /*IsLive=*/true);
    return *Known;
  }

  static Image imageOf(LinkGraph &G) {
    Image Own;
    const auto Measure = [&](StringRef Name, ImagePart &Part) {
      Section *Found = G.findSectionByName(Name);
      if (!Found)
        return;
      const SectionRange Range(*Found);
      Part.Start = Range.getStart().getValue();
      Part.Size = Range.getSize();
      for (const Block *B : Found->blocks())
        Own.Alignment = std::max<size_t>(Own.Alignment, B->getAlignment());
    };
    Measure(".tdata", Own.Data);
    Measure(".tbss", Own.Zeros);
    // Each part keeps its address modulo the alignment.
    const Align Alignment(Own.Alignment);
    const auto Shift = [&](const ImagePart &Part) {
      return Part.Start - alignDown(Part.Start, Alignment.value());
    };
    Own.Data.Offset = Shift(Own.Data);
    Own.Zeros.Offset =
        alignTo(Own.Data.Offset + Own.Data.Size, Alignment) + Shift(Own.Zeros);
    return Own;
  }

  Error write(LinkGraph &G, const Image &Own, const PendingDistance &Pending) {
    auto To = Own.offsetOf(Pending.Variable->getAddress().getValue());
    auto From = Anchor ? Own.offsetOf(Anchor->getAddress().getValue())
                       : std::optional<size_t>();
    if (!To || !From)
      return makeError(ErrorKind::Link,
                       G.getName() + ": reaches a thread-local variable by an "
                                     "offset that it does not have");
    // Unsigned: what a damaged object adds may overflow.
    const auto Distance = static_cast<int64_t>(
        uint64_t(*To) - *From + static_cast<uint64_t>(Pending.Addend));
    if (!isInt<32>(Distance))
      return makeError(ErrorKind::Link,
                       G.getName() +
                           ": has more thread-local memory than can be "
                           "reached");
    support::endian::write32le(Pending.Place->getMutableContent(G).data() +
                                   Pending.Offset,
                               static_cast<uint32_t>(Distance));
    return Error::success();
  }

  const Symbol *Anchor = nullptr;
  std::vector<PendingDistance> Distances;
  DenseMap<Symbol *, Symbol *> Entries;
};

} // namespace

void *threadLocalResolverAddress() {
  return reinterpret_cast<void *>(&resolve);
}

void ThreadLocalsPlugin::modifyPassConfig(
    orc::MaterializationResponsibility &MR, LinkGraph &G,
    PassConfiguration &Config) {
  const Triple &Target = G.getTargetTriple();
  if (Target.getArch() != Triple::x86_64 || !Target.isOSBinFormatELF() ||
      &MR.getTargetJITDylib() == Platform)
    return;
  auto Own = std::make_shared<ObjectThreadLocals>();
  Config.PostPrunePasses.insert(Config.PostPrunePasses.begin(),
                                [Own](LinkGraph &G) -> Error {
                                  Own->lower(G);
                                  return Error::success();
                                });
  Config.PreFixupPasses.push_back(
      [Own](LinkGraph &G) { return Own->place(G); });
}

} // namespace hotswift
