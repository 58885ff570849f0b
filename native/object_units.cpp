#include "object_units.h"

#include "errors.h"
#include "rip_relative.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ExecutionEngine/JITLink/x86_64.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace llvm::jitlink;

namespace hotswift {
namespace {

/// Names of the assembler, which numbers them anew each time, and of the
/// compiler, which gives one to many (reflection descriptors of closures).
bool isNameless(const Symbol &S) {
  return !S.hasName() || (*S.getName()).empty() ||
         (*S.getName()).starts_with(".L") ||
         (*S.getName()).starts_with("l__swift5_");
}

/// Where the variable or function that a symbol names ends. The compiler gives
/// the symbol of a type's metadata the size of the whole, `Mf`, though it
/// begins within.
size_t endOf(const Symbol &S, ArrayRef<Symbol *> InBlock) {
  size_t End = S.getOffset() + S.getSize();
  for (const Symbol *Around : InBlock) {
    const size_t Start = Around->getOffset();
    const size_t Last = Start + Around->getSize();
    if (Start < S.getOffset() && S.getOffset() < Last)
      End = std::min(End, Last);
  }
  return End;
}

} // namespace

bool isCode(const Block &Block) {
  return (Block.getSection().getMemProt() & orc::MemProt::Exec) ==
         orc::MemProt::Exec;
}

bool ObjectUnit::isFunction() const { return isCode(*Home); }

bool ObjectUnit::isWeak() const {
  return any_of(Symbols,
                [](Symbol *S) { return S->getLinkage() == Linkage::Weak; });
}

Expected<ObjectUnits> ObjectUnits::read(std::unique_ptr<LinkGraph> Graph) {
  ObjectUnits Read;
  Read.Graph = std::move(Graph);
  if (Read.Graph->getTargetTriple().getArch() != Triple::x86_64)
    return makeError(ErrorKind::Object,
                     Read.Graph->getName() + ": is not for x86-64");
  for (Block *B : Read.Graph->blocks()) {
    BlockContent &Of = Read.Blocks[B];
    for (const Edge &E : B->edges())
      if (E.isRelocation()) {
        // Of no use to anybody, and sums of it could overflow.
        if (!isInt<48>(E.getAddend()))
          return makeError(ErrorKind::Object,
                           Read.Graph->getName() +
                               ": refers to what is nowhere");
        Of.Edges.push_back(&E);
      }
    llvm::sort(Of.Edges, [](const Edge *A, const Edge *B) {
      return std::tuple(A->getOffset(), A->getKind()) <
             std::tuple(B->getOffset(), B->getKind());
    });
  }
  if (Error E = Read.addSymbols())
    return E;
  Read.addPlaces();
  return Read;
}

Error ObjectUnits::addSymbols() {
  DenseMap<Block *, std::vector<Symbol *>> Named;
  for (Symbol *S : Graph->defined_symbols()) {
    Blocks[&S->getBlock()].Places.push_back(S->getOffset());
    if (!isNameless(*S))
      Named[&S->getBlock()].push_back(S);
  }
  for (auto &[Home, Symbols] : Named) {
    // What is named first must not depend on where symbols lie in memory.
    llvm::sort(Symbols, [](const Symbol *A, const Symbol *B) {
      return std::tuple(A->getOffset(), *A->getName()) <
             std::tuple(B->getOffset(), *B->getName());
    });
    for (Symbol *S : Symbols) {
      BlockContent &Of = Blocks[Home];
      if (!Of.Units.empty() && Of.Units.back()->Start == S->getOffset()) {
        Units.back()->Symbols.push_back(S);
      } else {
        auto Unit = std::make_unique<ObjectUnit>();
        Unit->Symbols.push_back(S);
        Unit->Home = Home;
        Unit->Start = Unit->End = S->getOffset();
        Of.Units.push_back(Unit.get());
        Units.push_back(std::move(Unit));
      }
      ObjectUnit &Unit = *Units.back();
      Unit.End = std::max(Unit.End, endOf(*S, Symbols));
      if (!ByName.try_emplace(*S->getName(), &Unit).second)
        return makeError(ErrorKind::Object, Graph->getName() + ": defines " +
                                                *S->getName() + " twice");
    }
    // Of two things the second begins where the first has ended.
    const auto &InBlock = Blocks[Home].Units;
    for (size_t I = 0; I + 1 < InBlock.size(); ++I)
      InBlock[I]->End = std::min(InBlock[I]->End, InBlock[I + 1]->Start);
  }
  llvm::sort(Units, [](const auto &A, const auto &B) {
    return std::tuple(A->Home->getAddress(), A->Start) <
           std::tuple(B->Home->getAddress(), B->Start);
  });
  return Error::success();
}

void ObjectUnits::addPlaces() {
  const auto Sort = [&] {
    for (auto &[Home, Of] : Blocks) {
      llvm::sort(Of.Places);
      Of.Places.erase(llvm::unique(Of.Places), Of.Places.end());
    }
  };
  // What code leads to first: it is where tables of jumps begin.
  for (const bool FromCode : {true, false}) {
    std::vector<std::pair<Block *, size_t>> Found;
    for (Block *From : Graph->blocks()) {
      if (isCode(*From) != FromCode)
        continue;
      for (const Edge *E : Blocks[From].Edges)
        if (E->getTarget().isDefined() && !isTableOfJumps(*From, *E))
          if (auto Place = placeOf(*From, *E))
            Found.emplace_back(&E->getTarget().getBlock(), Place->Offset);
    }
    for (const auto &[Home, Offset] : Found)
      Blocks[Home].Places.push_back(Offset);
    Sort();
  }
}

const ObjectUnit *ObjectUnits::unitAt(const Block &Home, size_t Place) const {
  const auto Found = Blocks.find(&Home);
  if (Found == Blocks.end())
    return nullptr;
  const auto &In = Found->second.Units;
  const auto After =
      llvm::upper_bound(In, Place, [](size_t At, const ObjectUnit *Unit) {
        return At < Unit->Start;
      });
  if (After == In.begin())
    return nullptr;
  const ObjectUnit *Unit = *std::prev(After);
  return Place < Unit->End || Place == Unit->Start ? Unit : nullptr;
}

/// Metadata, which leads to functions too, has names or sections of its own.
bool ObjectUnits::isTableOfJumps(const Block &From, const Edge &Edge) const {
  const auto LeadsToCode = [](const jitlink::Edge &E) {
    return E.getKind() == x86_64::Delta32 && E.getTarget().isDefined() &&
           isCode(E.getTarget().getBlock()) && !E.getTarget().hasName();
  };
  if (isCode(From) || !LeadsToCode(Edge) ||
      From.getSection().getName().starts_with("swift5_") ||
      unitAt(From, Edge.getOffset()))
    return false;
  // Patterns of key paths have no names either, and lead to functions, but do
  // not begin with that.
  const auto Start = startOfPlace(From, Edge.getOffset());
  return Start &&
         any_of(edges(From, *Start, *Start + 1),
                [&](const jitlink::Edge *E) { return LeadsToCode(*E); });
}

/// Where what an offset lies in begins, as far as anything leads there.
std::optional<size_t> ObjectUnits::startOfPlace(const Block &Home,
                                                size_t Offset) const {
  const auto &Starts = Blocks.find(&Home)->second.Places;
  const auto After = llvm::upper_bound(Starts, Offset);
  if (After == Starts.begin())
    return std::nullopt;
  return *std::prev(After);
}

/// What an edge leads to in the block of its target.
std::optional<ObjectUnits::Place> ObjectUnits::placeOf(const Block &From,
                                                       const Edge &Edge) const {
  const Block &Home = Edge.getTarget().getBlock();
  const int64_t Written =
      static_cast<int64_t>(Edge.getTarget().getOffset()) + Edge.getAddend();
  const auto Within = [&](int64_t Offset) -> std::optional<Place> {
    if (Offset < 0 || static_cast<size_t>(Offset) > Home.getSize())
      return std::nullopt;
    return Place{static_cast<size_t>(Offset), /*IsIndirect=*/false};
  };
  // What the assembler names it means, whatever is added for the instruction.
  if (Edge.getTarget().hasName())
    return Within(static_cast<int64_t>(Edge.getTarget().getOffset()));
  if (Edge.getKind() != x86_64::Delta32)
    return Within(Written);
  if (isTableOfJumps(From, Edge)) {
    // The linker subtracts the place of the entry, what is wanted is the
    // distance from the table's.
    const auto Start = startOfPlace(From, Edge.getOffset());
    if (!Start)
      return std::nullopt;
    return Within(Written - static_cast<int64_t>(Edge.getOffset() - *Start));
  }
  if (!isCode(From)) {
    // The lowest bit says that what is meant is behind an address
    // (RelativePointer.h).
    if (Written % 2 == 0 || Written < 1 ||
        !holdsAddress(Home, static_cast<size_t>(Written - 1)))
      return Within(Written);
    return Place{static_cast<size_t>(Written - 1), /*IsIndirect=*/true};
  }
  // Calls, jumps and addresses of code have nothing behind the field.
  if (isCode(Home))
    return Within(Written + 4);
  std::optional<Place> Found;
  for (unsigned Behind :
       bytesAfterDisplacement(From.getContent(), Edge.getOffset())) {
    const auto Read = Within(Written + 4 + Behind);
    if (!Read)
      continue;
    // Several readings will do if they mean the same thing.
    const ObjectUnit *Unit = unitAt(Home, Read->Offset);
    if (Found && (!Unit || unitAt(Home, Found->Offset) != Unit))
      return std::nullopt;
    Found = Read;
  }
  return Found;
}

std::vector<const Edge *> ObjectUnits::edges(const Block &Of, size_t Start,
                                             size_t End) const {
  const auto Found = Blocks.find(&Of);
  if (Found == Blocks.end())
    return {};
  const auto Before = [](const Edge *E, size_t Offset) {
    return E->getOffset() < Offset;
  };
  const auto &All = Found->second.Edges;
  return {llvm::lower_bound(All, Start, Before),
          llvm::lower_bound(All, End, Before)};
}

std::optional<ObjectReference> ObjectUnits::resolve(const Block &From,
                                                    const Edge &Edge) const {
  Symbol &Target = Edge.getTarget();
  ObjectReference Result;
  if (!Target.isDefined()) {
    Result.External = &Target;
    Result.Addend = Edge.getAddend();
    return Result;
  }
  const auto Addend = [&](size_t Start) {
    return static_cast<int64_t>(Target.getOffset()) + Edge.getAddend() -
           static_cast<int64_t>(Start);
  };
  if (!isNameless(Target)) {
    Result.Unit = ByName.lookup(*Target.getName());
    Result.Addend = Addend(Result.Unit->Start);
    return Result;
  }
  const auto Place = placeOf(From, Edge);
  if (!Place)
    return std::nullopt;
  Result.Unit = unitAt(Target.getBlock(), Place->Offset);
  if (!Result.Unit) {
    Result.Home = &Target.getBlock();
    Result.Place = Place->Offset;
    // An address has a known size.
    Result.PlaceEnd = Place->IsIndirect
                          ? Place->Offset + sizeof(uint64_t)
                          : endOfPlace(*Result.Home, Place->Offset);
  }
  Result.Addend = Addend(Result.Unit ? Result.Unit->Start : Place->Offset);
  return Result;
}

/// Whether 64 bits at a place are the address of something.
bool ObjectUnits::holdsAddress(const Block &Home, size_t Place) const {
  return any_of(edges(Home, Place, Place + 1), [](const Edge *E) {
    return E->getKind() == x86_64::Pointer64;
  });
}

/// Where what begins at a place without a name ends: where the next thing
/// begins, as far as anything leads there.
size_t ObjectUnits::endOfPlace(const Block &Home, size_t Place) const {
  const auto Found = Blocks.find(&Home);
  if (Found == Blocks.end())
    return Home.getSize();
  const auto Next = llvm::upper_bound(Found->second.Places, Place);
  return Next == Found->second.Places.end() ? Home.getSize() : *Next;
}

} // namespace hotswift
