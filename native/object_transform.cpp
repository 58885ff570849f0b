#include "object_transform.h"

#include "errors.h"
#include "local_dynamic_tls.h"
#include "unwind_information.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace llvm;
using object::ELF64LE;
using ElfFile = object::ELFFile<ELF64LE>;
using Section = ELF64LE::Shdr;
using Symbol = ELF64LE::Sym;

namespace hotswift {
namespace {

/// No compiler asks for more than a page; an absurd alignment would exhaust
/// memory in the linker.
constexpr uint64_t MaxAlignment = 1 << 16;
/// Upper bound of one zero-filled section, for the same reason.
constexpr uint64_t MaxZeroFill = uint64_t(1) << 30;

constexpr uint64_t PermissionFlags =
    ELF::SHF_ALLOC | ELF::SHF_WRITE | ELF::SHF_EXECINSTR | ELF::SHF_TLS;

/// How many bytes a relocation patches: the linker does not check.
uint64_t patchedSize(const Triple &Target, uint32_t Type) {
  if (Target.isAArch64()) {
    switch (Type) {
    case ELF::R_AARCH64_NONE:
      return 0;
    case ELF::R_AARCH64_ABS16:
    case ELF::R_AARCH64_PREL16:
      return 2;
    case ELF::R_AARCH64_ABS64:
    case ELF::R_AARCH64_PREL64:
      return 8;
    default:
      return 4;
    }
  }
  switch (Type) {
  case ELF::R_X86_64_NONE:
    return 0;
  case ELF::R_X86_64_8:
  case ELF::R_X86_64_PC8:
    return 1;
  case ELF::R_X86_64_16:
  case ELF::R_X86_64_PC16:
    return 2;
  case ELF::R_X86_64_64:
  case ELF::R_X86_64_PC64:
  case ELF::R_X86_64_GOT64:
  case ELF::R_X86_64_GOTOFF64:
  case ELF::R_X86_64_GOTPC64:
  case ELF::R_X86_64_GOTPCREL64:
  case ELF::R_X86_64_GOTPLT64:
  case ELF::R_X86_64_PLTOFF64:
  case ELF::R_X86_64_SIZE64:
  case ELF::R_X86_64_DTPMOD64:
  case ELF::R_X86_64_DTPOFF64:
  case ELF::R_X86_64_TPOFF64:
    return 8;
  default:
    return 4;
  }
}

/// How many bytes in front of a relocation are the instruction that the linker
/// may rewrite for it.
uint64_t relaxedSize(const Triple &Target, uint32_t Type) {
  if (Target.isAArch64())
    return 0;
  if (Type == ELF::R_X86_64_REX_GOTPCRELX)
    return 3;
  return Type == ELF::R_X86_64_GOTPCRELX ? 2 : 0;
}

class ElfTransform {
public:
  ElfTransform(MutableArrayRef<char> Bytes, StringRef Name,
               const Triple &Target, DebugSections Debug)
      : Bytes(Bytes), Name(Name), Target(Target), Debug(Debug) {}

  Error run();

  /// The names that replace the object's section name table; empty if no
  /// section was renamed. To be appended at the end of the file.
  const std::string &newNames() const { return NewNames; }
  const std::vector<std::string> &autolinkFlags() const { return Autolink; }

private:
  Error refuse(const Twine &Why) const {
    return makeError(ErrorKind::Object, Name + ": " + Why);
  }
  Error checkHeader() const;
  Error checkOverlaps() const;
  Error checkSection(const ElfFile &File, const Section &S) const;
  Error checkRelocations(const ElfFile &File, const Section &S) const;
  Error checkUnwindInformation(const ElfFile &File, const Section &S) const;
  Error mendSymbols(const ElfFile &File, const Section &Table);
  Error rewriteThreadLocals(const ElfFile &File, const Section &S);
  void dropDebugSection(const Section &S);
  void orderSections();
  Error renameSections(const ElfFile &File);
  Error readAutolink(const ElfFile &File, const Section &S);

  /// The section that holds the names of all of them; the null section if none
  /// does.
  const Section &nameSection(const ElfFile &File) const {
    const uint32_t Index = File.getHeader().e_shstrndx;
    return Sections[Index == ELF::SHN_XINDEX ? Sections[0].sh_link : Index];
  }

  /// The file is a private, writable copy; LLVM's readers only hand out const.
  template <typename T> T &writable(const T &Value) const {
    return const_cast<T &>(Value);
  }

  MutableArrayRef<char> Bytes;
  StringRef Name;
  const Triple &Target;
  const DebugSections Debug;
  ArrayRef<Section> Sections;
  std::string NewNames;
  std::vector<std::string> Autolink;
};

uint16_t machineOf(const Triple &Target) {
  return Target.isAArch64() ? uint16_t(ELF::EM_AARCH64)
                            : uint16_t(ELF::EM_X86_64);
}

Error ElfTransform::checkHeader() const {
  if (Bytes.size() < sizeof(ELF::Elf64_Ehdr))
    return refuse("is truncated");
  const auto &Header = *reinterpret_cast<const ELF64LE::Ehdr *>(Bytes.data());
  if (Header.e_ident[ELF::EI_CLASS] != ELF::ELFCLASS64 ||
      Header.e_ident[ELF::EI_DATA] != ELF::ELFDATA2LSB)
    return refuse("is not a 64-bit little-endian object");
  if (Header.e_machine != machineOf(Target))
    return refuse("was compiled for another architecture, this process is " +
                  Target.getArchName());
  if (Header.e_type != ELF::ET_REL)
    return refuse("is not a relocatable object file (an executable or a shared "
                  "library cannot be linked again)");
  if (Header.e_shentsize != sizeof(Section) || Header.e_shoff == 0)
    return refuse("has no section table");
  if (Header.e_shoff % alignof(ELF::Elf64_Shdr) != 0)
    return refuse("has a misaligned section table");
  return Error::success();
}

/// Symbols and section headers are written to after the rest was checked:
/// nothing else may lie there.
Error ElfTransform::checkOverlaps() const {
  using Range = std::pair<uint64_t, uint64_t>;
  const auto &Header = *reinterpret_cast<const ELF64LE::Ehdr *>(Bytes.data());
  SmallVector<Range> Ranges{
      {0, sizeof(Header)},
      {Header.e_shoff, Header.e_shoff + Sections.size() * sizeof(Section)}};
  for (const Section &S : Sections)
    if (S.sh_type != ELF::SHT_NOBITS && S.sh_type != ELF::SHT_NULL &&
        S.sh_size > 0)
      Ranges.emplace_back(S.sh_offset, S.sh_offset + S.sh_size);
  llvm::sort(Ranges);
  for (auto [Before, After] : zip(Ranges, drop_begin(Ranges)))
    if (Before.second > After.first)
      return refuse("has sections that overlap each other");
  return Error::success();
}

Error ElfTransform::checkSection(const ElfFile &File, const Section &S) const {
  if (S.sh_addralign > MaxAlignment ||
      (S.sh_addralign != 0 && !isPowerOf2_64(S.sh_addralign)))
    return refuse("has a section with an impossible alignment");
  if (S.sh_type == ELF::SHT_NOBITS) {
    // JITLink copies the contents of what is not loaded.
    if (!(S.sh_flags & ELF::SHF_ALLOC))
      return refuse("has a zero-filled section that is not loaded");
    return S.sh_size > MaxZeroFill ? refuse("has an impossibly large section")
                                   : Error::success();
  }
  if (S.sh_type == ELF::SHT_NULL)
    return Error::success();
  if (S.sh_offset > Bytes.size() || S.sh_size > Bytes.size() - S.sh_offset)
    return refuse("is truncated: a section lies past its end");
  if (S.sh_link >= Sections.size())
    return refuse("has a section that refers to a section it does not have");
  if (S.sh_type == ELF::SHT_RELA || S.sh_type == ELF::SHT_REL)
    return checkRelocations(File, S);
  return Error::success();
}

Error ElfTransform::checkRelocations(const ElfFile &File,
                                     const Section &S) const {
  if (S.sh_type == ELF::SHT_REL)
    return refuse("has relocations without addends, which neither x86-64 nor "
                  "AArch64 uses");
  if (S.sh_info == 0 || S.sh_info >= Sections.size())
    return refuse("has relocations of a section it does not have");
  const Section &Patched = Sections[S.sh_info];
  const Section &Table = Sections[S.sh_link];
  if (Table.sh_type != ELF::SHT_SYMTAB)
    return refuse("has relocations without a symbol table");
  auto Relocations = File.relas(S);
  if (!Relocations)
    return refuse(toString(Relocations.takeError()));
  if (Patched.sh_type == ELF::SHT_NOBITS && !Relocations->empty())
    return refuse("has relocations of a section without contents");
  const uint64_t SymbolCount = Table.sh_size / sizeof(Symbol);
  for (const auto &Relocation : *Relocations) {
    const uint32_t Type = Relocation.getType(/*isMips64EL=*/false);
    if (Relocation.r_offset > Patched.sh_size ||
        Patched.sh_size - Relocation.r_offset < patchedSize(Target, Type) ||
        Relocation.r_offset < relaxedSize(Target, Type))
      return refuse("has a relocation outside of its section");
    if (Relocation.getSymbol(/*isMips64EL=*/false) >= SymbolCount)
      return refuse("has a relocation to a symbol it does not have");
  }
  return Error::success();
}

Error ElfTransform::checkUnwindInformation(const ElfFile &File,
                                           const Section &S) const {
  if (!(S.sh_flags & ELF::SHF_ALLOC))
    return refuse("has unwind information that is not loaded");
  auto Contents = File.getSectionContents(S);
  if (!Contents)
    return refuse(toString(Contents.takeError()));
  DenseMap<uint64_t, uint64_t> Relocated;
  for (const Section &Other : Sections) {
    if (Other.sh_type != ELF::SHT_RELA || &Sections[Other.sh_info] != &S)
      continue;
    // Checked before: checkRelocations.
    for (const auto &Relocation : cantFail(File.relas(Other))) {
      const uint64_t Size =
          patchedSize(Target, Relocation.getType(/*isMips64EL=*/false));
      if (Size == 0)
        continue;
      uint64_t &Patched = Relocated[Relocation.r_offset];
      Patched = std::max(Patched, Size);
    }
  }
  const StringRef Bytes(reinterpret_cast<const char *>(Contents->data()),
                        Contents->size());
  if (!isUnwindInformationSound(Bytes, Relocated))
    return refuse("has damaged unwind information");
  return Error::success();
}

Error ElfTransform::mendSymbols(const ElfFile &File, const Section &Table) {
  auto Symbols = File.symbols(&Table);
  if (!Symbols)
    return refuse(toString(Symbols.takeError()));
  auto Names = File.getStringTableForSymtab(Table, Sections);
  if (!Names)
    return refuse(toString(Names.takeError()));
  // A relocation without a symbol names the first one, which JITLink takes for
  // none only if it is empty.
  static constexpr Symbol Null = {};
  if (!Symbols->empty() &&
      (std::memcmp(&Symbols->front(), &Null, sizeof(Null)) != 0 ||
       (!Names->empty() && Names->front() != '\0')))
    return refuse("has a symbol table that does not begin with a null symbol");
  for (const Symbol &S : *Symbols) {
    if (S.st_name >= Names->size() && !(S.st_name == 0 && Names->empty()))
      return refuse("has a symbol whose name lies outside of the name table");
    // Internal is hidden and more, which only processors define.
    if (S.getVisibility() == ELF::STV_INTERNAL)
      writable(S).st_other = (S.st_other & ~3) | ELF::STV_HIDDEN;
    if (S.st_shndx == ELF::SHN_XINDEX)
      return refuse("has more than 65,279 sections");
    if (S.st_shndx == ELF::SHN_UNDEF || S.st_shndx >= ELF::SHN_LORESERVE) {
      if (S.st_shndx == ELF::SHN_COMMON && S.st_size > MaxZeroFill)
        return refuse("has an impossibly large common symbol");
      continue;
    }
    if (S.st_shndx >= Sections.size())
      return refuse("has a symbol in a section it does not have");
    const Section &Home = Sections[S.st_shndx];
    if (S.st_value > Home.sh_size)
      return refuse("has a symbol that starts past the end of its section");
    if (S.st_size > Home.sh_size - S.st_value)
      writable(S).st_size = Home.sh_size - S.st_value;
  }
  return Error::success();
}

Error ElfTransform::rewriteThreadLocals(const ElfFile &File, const Section &S) {
  if (Target.isAArch64())
    return Error::success();
  // Checked before: checkRelocations, mendSymbols.
  auto Relocations = cantFail(File.relas(S));
  if (!(Sections[S.sh_info].sh_flags & ELF::SHF_ALLOC)) {
    for (const auto &Relocation : Relocations)
      dropThreadLocalOffset(writable(Relocation));
    return Error::success();
  }
  if (none_of(Relocations, isLocalDynamic))
    return Error::success();
  auto Symbols = cantFail(File.symbols(&Sections[S.sh_link]));
  auto Anchor = findThreadLocalAnchor(Sections, Symbols);
  if (!Anchor)
    return refuse("reaches thread-local variables by an offset and defines "
                  "none of its own");
  for (const auto &Relocation : Relocations)
    rewriteLocalDynamicAccess(writable(Relocation), *Anchor);
  return Error::success();
}

/// With its relocations, which would refer to nothing.
void ElfTransform::dropDebugSection(const Section &S) {
  writable(S).sh_type = ELF::SHT_NULL;
  for (const Section &Other : Sections)
    if (Other.sh_type == ELF::SHT_RELA && &Sections[Other.sh_info] == &S)
      writable(Other).sh_type = ELF::SHT_NULL;
}

/// JITLink lays out what shares a section by address, and in an object every
/// address is 0: the order would be that of a hash table. With addresses that
/// rise through the file everything stays in the order of the compiler.
void ElfTransform::orderSections() {
  uint64_t Next = 0;
  for (const Section &S : Sections) {
    if (!(S.sh_flags & ELF::SHF_ALLOC) || S.sh_type == ELF::SHT_NULL) {
      // As compilers leave it: the highest addresses are keys that JITLink's
      // tables of symbols keep for themselves.
      writable(S).sh_addr = 0;
      continue;
    }
    Next = alignTo(Next, Align(std::max<uint64_t>(S.sh_addralign, 1)));
    writable(S).sh_addr = Next;
    // An empty section shares its address with no other: JITLink would say that
    // their blocks overlap.
    Next += std::max<uint64_t>(S.sh_size, 1);
  }
}

Error ElfTransform::renameSections(const ElfFile &File) {
  auto Table = File.getSectionStringTable(Sections);
  if (!Table)
    return refuse(toString(Table.takeError()));

  StringMap<SmallVector<uint64_t, 2>> KindsOfName;
  std::string Names = Table->str();
  bool Renamed = false;
  for (const Section &S : Sections) {
    auto Current = File.getSectionName(S, *Table);
    if (!Current)
      return refuse(toString(Current.takeError()));
    std::string Wanted = Current->str();
    if (Current->starts_with(".tdata."))
      Wanted = ".tdata";
    else if (Current->starts_with(".tbss."))
      Wanted = ".tbss";
    auto &Kinds = KindsOfName[Wanted];
    const uint64_t Kind = S.sh_flags & PermissionFlags;
    auto Known = llvm::find(Kinds, Kind);
    const size_t Index = std::distance(Kinds.begin(), Known);
    if (Known == Kinds.end())
      Kinds.push_back(Kind);
    // Only sections that are loaded are merged by name.
    if (Index > 0 && (Kind & ELF::SHF_ALLOC))
      Wanted += ".permissions" + std::to_string(Kind);
    if (Wanted == *Current)
      continue;
    writable(S).sh_name = Names.size();
    Names += Wanted;
    Names += '\0';
    Renamed = true;
  }
  if (!Renamed)
    return Error::success();

  const Section &Holder = nameSection(File);
  writable(Holder).sh_offset = Bytes.size();
  writable(Holder).sh_size = Names.size();
  NewNames = std::move(Names);
  return Error::success();
}

Error ElfTransform::readAutolink(const ElfFile &File, const Section &S) {
  if (S.sh_type != ELF::SHT_PROGBITS)
    return refuse("has linker flags in a section of another kind");
  auto Contents = File.getSectionContentsAsArray<char>(S);
  if (!Contents)
    return refuse(toString(Contents.takeError()));
  SmallVector<StringRef, 8> Flags;
  StringRef(Contents->data(), Contents->size())
      .split(Flags, '\0', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef Flag : Flags)
    Autolink.push_back(Flag.str());
  return Error::success();
}

Error ElfTransform::run() {
  if (Error E = checkHeader())
    return E;
  auto File = ElfFile::create(StringRef(Bytes.data(), Bytes.size()));
  if (!File)
    return refuse(toString(File.takeError()));
  auto Table = File->sections();
  if (!Table)
    return refuse(toString(Table.takeError()));
  Sections = *Table;
  if (Sections.empty())
    return refuse("has no section table");

  for (const Section &S : Sections)
    if (Error E = checkSection(*File, S))
      return E;
  if (Error E = checkOverlaps())
    return E;
  auto SectionNames = File->getSectionStringTable(Sections);
  if (!SectionNames)
    return refuse(toString(SectionNames.takeError()));
  if (&nameSection(*File) == &Sections[0])
    return refuse("has no section names");
  for (const Section &S : Sections) {
    if (S.sh_type == ELF::SHT_SYMTAB)
      if (Error E = mendSymbols(*File, S))
        return E;
    auto SectionName = File->getSectionName(S, *SectionNames);
    if (!SectionName)
      return refuse(toString(SectionName.takeError()));
    if (Debug == DebugSections::Drop && SectionName->starts_with(".debug_") &&
        S.sh_type == ELF::SHT_PROGBITS && !(S.sh_flags & ELF::SHF_ALLOC))
      dropDebugSection(S);
    if (*SectionName == ".swift1_autolink_entries")
      if (Error E = readAutolink(*File, S))
        return E;
    if (*SectionName == ".eh_frame")
      if (Error E = checkUnwindInformation(*File, S))
        return E;
  }
  for (const Section &S : Sections)
    if (S.sh_type == ELF::SHT_RELA)
      if (Error E = rewriteThreadLocals(*File, S))
        return E;
  orderSections();
  return renameSections(*File);
}

Error refuseFormat(StringRef Name, file_magic Magic) {
  switch (Magic) {
  case file_magic::archive:
    return makeError(ErrorKind::Object,
                     Name + ": is an archive, not an object file");
  case file_magic::unknown:
    return makeError(ErrorKind::Object, Name + ": is not an object file");
  default:
    return makeError(ErrorKind::Object,
                     Name + ": is not an object file of this platform");
  }
}

} // namespace

Expected<PreparedObject> prepareObject(MemoryBufferRef Input,
                                       const Triple &Target,
                                       DebugSections Debug) {
  const StringRef Name = Input.getBufferIdentifier();
  const file_magic Magic = identify_magic(Input.getBuffer());
  const bool IsMachO = Target.isOSBinFormatMachO();
  if (IsMachO ? Magic != file_magic::macho_object
              : !Input.getBuffer().starts_with("\177ELF"))
    return refuseFormat(Name, Magic);

  auto Copy = WritableMemoryBuffer::getNewUninitMemBuffer(Input.getBufferSize(),
                                                          Name, Align(16));
  if (!Copy)
    return makeError(ErrorKind::Object, Name + ": is too large for the memory");
  llvm::copy(Input.getBuffer(), Copy->getBufferStart());
  if (IsMachO)
    return PreparedObject{std::move(Copy), {}};
  ElfTransform Transform(
      MutableArrayRef(Copy->getBufferStart(), Copy->getBufferSize()), Name,
      Target, Debug);
  if (Error E = Transform.run())
    return E;
  if (Transform.newNames().empty())
    return PreparedObject{std::move(Copy), Transform.autolinkFlags()};

  auto Grown = WritableMemoryBuffer::getNewUninitMemBuffer(
      Copy->getBufferSize() + Transform.newNames().size(), Name, Align(16));
  if (!Grown)
    return makeError(ErrorKind::Object, Name + ": is too large for the memory");
  char *End = llvm::copy(Copy->getBuffer(), Grown->getBufferStart());
  llvm::copy(Transform.newNames(), End);
  return PreparedObject{std::move(Grown), Transform.autolinkFlags()};
}

} // namespace hotswift
