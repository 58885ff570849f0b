#include "script_variables.h"

#include "errors.h"
#include "preview_interface.h"

#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

#include <map>
#include <set>

using namespace llvm;
using namespace llvm::object;

namespace hotswift {
namespace {

/// A byte of a module's objects.
struct Place {
  size_t Object;
  /// 0 for what no section of the object defines.
  uint64_t Section;
  uint64_t Offset;

  bool isDefined() const { return Section != 0; }
  bool operator<(const Place &Other) const {
    return std::tie(Object, Section, Offset) <
           std::tie(Other.Object, Other.Section, Other.Offset);
  }
};

/// A symbol's own bytes: from where it starts to where the next one does. Named
/// by its start.
using Atom = Place;

struct Reference {
  Place From;
  Place To;
  /// Of what the object does not define.
  std::string Name;
};

/// Tables that the runtime looks through, and no code: they hold everything
/// that a file defines.
bool isReflection(StringRef SectionName) {
  return SectionName.starts_with("swift5_");
}

/// What the objects of a module refer to.
class References {
public:
  Error add(StringRef Path) {
    auto Opened = ObjectFile::createObjectFile(Path);
    if (!Opened)
      return makeError(ErrorKind::Object,
                       Path + ": " + toString(Opened.takeError()));
    Objects.push_back(std::move(*Opened));
    if (!isa<ELFObjectFileBase>(Objects.back().getBinary()))
      return Error::success();
    if (Error E = addSymbols(Objects.size() - 1))
      return E;
    return addReferences(Objects.size() - 1);
  }

  auto symbolsOf(size_t Object) const {
    return cast<ELFObjectFileBase>(Objects[Object].getBinary())->symbols();
  }
  bool isElf(size_t Object) const {
    return isa<ELFObjectFileBase>(Objects[Object].getBinary());
  }

  /// Where a symbol is defined, if it is.
  static Expected<Place> placeOf(size_t Object, const SymbolRef &Symbol) {
    auto Section = Symbol.getSection();
    if (!Section)
      return Section.takeError();
    if (*Section == Symbol.getObject()->section_end())
      return Place{Object, 0, 0};
    auto Offset = Symbol.getValue();
    if (!Offset)
      return Offset.takeError();
    return Place{Object, (*Section)->getIndex(), *Offset};
  }

  /// Where any of the objects defines a symbol that others see.
  Place definitionOf(StringRef Name) const {
    auto Found = Definitions.find(Name.str());
    return Found == Definitions.end() ? Place{0, 0, 0} : Found->second;
  }

  Atom atomOf(Place P) const {
    auto After = Starts.upper_bound(P);
    if (After == Starts.begin())
      return {P.Object, P.Section, 0};
    const Place &Start = *std::prev(After);
    const bool IsBefore =
        Start.Object == P.Object && Start.Section == P.Section;
    return IsBefore ? Start : Atom{P.Object, P.Section, 0};
  }

  /// The atoms of an object that refer to a symbol of another one: directly, or
  /// through a slot that holds its address and has no name of its own.
  std::set<Atom> referrersTo(StringRef Name, size_t Object) const {
    std::set<Place> Slots;
    for (const Reference &R : All)
      if (R.From.Object == Object && R.Name == Name)
        Slots.insert(R.From);
    std::set<Atom> Found;
    for (const Reference &R : All)
      if (R.To.isDefined() && Slots.count(withoutFlags(R.To)))
        Found.insert(atomOf(R.From));
    if (Found.empty())
      for (const Place &Slot : Slots)
        Found.insert(atomOf(Slot));
    return Found;
  }

  /// All that can be reached from some atoms, and those themselves.
  std::set<Atom> reachableFrom(std::set<Atom> Seen) const {
    std::multimap<Atom, Atom> Edges;
    for (const Reference &R : All)
      if (const Place To = R.To.isDefined() ? R.To : definitionOf(R.Name);
          To.isDefined())
        Edges.emplace(atomOf(R.From), atomOf(To));
    std::vector<Atom> Waiting(Seen.begin(), Seen.end());
    while (!Waiting.empty()) {
      auto [Begin, End] = Edges.equal_range(Waiting.back());
      Waiting.pop_back();
      for (auto Edge = Begin; Edge != End; ++Edge)
        if (Seen.insert(Edge->second).second)
          Waiting.push_back(Edge->second);
    }
    return Seen;
  }

private:
  /// The lowest bits of a relative pointer say what it leads to
  /// (RelativePointer.h).
  static Place withoutFlags(Place P) {
    P.Offset &= ~uint64_t(3);
    return P;
  }

  Error addSymbols(size_t Object) {
    for (const ELFSymbolRef Symbol : symbolsOf(Object)) {
      auto Name = Symbol.getName();
      auto Home = placeOf(Object, Symbol);
      if (!Name || !Home)
        return joinErrors(Name.takeError(), Home.takeError());
      if (!Home->isDefined() || Symbol.getELFType() == ELF::STT_SECTION)
        continue;
      Starts.insert(*Home);
      if (Symbol.getBinding() != ELF::STB_LOCAL)
        Definitions.try_emplace(Name->str(), *Home);
    }
    return Error::success();
  }

  Error addReferences(size_t Object) {
    for (const ELFSectionRef Section :
         cast<ELFObjectFileBase>(Objects[Object].getBinary())->sections()) {
      auto Patched = Section.getRelocatedSection();
      if (!Patched)
        return Patched.takeError();
      if (*Patched == Section.getObject()->section_end())
        continue;
      auto Name = (*Patched)->getName();
      if (!Name)
        return Name.takeError();
      if (isReflection(*Name) ||
          !(ELFSectionRef(**Patched).getFlags() & ELF::SHF_ALLOC))
        continue;
      for (const ELFRelocationRef Relocation : Section.relocations())
        if (Error E = addReference(Object, **Patched, Relocation))
          return E;
    }
    return Error::success();
  }

  Error addReference(size_t Object, const SectionRef &Patched,
                     const ELFRelocationRef &Relocation) {
    const ELFSymbolRef Symbol = *Relocation.getSymbol();
    if (Symbol == *Symbol.getObject()->symbol_end())
      return Error::success();
    auto Name = Symbol.getName();
    auto Addend = Relocation.getAddend();
    auto To = placeOf(Object, Symbol);
    if (!Name || !Addend || !To)
      return joinErrors(joinErrors(Name.takeError(), Addend.takeError()),
                        To.takeError());
    if (To->isDefined() && Symbol.getELFType() == ELF::STT_SECTION)
      // An instruction counts from its end, a relative pointer from itself.
      To->Offset += *Addend + (Patched.isText() ? 4 : 0);
    All.push_back({{Object, Patched.getIndex(), Relocation.getOffset()},
                   *To,
                   To->isDefined() ? std::string() : Name->str()});
    return Error::success();
  }

  std::vector<OwningBinary<ObjectFile>> Objects;
  std::set<Place> Starts;
  std::map<std::string, Place> Definitions;
  std::vector<Reference> All;
};

Expected<References> readAll(ArrayRef<std::string> Objects) {
  References Read;
  for (const std::string &Path : Objects)
    if (Error E = Read.add(Path))
      return E;
  return Read;
}

/// The variables of top-level code: `v` and `p` end the mangled name of a
/// global variable (docs/ABI/Mangling.rst), and none that the compiler could
/// initialise by itself is filled with zeros.
bool isScriptVariable(const ELFSymbolRef &Symbol, StringRef Name,
                      const SectionRef &Home) {
  return Symbol.getELFType() == ELF::STT_OBJECT && Name.starts_with("$s") &&
         Name.ends_with("vp") && Home.isBSS();
}

Expected<std::vector<std::string>> variablesIn(const References &Read,
                                               size_t Script,
                                               const std::set<Atom> &Reached) {
  std::vector<std::string> Found;
  for (const ELFSymbolRef Symbol : Read.symbolsOf(Script)) {
    auto Name = Symbol.getName();
    auto Section = Symbol.getSection();
    auto Home = References::placeOf(Script, Symbol);
    if (!Name || !Section || !Home)
      return joinErrors(joinErrors(Name.takeError(), Section.takeError()),
                        Home.takeError());
    if (Home->isDefined() && isScriptVariable(Symbol, *Name, **Section) &&
        Reached.count(*Home))
      Found.push_back(Name->str());
  }
  return Found;
}

} // namespace

Expected<std::vector<std::string>>
findScriptVariablesOfPreviews(ArrayRef<std::string> Objects, size_t Script,
                              size_t Previewed) {
  auto Read = readAll(Objects);
  if (!Read)
    return Read.takeError();
  if (!Read->isElf(Script))
    return std::vector<std::string>();
  const auto Roots = Read->referrersTo(ProviderProtocol, Previewed);
  return variablesIn(*Read, Script, Read->reachableFrom(Roots));
}

Expected<std::vector<std::string>>
findScriptVariablesOfFunction(ArrayRef<std::string> Objects, size_t Script,
                              StringRef Function) {
  auto Read = readAll(Objects);
  if (!Read)
    return Read.takeError();
  const Place Root = Read->definitionOf(Function);
  if (!Root.isDefined() || !Read->isElf(Script))
    return std::vector<std::string>();
  return variablesIn(*Read, Script, Read->reachableFrom({Read->atomOf(Root)}));
}

} // namespace hotswift
