#include "code_file.h"

#include "errors.h"
#include "object_transform.h"
#include "regular_file.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/DebugInfo/DWARF/DWARFCompileUnit.h"
#include "llvm/DebugInfo/DWARF/DWARFDebugFrame.h"
#include "llvm/Object/Archive.h"
#include "llvm/Support/Endian.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using object::ELF64LE;

namespace hotswift {
namespace {

void ignore(Error E) { consumeError(std::move(E)); }

/// The row for an address in the table of the function that it lies in.
std::optional<UnwindStep> stepAt(const DWARFDebugFrame &Frames,
                                 uint64_t Address) {
  for (const dwarf::FrameEntry &Entry : Frames) {
    const auto *Function = dyn_cast<dwarf::FDE>(&Entry);
    if (!Function || !Function->getLinkedCIE() ||
        Address - Function->getInitialLocation() >= Function->getAddressRange())
      continue;
    auto Table = dwarf::createUnwindTable(Function);
    if (!Table) {
      consumeError(Table.takeError());
      return std::nullopt;
    }
    std::optional<UnwindStep> Found;
    for (const dwarf::UnwindRow &Row : *Table)
      if (!Row.hasAddress() || Row.getAddress() <= Address)
        Found = {Row,
                 static_cast<uint32_t>(
                     Function->getLinkedCIE()->getReturnAddressRegister())};
    return Found;
  }
  return std::nullopt;
}

std::optional<uint32_t> wordAt(StringRef Bytes, uint64_t Offset) {
  if (Bytes.size() < 4 || Offset > Bytes.size() - 4)
    return std::nullopt;
  return support::endian::read32le(Bytes.data() + Offset);
}

/// A record of call frame information: its length, and what that counts.
StringRef recordAt(StringRef Bytes) {
  const auto Length = wordAt(Bytes, 0);
  if (!Length || *Length > Bytes.size() - 4)
    return {};
  return Bytes.take_front(4 + *Length);
}

} // namespace

Expected<std::unique_ptr<CodeFile>>
CodeFile::openLibrary(const std::string &Path, uint64_t Inode) {
  auto Bytes = openRegularFile(Path, Inode);
  if (!Bytes)
    return Bytes.takeError();
  return readLibrary(std::move(*Bytes));
}

Expected<std::unique_ptr<CodeFile>>
CodeFile::readLibrary(std::unique_ptr<MemoryBuffer> Bytes) {
  std::unique_ptr<CodeFile> Opened(new CodeFile(std::move(Bytes)));
  if (Error E = Opened->index())
    return E;
  // Nobody has checked the relocations of an object that comes as a library.
  if (Opened->Object->isRelocatableObject())
    return makeError(ErrorKind::Object, "an object is no library");
  return Opened;
}

Expected<std::unique_ptr<CodeFile>>
CodeFile::openObject(const std::string &Path, DebugSections Debug) {
  StringRef File = Path, Member;
  if (File.consume_back(")")) {
    std::tie(File, Member) = File.rsplit('(');
    if (!File.ends_with(".a"))
      File = Path;
  }
  auto Bytes = openRegularFile(File.str());
  if (!Bytes)
    return Bytes.takeError();
  MemoryBufferRef Contents = **Bytes;
  if (File != StringRef(Path)) {
    auto Library = object::Archive::create(Contents);
    if (!Library)
      return Library.takeError();
    Error Damage = Error::success();
    for (const auto &Child : (*Library)->children(Damage)) {
      auto Buffer = Child.getMemoryBufferRef();
      if (!Buffer)
        return joinErrors(std::move(Damage), Buffer.takeError());
      if (Buffer->getBufferIdentifier() == Member)
        Contents = *Buffer;
    }
    if (Damage)
      return Damage;
  }
  return readObject(Contents, Debug);
}

Expected<std::unique_ptr<CodeFile>>
CodeFile::readObject(MemoryBufferRef Contents, DebugSections Debug) {
  auto Prepared =
      prepareObject(Contents, Triple(sys::getProcessTriple()), Debug);
  if (!Prepared)
    return Prepared.takeError();
  std::unique_ptr<CodeFile> Opened(new CodeFile(std::move(Prepared->Buffer)));
  if (Error E = Opened->index())
    return E;
  return Opened;
}

Error CodeFile::index() {
  auto Read = object::ELFObjectFile<ELF64LE>::create(*Bytes);
  if (!Read)
    return Read.takeError();
  Object = std::make_unique<object::ELFObjectFile<ELF64LE>>(std::move(*Read));
  const File &Elf = Object->getELFFile();
  auto Found = Elf.sections();
  if (!Found)
    return Found.takeError();
  Sections = *Found;
  for (const uint32_t Kind : {ELF::SHT_SYMTAB, ELF::SHT_DYNSYM}) {
    const auto Table =
        find_if(Sections, [&](const Section &S) { return S.sh_type == Kind; });
    if (Table == Sections.end())
      continue;
    auto Entries = Elf.symbols(&*Table);
    if (!Entries)
      return Entries.takeError();
    auto Texts = Elf.getStringTableForSymtab(*Table, Sections);
    if (!Texts)
      return Texts.takeError();
    Symbols = *Entries;
    Names = *Texts;
    break;
  }
  return Error::success();
}

/// When it is needed: LLVM decompresses all of it at once, to whatever size it
/// says that it has.
DWARFContext &CodeFile::debugInformation() const {
  using Relocations = DWARFContext::ProcessDebugRelocations;
  if (!Debug)
    Debug = DWARFContext::create(*Object,
                                 Object->isRelocatableObject()
                                     ? Relocations::Process
                                     : Relocations::Ignore,
                                 /*L=*/nullptr, /*DWPName=*/"", ignore, ignore);
  return *Debug;
}

Triple::ArchType CodeFile::architecture() const { return Object->getArch(); }

std::optional<size_t> CodeFile::sectionAt(uint64_t Address) const {
  const auto Found = find_if(Sections, [&](const Section &S) {
    return (S.sh_flags & ELF::SHF_ALLOC) && S.sh_type != ELF::SHT_NULL &&
           Address >= S.sh_addr && Address - S.sh_addr < S.sh_size;
  });
  if (Found == Sections.end())
    return std::nullopt;
  return std::distance(Sections.begin(), Found);
}

std::optional<CodeFile::Function> CodeFile::functionAt(uint64_t Address) const {
  const auto Home = sectionAt(Address);
  if (!Home)
    return std::nullopt;
  const bool IsObject = Object->isRelocatableObject();
  std::optional<Function> Found;
  // Once through the table, for a few addresses: sorting it takes longer.
  for (const ELF64LE::Sym &S : Symbols) {
    if (S.st_shndx != *Home ||
        (S.getType() != ELF::STT_FUNC && S.getType() != ELF::STT_NOTYPE))
      continue;
    const uint64_t Start =
        S.st_value + (IsObject ? uint64_t(Sections[*Home].sh_addr) : 0);
    if (Start > Address || (Found && Found->Start >= Start) ||
        (S.st_size > 0 && Address - Start >= S.st_size))
      continue;
    auto Name = S.getName(Names);
    if (!Name) {
      consumeError(Name.takeError());
      continue;
    }
    if (!Name->empty() && !Name->starts_with(".L"))
      Found = {*Name, Start};
  }
  return Found;
}

std::optional<uint64_t> CodeFile::find(StringRef Function) const {
  const bool IsObject = Object->isRelocatableObject();
  for (const ELF64LE::Sym &S : Symbols) {
    if (S.getType() != ELF::STT_FUNC || S.st_shndx == ELF::SHN_UNDEF ||
        S.st_shndx >= Sections.size())
      continue;
    auto Name = S.getName(Names);
    if (Name && *Name == Function)
      return S.st_value +
             (IsObject ? uint64_t(Sections[S.st_shndx].sh_addr) : 0);
    consumeError(Name.takeError());
  }
  return std::nullopt;
}

bool CodeFile::refersTo(StringRef Prefix) const {
  return any_of(Symbols, [&](const ELF64LE::Sym &S) {
    auto Name = S.getName(Names);
    if (Name)
      return S.st_shndx == ELF::SHN_UNDEF && Name->starts_with(Prefix);
    consumeError(Name.takeError());
    return false;
  });
}

std::optional<uint64_t> CodeFile::addressOfOffset(uint64_t Offset) const {
  auto Segments = Object->getELFFile().program_headers();
  if (!Segments) {
    consumeError(Segments.takeError());
    return std::nullopt;
  }
  for (const auto &Segment : *Segments)
    if (Segment.p_type == ELF::PT_LOAD && Offset >= Segment.p_offset &&
        Offset - Segment.p_offset < Segment.p_filesz)
      return Offset - Segment.p_offset + Segment.p_vaddr;
  return std::nullopt;
}

StringRef CodeFile::contentsFrom(uint64_t Address) const {
  auto Segments = Object->getELFFile().program_headers();
  if (!Segments) {
    consumeError(Segments.takeError());
    return {};
  }
  for (const auto &Segment : *Segments)
    if (Segment.p_type == ELF::PT_LOAD && Address >= Segment.p_vaddr &&
        Address - Segment.p_vaddr < Segment.p_filesz)
      return Bytes->getBuffer()
          .substr(Segment.p_offset, Segment.p_filesz)
          .substr(Address - Segment.p_vaddr);
  return {};
}

std::optional<UnwindStep> CodeFile::unwindStep(uint64_t Address) const {
  return Object->isRelocatableObject() ? stepOfObject(Address)
                                       : stepOfLibrary(Address);
}

std::optional<UnwindStep> CodeFile::stepOfObject(uint64_t Address) const {
  auto Frames = debugInformation().getEHFrame();
  if (!Frames) {
    consumeError(Frames.takeError());
    return std::nullopt;
  }
  // Relocations are applied to the section as if it began at 0, and the
  // addresses that they make are then taken for relative to its own.
  return stepAt(**Frames, Address + (*Frames)->getEHFrameAddress());
}

/// By the table that the system's unwinder searches (Linux Standard Base, Core,
/// section 10.6.2): to read all records of a large program takes a while.
std::optional<UnwindStep> CodeFile::stepOfLibrary(uint64_t Address) const {
  auto Segments = Object->getELFFile().program_headers();
  if (!Segments) {
    consumeError(Segments.takeError());
    return std::nullopt;
  }
  const auto Header = find_if(*Segments, [](const auto &Segment) {
    return Segment.p_type == ELF::PT_GNU_EH_FRAME;
  });
  if (Header == Segments->end())
    return std::nullopt;
  const uint64_t TableAddress = Header->p_vaddr;
  const StringRef Table = contentsFrom(TableAddress);
  // Version 1; a pointer relative to itself, a count, and entries relative to
  // the table's start, each of 32 bits. Linkers make no other.
  if (!Table.starts_with(StringRef("\1\x1b\3\x3b", 4)))
    return std::nullopt;
  const auto Count = wordAt(Table, 8);
  if (!Count || *Count > Table.size() / 8)
    return std::nullopt;
  const auto EntryAt = [&](size_t Index, size_t Field) {
    const auto Word = wordAt(Table, 12 + Index * 8 + Field * 4);
    return TableAddress +
           static_cast<int64_t>(static_cast<int32_t>(Word.value_or(0)));
  };
  size_t Low = 0, High = *Count;
  while (Low < High) {
    const size_t Middle = Low + (High - Low) / 2;
    if (EntryAt(Middle, 0) <= Address)
      Low = Middle + 1;
    else
      High = Middle;
  }
  if (Low == 0)
    return std::nullopt;

  // The record, behind the one that it builds on, as if that was all there is.
  const uint64_t RecordAddress = EntryAt(Low - 1, 1);
  const StringRef Record = recordAt(contentsFrom(RecordAddress));
  const auto Back = wordAt(Record, 4);
  if (!Back)
    return std::nullopt;
  const StringRef Common = recordAt(contentsFrom(RecordAddress + 4 - *Back));
  if (Common.empty())
    return std::nullopt;
  std::string Both = (Common + Record).str();
  support::endian::write32le(Both.data() + Common.size() + 4,
                             static_cast<uint32_t>(Common.size() + 4));
  DWARFDebugFrame Frames(architecture(), /*IsEH=*/true,
                         RecordAddress - Common.size());
  if (Error E = Frames.parse(DWARFDataExtractor(Both, /*IsLittleEndian=*/true,
                                                /*AddressSize=*/8))) {
    consumeError(std::move(E));
    return std::nullopt;
  }
  return stepAt(Frames, Address);
}

/// The row that tells where an address belongs, if the one that it lies in has
/// no line, as a trap has none: the nearest before it, since that led there, or
/// else the nearest behind. Null if no row of the sequence has a line.
///
/// LLVM's own search for it (ApproximateLine) does not end at the first row.
static const DWARFDebugLine::Row *
nearestLine(const DWARFDebugLine::LineTable &Table,
            object::SectionedAddress Address) {
  for (const DWARFDebugLine::Sequence &Sequence : Table.Sequences) {
    if (!Sequence.containsPC(Address) || !Sequence.isValid() ||
        Sequence.LastRowIndex > Table.Rows.size())
      continue;
    const ArrayRef Rows =
        ArrayRef(Table.Rows)
            .slice(Sequence.FirstRowIndex,
                   Sequence.LastRowIndex - Sequence.FirstRowIndex);
    const auto HasLine = [](const DWARFDebugLine::Row &Row) {
      return Row.Line != 0 && !Row.EndSequence;
    };
    const auto Behind = partition_point(Rows, [&](const auto &Row) {
      return Row.Address.Address <= Address.Address;
    });
    const auto Before =
        std::find_if(std::make_reverse_iterator(Behind), Rows.rend(), HasLine);
    if (Before != Rows.rend())
      return &*Before;
    const auto After = std::find_if(Behind, Rows.end(), HasLine);
    if (After != Rows.end())
      return &*After;
  }
  return nullptr;
}

DIInliningInfo CodeFile::lines(uint64_t Address) const {
  const auto Home = sectionAt(Address);
  if (!Home)
    return {};
  using Specifier = DILineInfoSpecifier;
  constexpr auto Path = Specifier::FileLineInfoKind::AbsoluteFilePath;
  const object::SectionedAddress Place = {
      Address, Object->isRelocatableObject()
                   ? *Home
                   : object::SectionedAddress::UndefSection};
  // LLVM follows the entry of a unit whether or not it could be read.
  DWARFContext &Debug = debugInformation();
  DWARFCompileUnit *Unit = Debug.getCompileUnitForCodeAddress(Address);
  if (!Unit || !Unit->getUnitDIE(/*ExtractUnitDIEOnly=*/false).isValid())
    return {};
  DIInliningInfo Found = Debug.getInliningInfoForAddress(
      Place, Specifier(Path, Specifier::FunctionNameKind::LinkageName));
  if (Found.getNumberOfFrames() == 0 || Found.getFrame(0).Line != 0)
    return Found;
  const DWARFDebugLine::LineTable *Table = Debug.getLineTableForUnit(Unit);
  if (const auto *Row = Table ? nearestLine(*Table, Place) : nullptr) {
    DILineInfo &Innermost = *Found.getMutableFrame(0);
    Table->getFileNameByIndex(Row->File, Unit->getCompilationDir(), Path,
                              Innermost.FileName);
    Innermost.Line = Row->Line;
    Innermost.Column = Row->Column;
  }
  return Found;
}

} // namespace hotswift
