#include "script_variables.h"

#include "errors.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace llvm::object;

namespace hotswift {
namespace {

/// A section: the object's position and the section's index, which is 0 for
/// what is defined in none.
using Place = std::pair<size_t, uint64_t>;

bool isDefined(Place P) { return P.second != 0; }

/// The objects of a module, as a graph of sections.
class SectionGraph {
public:
  Error add(StringRef Path) {
    auto Opened = ObjectFile::createObjectFile(Path);
    if (!Opened)
      return makeError(ErrorKind::Object,
                       Path + ": " + toString(Opened.takeError()));
    Objects.push_back(std::move(*Opened));
    const size_t Object = Objects.size() - 1;
    const auto *Elf = file(Object);
    if (!Elf)
      return Error::success();
    for (const SectionRef Section : Elf->sections()) {
      auto Patched = Section.getRelocatedSection();
      if (!Patched)
        return Patched.takeError();
      if (*Patched != Elf->section_end())
        Relocations[{Object, (*Patched)->getIndex()}].push_back(Section);
    }
    for (const ELFSymbolRef Symbol : Elf->symbols()) {
      auto Name = Symbol.getName();
      auto Home = homeOf(Object, Symbol);
      if (!Name || !Home)
        return joinErrors(Name.takeError(), Home.takeError());
      if (isDefined(*Home) && Symbol.getBinding() != ELF::STB_LOCAL)
        Definitions.try_emplace(*Name, *Home);
    }
    return Error::success();
  }

  /// Null if it is not ELF.
  const ELFObjectFileBase *file(size_t Object) const {
    return dyn_cast<ELFObjectFileBase>(Objects[Object].getBinary());
  }

  /// Where a symbol is defined.
  Expected<Place> homeOf(size_t Object, const SymbolRef &Symbol) const {
    auto Section = Symbol.getSection();
    if (!Section)
      return Section.takeError();
    const bool IsUndefined = *Section == file(Object)->section_end();
    return Place(Object, IsUndefined ? 0 : (*Section)->getIndex());
  }

  /// Adds what can be reached from \p Waiting to \p Seen.
  Error reach(std::vector<Place> Waiting, DenseSet<Place> &Seen) const {
    while (!Waiting.empty()) {
      const Place From = Waiting.back();
      Waiting.pop_back();
      for (const SectionRef &Section : Relocations.lookup(From))
        for (const RelocationRef Relocation : Section.relocations()) {
          auto Target = targetOf(From.first, *Relocation.getSymbol());
          if (!Target)
            return Target.takeError();
          if (isDefined(*Target) && Seen.insert(*Target).second)
            Waiting.push_back(*Target);
        }
    }
    return Error::success();
  }

private:
  Expected<Place> targetOf(size_t Object, const SymbolRef &Symbol) const {
    if (Symbol == *file(Object)->symbol_end())
      return Place(Object, 0);
    auto Home = homeOf(Object, Symbol);
    if (!Home || isDefined(*Home))
      return Home;
    auto Name = Symbol.getName();
    if (!Name)
      return Name.takeError();
    const auto Elsewhere = Definitions.find(*Name);
    return Elsewhere == Definitions.end() ? *Home : Elsewhere->second;
  }

  std::vector<OwningBinary<ObjectFile>> Objects;
  /// The sections of relocations, by what they patch.
  DenseMap<Place, SmallVector<SectionRef, 1>> Relocations;
  StringMap<Place> Definitions;
};

/// The variables of top-level code: `v` and `p` end the mangled name of a
/// global variable (docs/ABI/Mangling.rst), and none that the compiler could
/// initialise by itself is filled with zeros.
bool isScriptVariable(const ELFSymbolRef &Symbol, StringRef Name,
                      const SectionRef &Home) {
  return Symbol.getELFType() == ELF::STT_OBJECT && Name.starts_with("$s") &&
         Name.ends_with("vp") && Home.isBSS();
}

} // namespace

Expected<std::vector<std::string>>
findReachedScriptVariables(ArrayRef<std::string> Objects, size_t Previewed,
                           size_t Script) {
  SectionGraph Graph;
  for (const std::string &Path : Objects)
    if (Error E = Graph.add(Path))
      return E;
  std::vector<std::string> Reached;
  if (!Graph.file(Previewed) || !Graph.file(Script))
    return Reached;

  std::vector<std::pair<std::string, Place>> Variables;
  DenseSet<Place> Seen;
  for (const ELFSymbolRef Symbol : Graph.file(Script)->symbols()) {
    auto Name = Symbol.getName();
    auto Home = Graph.homeOf(Script, Symbol);
    if (!Name || !Home)
      return joinErrors(Name.takeError(), Home.takeError());
    if (!isDefined(*Home))
      continue;
    // The top-level code itself: it initialises them.
    if (*Name == "main")
      Seen.insert(*Home);
    else if (isScriptVariable(Symbol, *Name, *cantFail(Symbol.getSection())))
      Variables.emplace_back(*Name, *Home);
  }

  std::vector<Place> Roots;
  for (const SectionRef Section : Graph.file(Previewed)->sections()) {
    const bool IsCodeOrData =
        (ELFSectionRef(Section).getFlags() & ELF::SHF_ALLOC) &&
        !Section.isBSS();
    if (const Place Root(Previewed, Section.getIndex());
        IsCodeOrData && Seen.insert(Root).second)
      Roots.push_back(Root);
  }
  if (Error E = Graph.reach(std::move(Roots), Seen))
    return E;
  for (const auto &[Name, Home] : Variables)
    if (Seen.contains(Home))
      Reached.push_back(Name);
  return Reached;
}

} // namespace hotswift
