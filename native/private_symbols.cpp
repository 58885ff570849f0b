#include "private_symbols.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Object/ELF.h"

using namespace llvm;
using object::ELF64LE;
using ElfFile = object::ELFFile<ELF64LE>;
using Section = ELF64LE::Shdr;
using Symbol = ELF64LE::Sym;

namespace hotswift {
namespace {

/// `SHF_GNU_RETAIN` of the GNU gABI: a linker keeps the section though nothing
/// refers to it. Swift says so of all of its functions.
constexpr uint64_t Retain = 0x200000;

/// Where compilers put what programs do not look for by section.
constexpr StringLiteral OrdinarySections[] = {".text", ".rodata", ".data",
                                              ".bss",  ".tdata",  ".tbss"};

/// Whether only objects of its image find a symbol by its name.
bool isImagePrivate(const Symbol &S, StringRef Name) {
  // Names that Swift mangles, and its descriptions ("symbolic _____ 3App").
  if (Name.starts_with("$s") || Name.contains(' '))
    return true;
  return S.getBinding() == ELF::STB_WEAK &&
         S.getVisibility() == ELF::STV_HIDDEN;
}

bool isGlobal(const Symbol &S) { return S.getBinding() != ELF::STB_LOCAL; }

/// The symbols of an object, which prepareObject has checked.
class ObjectNames {
public:
  explicit ObjectNames(MutableArrayRef<char> Bytes)
      : File(cantFail(ElfFile::create(StringRef(Bytes.data(), Bytes.size())))),
        Sections(cantFail(File.sections())),
        SectionNames(cantFail(File.getSectionStringTable(Sections))) {}

  /// Calls \p Visit with each global symbol and its name.
  template <typename Visitor> void forEach(Visitor Visit) const {
    for (const Section &Table : Sections) {
      if (Table.sh_type != ELF::SHT_SYMTAB)
        continue;
      const StringRef Names =
          cantFail(File.getStringTableForSymtab(Table, Sections));
      for (const Symbol &S : cantFail(File.symbols(&Table)))
        if (isGlobal(S) && S.st_name < Names.size())
          Visit(S, StringRef(Names.data() + S.st_name));
    }
  }

  bool isInOrdinarySection(const Symbol &S) const {
    return S.st_shndx != ELF::SHN_UNDEF && S.st_shndx < Sections.size() &&
           isOrdinary(Sections[S.st_shndx]);
  }

  /// Calls \p Visit with each ordinary section.
  template <typename Visitor> void forEachOrdinarySection(Visitor Visit) const {
    for (const Section &S : Sections)
      if (isOrdinary(S))
        Visit(S);
  }

private:
  bool isOrdinary(const Section &S) const {
    StringRef Name = cantFail(File.getSectionName(S, SectionNames));
    return any_of(OrdinarySections, [&](StringRef Ordinary) {
      return Name.consume_front(Ordinary) && (Name.empty() || Name[0] == '.');
    });
  }

  ElfFile File;
  ArrayRef<Section> Sections;
  StringRef SectionNames;
};

} // namespace

void makeSymbolsPrivate(ArrayRef<MutableArrayRef<char>> Objects) {
  std::vector<ObjectNames> Files;
  for (MutableArrayRef<char> Bytes : Objects)
    if (StringRef(Bytes.data(), Bytes.size()).starts_with("\177ELF"))
      Files.emplace_back(Bytes);

  constexpr size_t Several = -1;
  // The object that mentions a name, or that several do.
  StringMap<size_t> Mentions;
  for (auto [Index, File] : enumerate(Files))
    File.forEach([&, Index = Index](const Symbol &, StringRef Name) {
      const auto [Known, IsNew] = Mentions.try_emplace(Name, Index);
      if (!IsNew && Known->second != Index)
        Known->second = Several;
    });

  // The bytes are the caller's to change; LLVM's readers only hand out const.
  for (const ObjectNames &File : Files) {
    File.forEach([&](const Symbol &S, StringRef Name) {
      if (isImagePrivate(S, Name) && File.isInOrdinarySection(S) &&
          Mentions.lookup(Name) != Several)
        const_cast<Symbol &>(S).setBinding(ELF::STB_LOCAL);
    });
    File.forEachOrdinarySection(
        [](const Section &S) { const_cast<Section &>(S).sh_flags &= ~Retain; });
  }
}

} // namespace hotswift
