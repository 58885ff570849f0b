#include "body_changes.h"

#include "errors.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace llvm::jitlink;

namespace hotswift {
namespace {

/// Places without names lead to others: string tables, tables of jumps. None
/// that a compiler emits goes deeper.
constexpr unsigned DeepestPlace = 8;

/// What the Swift runtime reads of every image (MetadataSections.h): entries
/// that are new, gone or different would have to be made known to it.
bool holdsRecords(StringRef Section) {
  return Section.starts_with("swift5_protocol") ||
         Section.starts_with("swift5_type_metadata") ||
         Section.starts_with("swift5_accessible_functions") ||
         Section.starts_with("swift5_replac");
}

/// What runs when an image is loaded, and what each thread has a copy of.
bool isOutOfReach(StringRef Section) {
  return Section.starts_with(".init_array") || Section.starts_with(".ctors") ||
         Section.starts_with(".preinit_array") ||
         Section.starts_with(".tdata") || Section.starts_with(".tbss");
}

/// A variable of the user's: `…vp`, or of a type, `…vpZ`
/// (docs/ABI/Mangling.rst, "entity spec").
bool isUserVariable(StringRef Name) {
  return Name.starts_with("$s") &&
         (Name.ends_with("vp") || Name.ends_with("vpZ"));
}

/// How an asynchronous function is called: the distance to it, 32 bits, and how
/// many bytes it needs, 32 bits (AsyncFunctionPointer in swift/ABI/Task.h).
bool isAsyncFunctionPointer(const ObjectUnit &Unit) {
  return Unit.name().starts_with("$s") && Unit.name().ends_with("Tu") &&
         Unit.size() == 8;
}

/// Of these, objects have copies that mean the same: the compiler calls them
/// what they hold (IRGenMangler.h).
bool isNamedByContents(StringRef Name) {
  return Name.starts_with("symbolic ") ||
         Name.starts_with("generic environment ") ||
         Name.starts_with("associated conformance ");
}

class Comparison {
public:
  Comparison(const ObjectUnits &Former, const ObjectUnits &Present)
      : Former(Former), Present(Present) {}

  Expected<BodyChanges> run() {
    if (Error E = compareSections())
      return E;
    for (const auto &Unit : Present.units())
      if (Error E = compareUnit(*Unit))
        return E;
    for (const auto &Unit : Former.units())
      for (const Symbol *S : Unit->Symbols)
        if (!Present.find(*S->getName()))
          Result.Gone.insert(*S->getName());
    return std::move(Result);
  }

private:
  Error refuse(const Twine &Why) const {
    return makeError(ErrorKind::Link, Present.graph().getName() + ": " + Why);
  }

  static std::vector<Block *> blocksOf(LinkGraph &Graph, StringRef Name) {
    std::vector<Block *> Found;
    for (Section &S : Graph.sections())
      if (S.getName() == Name)
        Found.assign(S.blocks().begin(), S.blocks().end());
    llvm::sort(Found, [](const Block *A, const Block *B) {
      return A->getAddress() < B->getAddress();
    });
    return Found;
  }

  Error compareSections() {
    StringSet<> Names;
    for (LinkGraph *Graph : {&Former.graph(), &Present.graph()})
      for (Section &S : Graph->sections()) {
        if (isOutOfReach(S.getName()))
          return refuse("has " + S.getName());
        if (holdsRecords(S.getName()))
          Names.insert(S.getName());
      }
    for (const auto &Name : Names.keys()) {
      const auto Before = blocksOf(Former.graph(), Name);
      const auto Now = blocksOf(Present.graph(), Name);
      const bool IsSame =
          Before.size() == Now.size() &&
          all_of(zip(Before, Now), [&](auto Pair) {
            auto [Old, New] = Pair;
            return areSame(*Old, 0, Old->getSize(), *New, 0, New->getSize(), 0);
          });
      if (!IsSame)
        return refuse("types, protocols or conformances are new or gone");
    }
    return Error::success();
  }

  Error compareUnit(const ObjectUnit &Unit) {
    const ObjectUnit *Before = Former.find(Unit.name());
    for (const Symbol *S : Unit.Symbols)
      if (Former.find(*S->getName()) != Before)
        return refuse(*S->getName() + " belongs to something else now");
    if (!Before)
      return Error::success();
    if (Before->isFunction() != Unit.isFunction())
      return refuse(Unit.name() + " is something else now");
    if (areSame(*Before->Home, Before->Start, Before->End, *Unit.Home,
                Unit.Start, Unit.End, 0)) {
      for (const Symbol *S : Unit.Symbols)
        Result.Same.insert(*S->getName());
      return Error::success();
    }
    if (isNamedByContents(Unit.name()))
      return Error::success();
    if (!Unit.isFunction())
      return compareValue(*Before, Unit);
    Result.Functions.push_back(Unit.name().str());
    return Error::success();
  }

  Error compareValue(const ObjectUnit &Before, const ObjectUnit &Unit) {
    if (Before.size() != Unit.size() || Unit.isWeak() ||
        Before.Home->isZeroFill() != Unit.Home->isZeroFill())
      return refuse(Unit.name() + " differs");
    const auto Bytes = [](const ObjectUnit &Of, size_t From, size_t Length) {
      return Of.Home->isZeroFill()
                 ? std::string(Length, '\0')
                 : std::string(Of.Home->getContent().data() + Of.Start + From,
                               Length);
    };
    if (isAsyncFunctionPointer(Unit) &&
        Bytes(Before, 0, 4) == Bytes(Unit, 0, 4) &&
        haveSameEdges(*Before.Home, Before.Start, Before.End, *Unit.Home,
                      Unit.Start, Unit.End, 0)) {
      Result.Values.push_back({Unit.name().str(), 4, Bytes(Unit, 4, 4)});
      return Error::success();
    }
    const bool IsPlain =
        Former.edges(*Before.Home, Before.Start, Before.End).empty() &&
        Present.edges(*Unit.Home, Unit.Start, Unit.End).empty();
    if (!isUserVariable(Unit.name()) || !IsPlain)
      return refuse(Unit.name() + " differs");
    Result.Values.push_back(
        {Unit.name().str(), 0, Bytes(Unit, 0, Unit.size())});
    return Error::success();
  }

  /// Whether two ranges hold the same bytes, and lead to the same.
  bool areSame(const Block &Old, size_t OldStart, size_t OldEnd,
               const Block &New, size_t NewStart, size_t NewEnd,
               unsigned Depth) const {
    if (OldEnd - OldStart != NewEnd - NewStart ||
        Old.isZeroFill() != New.isZeroFill())
      return false;
    if (Old.isZeroFill())
      return true;
    return Old.getContent().slice(OldStart, OldEnd - OldStart) ==
               New.getContent().slice(NewStart, NewEnd - NewStart) &&
           haveSameEdges(Old, OldStart, OldEnd, New, NewStart, NewEnd, Depth);
  }

  bool haveSameEdges(const Block &Old, size_t OldStart, size_t OldEnd,
                     const Block &New, size_t NewStart, size_t NewEnd,
                     unsigned Depth) const {
    const auto Before = Former.edges(Old, OldStart, OldEnd);
    const auto Now = Present.edges(New, NewStart, NewEnd);
    return Before.size() == Now.size() &&
           all_of(zip(Before, Now), [&](auto Pair) {
             auto [A, B] = Pair;
             return A->getOffset() - OldStart == B->getOffset() - NewStart &&
                    A->getKind() == B->getKind() &&
                    leadToTheSame(Old, *A, New, *B, Depth);
           });
  }

  bool leadToTheSame(const Block &Old, const Edge &A, const Block &New,
                     const Edge &B, unsigned Depth) const {
    const auto Before = Former.resolve(Old, A);
    const auto Now = Present.resolve(New, B);
    if (!Before || !Now || Before->Addend != Now->Addend)
      return false;
    if (Before->External || Now->External)
      return Before->External && Now->External &&
             *Before->External->getName() == *Now->External->getName();
    if (Before->Unit || Now->Unit)
      return Before->Unit && Now->Unit &&
             Before->Unit->name() == Now->Unit->name();
    return Depth < DeepestPlace &&
           areSame(*Before->Home, Before->Place, Before->PlaceEnd, *Now->Home,
                   Now->Place, Now->PlaceEnd, Depth + 1);
  }

  const ObjectUnits &Former;
  const ObjectUnits &Present;
  BodyChanges Result;
};

} // namespace

Expected<BodyChanges> compareBodies(const ObjectUnits &Former,
                                    const ObjectUnits &Present) {
  return Comparison(Former, Present).run();
}

} // namespace hotswift
