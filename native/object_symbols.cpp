#include "object_symbols.h"

#include "errors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/Endian.h"

#include <map>

using namespace llvm;
using object::ELF64LE;
using ElfFile = object::ELFFile<ELF64LE>;
using Section = ELF64LE::Shdr;
using Symbol = ELF64LE::Sym;
using Relocation = ELF64LE::Rela;

namespace hotswift {
namespace {

class SymbolReader {
public:
  SymbolReader(const ElfFile &File, StringRef Name) : File(File), Name(Name) {}

  Error run();

  ObjectSymbols takeResult() { return std::move(Result); }

private:
  using SortedRelocations = std::vector<const Relocation *>;

  Error refuse(const Twine &Why) const {
    return makeError(ErrorKind::Object, Name + ": " + Why);
  }
  Error refuse(Error Why) const { return refuse(toString(std::move(Why))); }

  Error openSymbols();
  Error addSymbol(const Symbol &S);
  Expected<StringRef> nameOf(const Symbol &S) const;
  Error addConformances();

  Expected<const SortedRelocations *> relocationsOf(uint32_t Patched);
  Expected<const Symbol *> referenceAt(uint32_t Home, uint64_t Offset,
                                       int64_t &Addend);
  Expected<uint64_t> targetOf(uint32_t Home, uint64_t Offset) const;
  Expected<StringRef> descriptorAt(uint32_t Home, uint64_t Offset);

  ElfFile File;
  StringRef Name;
  ArrayRef<Section> Sections;
  ArrayRef<Symbol> Symbols;
  const Section *Table = nullptr;
  StringRef Names;
  /// Of the sections that conformances lie in or lead to.
  std::map<uint32_t, SortedRelocations> Relocations;
  /// Of the types and protocols that others can see, by section and offset.
  std::map<std::pair<uint32_t, uint64_t>, StringRef> Descriptors;
  std::vector<std::pair<const Symbol *, StringRef>> Conformances;
  ObjectSymbols Result;
};

bool isInSection(const Symbol &S) {
  return S.st_shndx != ELF::SHN_UNDEF && S.st_shndx < ELF::SHN_LORESERVE;
}

Error SymbolReader::openSymbols() {
  auto All = File.sections();
  if (!All)
    return refuse(All.takeError());
  Sections = *All;
  if (Sections.empty())
    return refuse("has no section table");
  for (const Section &S : Sections) {
    if (S.sh_type != ELF::SHT_SYMTAB)
      continue;
    if (Table)
      return refuse("has two symbol tables");
    Table = &S;
  }
  if (!Table)
    return Error::success();
  auto Entries = File.symbols(Table);
  if (!Entries)
    return refuse(Entries.takeError());
  Symbols = *Entries;
  auto Texts = File.getStringTableForSymtab(*Table, Sections);
  if (!Texts)
    return refuse(Texts.takeError());
  Names = *Texts;
  return Error::success();
}

Expected<StringRef> SymbolReader::nameOf(const Symbol &S) const {
  auto Text = S.getName(Names);
  if (!Text)
    return refuse(Text.takeError());
  return *Text;
}

Error SymbolReader::addSymbol(const Symbol &S) {
  if (S.getType() == ELF::STT_SECTION || S.getType() == ELF::STT_FILE)
    return Error::success();
  if (S.st_shndx == ELF::SHN_XINDEX)
    return refuse("has more than 65,279 sections");
  if (isInSection(S) && S.st_shndx >= Sections.size())
    return refuse("has a symbol in a section it does not have");
  auto Text = nameOf(S);
  if (!Text)
    return Text.takeError();
  if (Text->empty())
    return Error::success();
  const bool IsSwift = isInSection(S) && Text->starts_with("$s");
  // Those of imported types are in every object that uses them, all alike.
  if (IsSwift && Text->ends_with("Mc") && S.getBinding() != ELF::STB_WEAK)
    Conformances.emplace_back(&S, *Text);
  if (S.getBinding() == ELF::STB_LOCAL)
    return Error::success();
  if (IsSwift && (Text->ends_with("Mn") || Text->ends_with("Mp")))
    Descriptors.try_emplace({S.st_shndx, S.st_value}, *Text);
  if (S.st_shndx == ELF::SHN_UNDEF)
    Result.Undefined.push_back(*Text);
  else
    Result.Defined.push_back({*Text,
                              S.getVisibility() == ELF::STV_HIDDEN ||
                                  S.getVisibility() == ELF::STV_INTERNAL,
                              S.getBinding() == ELF::STB_WEAK});
  return Error::success();
}

/// `TargetProtocolConformanceDescriptor` (swift/ABI/Metadata.h) begins with
/// relative references to the protocol's and to the type's descriptor.
Error SymbolReader::addConformances() {
  for (const auto &[Descriptor, Name] : Conformances) {
    auto Protocol = descriptorAt(Descriptor->st_shndx, Descriptor->st_value);
    if (!Protocol)
      return Protocol.takeError();
    auto Type = descriptorAt(Descriptor->st_shndx, Descriptor->st_value + 4);
    if (!Type)
      return Type.takeError();
    Result.Conformances.push_back({Name, *Protocol, *Type});
  }
  return Error::success();
}

Expected<const SymbolReader::SortedRelocations *>
SymbolReader::relocationsOf(uint32_t Patched) {
  auto [Known, IsNew] = Relocations.try_emplace(Patched);
  SortedRelocations &Sorted = Known->second;
  if (!IsNew)
    return &Sorted;
  for (const Section &S : Sections) {
    if (S.sh_type != ELF::SHT_RELA || S.sh_info != Patched)
      continue;
    if (S.sh_link >= Sections.size() || &Sections[S.sh_link] != Table)
      return refuse("has relocations without a symbol table");
    auto Entries = File.relas(S);
    if (!Entries)
      return refuse(Entries.takeError());
    Sorted.reserve(Sorted.size() + Entries->size());
    for (const Relocation &R : *Entries)
      Sorted.push_back(&R);
  }
  const auto ByOffset = [](const Relocation *A, const Relocation *B) {
    return A->r_offset < B->r_offset;
  };
  if (!llvm::is_sorted(Sorted, ByOffset))
    llvm::sort(Sorted, ByOffset);
  return &Sorted;
}

/// The symbol that a field of the object refers to, null if none.
Expected<const Symbol *>
SymbolReader::referenceAt(uint32_t Home, uint64_t Offset, int64_t &Addend) {
  auto Sorted = relocationsOf(Home);
  if (!Sorted)
    return Sorted.takeError();
  const auto Found =
      llvm::lower_bound(**Sorted, Offset, [](const Relocation *R, uint64_t At) {
        return R->r_offset < At;
      });
  if (Found == (*Sorted)->end() || (*Found)->r_offset != Offset)
    return nullptr;
  const uint32_t Index = (*Found)->getSymbol(/*isMips64EL=*/false);
  if (Index >= Symbols.size())
    return refuse("has a relocation to a symbol it does not have");
  Addend = (*Found)->r_addend;
  return &Symbols[Index];
}

/// Where a field that no relocation patches leads: the assembler has written
/// the distance to what lies in the same section.
Expected<uint64_t> SymbolReader::targetOf(uint32_t Home,
                                          uint64_t Offset) const {
  auto Contents = File.getSectionContents(Sections[Home]);
  if (!Contents)
    return refuse(Contents.takeError());
  if (Contents->size() < sizeof(int32_t) ||
      Offset > Contents->size() - sizeof(int32_t))
    return refuse("has a conformance outside of its section");
  return Offset + static_cast<uint64_t>(int64_t(static_cast<int32_t>(
                      support::endian::read32le(Contents->data() + Offset))));
}

/// The name of the descriptor that a relative reference leads to: directly, or
/// through a slot that holds the descriptor's address. The compiler gives such
/// slots no symbols that reach the object: they are places in a section. A
/// descriptor begins with its flags, so where there is a relocation at the
/// start of the target, it is a slot.
Expected<StringRef> SymbolReader::descriptorAt(uint32_t Home, uint64_t Offset) {
  int64_t Addend = 0;
  auto Target = referenceAt(Home, Offset, Addend);
  if (!Target)
    return Target.takeError();
  if (*Target && !isInSection(**Target))
    return nameOf(**Target);
  if (*Target) {
    Home = (*Target)->st_shndx;
    Offset = (*Target)->st_value + static_cast<uint64_t>(Addend);
  } else if (Error E = targetOf(Home, Offset).moveInto(Offset)) {
    return E;
  }
  // The lowest bits say what the reference leads to (RelativePointer.h).
  Offset &= ~uint64_t(3);
  auto Slot = referenceAt(Home, Offset, Addend);
  if (!Slot)
    return Slot.takeError();
  if (*Slot && !isInSection(**Slot))
    return nameOf(**Slot);
  if (*Slot) {
    Home = (*Slot)->st_shndx;
    Offset = (*Slot)->st_value + static_cast<uint64_t>(Addend);
  }
  const auto Found = Descriptors.find({Home, Offset});
  return Found == Descriptors.end() ? StringRef() : Found->second;
}

Error SymbolReader::run() {
  if (Error E = openSymbols())
    return E;
  for (const Symbol &S : Symbols)
    if (Error E = addSymbol(S))
      return E;
  return addConformances();
}

} // namespace

Expected<ObjectSymbols> readObjectSymbols(MemoryBufferRef Object) {
  const StringRef Name = Object.getBufferIdentifier();
  const StringRef Bytes = Object.getBuffer();
  const auto Refuse = [&](const Twine &Why) {
    return makeError(ErrorKind::Object, Name + ": " + Why);
  };
  if (!Bytes.starts_with("\177ELF"))
    return Refuse("is not an object file");
  auto File = ElfFile::create(Bytes);
  if (!File)
    return Refuse(toString(File.takeError()));
  const auto &Header = File->getHeader();
  if (Header.e_ident[ELF::EI_CLASS] != ELF::ELFCLASS64 ||
      Header.e_ident[ELF::EI_DATA] != ELF::ELFDATA2LSB)
    return Refuse("is not a 64-bit little-endian object");
  if (Header.e_type != ELF::ET_REL)
    return Refuse("is not a relocatable object file");
  SymbolReader Reader(*File, Name);
  if (Error E = Reader.run())
    return E;
  return Reader.takeResult();
}

} // namespace hotswift
