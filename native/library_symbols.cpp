#include "library_symbols.h"

#include "errors.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using object::ELF64LE;

namespace hotswift {
namespace {

/// Of functions in x86-64 objects: behind one that begins at a multiple of it,
/// the next begins at another.
constexpr uint64_t CodeAlignment = 16;

bool isDefined(const ELF64LE::Sym &S) {
  return S.st_shndx != ELF::SHN_UNDEF && S.st_shndx < ELF::SHN_LORESERVE &&
         S.getType() != ELF::STT_SECTION && S.getType() != ELF::STT_FILE;
}

Expected<StringMap<LibrarySymbol>>
searchTable(const object::ELFFile<ELF64LE> &File, const StringSet<> &Names) {
  auto Sections = File.sections();
  if (!Sections)
    return Sections.takeError();
  const auto Table = find_if(*Sections, [](const ELF64LE::Shdr &S) {
    return S.sh_type == ELF::SHT_SYMTAB;
  });
  if (Table == Sections->end())
    return makeError(ErrorKind::Library, "it has no symbol table");
  auto Symbols = File.symbols(&*Table);
  if (!Symbols)
    return Symbols.takeError();
  auto Texts = File.getStringTableForSymtab(*Table, *Sections);
  if (!Texts)
    return Texts.takeError();

  StringMap<LibrarySymbol> Found;
  StringSet<> Several;
  for (const ELF64LE::Sym &S : *Symbols) {
    if (!isDefined(S))
      continue;
    auto Name = S.getName(*Texts);
    if (!Name)
      return Name.takeError();
    if (!Names.contains(*Name))
      continue;
    LibrarySymbol Known;
    Known.Offset = S.st_value;
    Known.Room = S.st_size;
    if (!Found.try_emplace(*Name, Known).second)
      Several.insert(*Name);
  }
  for (const auto &Name : Several.keys())
    Found.erase(Name);

  std::vector<uint64_t> Places;
  Places.reserve(Symbols->size());
  DenseMap<uint64_t, unsigned> Strangers;
  for (const ELF64LE::Sym &S : *Symbols) {
    if (!isDefined(S))
      continue;
    Places.push_back(S.st_value);
    auto Name = S.getName(*Texts);
    if (!Name)
      return Name.takeError();
    if (!Names.contains(*Name))
      ++Strangers[S.st_value];
  }
  llvm::sort(Places);
  for (auto &Entry : Found) {
    LibrarySymbol &S = Entry.second;
    if (S.Offset % CodeAlignment == 0)
      S.Room = std::max(S.Room, CodeAlignment);
    if (const auto Next = llvm::upper_bound(Places, S.Offset);
        Next != Places.end())
      S.Room = std::min(S.Room, *Next - S.Offset);
    S.IsShared = Strangers.contains(S.Offset);
  }
  return Found;
}

} // namespace

Expected<StringMap<LibrarySymbol>>
findLibrarySymbols(const std::string &Path, const StringSet<> &Names) {
  const auto Refuse = [&](Error Why) {
    return makeError(
        ErrorKind::Library,
        Path + ": its symbols cannot be read: " + toString(std::move(Why)));
  };
  auto Buffer = MemoryBuffer::getFile(Path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!Buffer)
    return Refuse(errorCodeToError(Buffer.getError()));
  auto File = object::ELFFile<ELF64LE>::create((*Buffer)->getBuffer());
  if (!File)
    return Refuse(File.takeError());
  const auto &Header = File->getHeader();
  if (!(*Buffer)->getBuffer().starts_with("\177ELF") ||
      Header.e_ident[ELF::EI_CLASS] != ELF::ELFCLASS64 ||
      Header.e_ident[ELF::EI_DATA] != ELF::ELFDATA2LSB)
    return Refuse(makeError(ErrorKind::Library,
                            "it is not a 64-bit little-endian ELF file"));
  auto Found = searchTable(*File, Names);
  if (!Found)
    return Refuse(Found.takeError());
  return Found;
}

} // namespace hotswift
