#include "library_symbols.h"

#include "errors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Object/ELF.h"

#include <mutex>

using namespace llvm;
using object::ELF64LE;

namespace hotswift {
namespace {

/// Of functions in x86-64 objects: behind one that begins at a multiple of it,
/// the next begins at another.
constexpr uint64_t CodeAlignment = 16;

constexpr size_t MostKnown = 2;

bool isDefined(const ELF64LE::Sym &S) {
  return S.st_shndx != ELF::SHN_UNDEF && S.st_shndx < ELF::SHN_LORESERVE &&
         S.getType() != ELF::STT_SECTION && S.getType() != ELF::STT_FILE;
}

Error refuse(StringRef Path, const Twine &Why) {
  return makeError(ErrorKind::Library,
                   Path + ": its symbols cannot be read: " + Why);
}

} // namespace

Expected<std::shared_ptr<const LibrarySymbols>>
LibrarySymbols::read(const std::string &Path) {
  static std::mutex Mutex;
  static std::vector<
      std::pair<std::string, std::shared_ptr<const LibrarySymbols>>>
      Known;
  const std::lock_guard Lock(Mutex);
  for (const auto &[Of, Symbols] : Known)
    if (Of == Path)
      return Symbols;
  auto File = MemoryBuffer::getFile(Path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!File)
    return refuse(Path, File.getError().message());
  std::shared_ptr<LibrarySymbols> Read(new LibrarySymbols(std::move(*File)));
  if (Error E = Read->index())
    return refuse(Path, toString(std::move(E)));
  if (Known.size() == MostKnown)
    Known.erase(Known.begin());
  Known.emplace_back(Path, Read);
  return Read;
}

Error LibrarySymbols::index() {
  const StringRef Bytes = File->getBuffer();
  auto Library = object::ELFFile<ELF64LE>::create(Bytes);
  if (!Library)
    return Library.takeError();
  const auto &Header = Library->getHeader();
  if (!Bytes.starts_with("\177ELF") ||
      Header.e_ident[ELF::EI_CLASS] != ELF::ELFCLASS64 ||
      Header.e_ident[ELF::EI_DATA] != ELF::ELFDATA2LSB)
    return makeError(ErrorKind::Library,
                     "it is not a 64-bit little-endian ELF file");
  auto Sections = Library->sections();
  if (!Sections)
    return Sections.takeError();
  const auto Table = find_if(*Sections, [](const ELF64LE::Shdr &S) {
    return S.sh_type == ELF::SHT_SYMTAB;
  });
  if (Table == Sections->end())
    return makeError(ErrorKind::Library, "it has no symbol table");
  auto Entries = Library->symbols(&*Table);
  if (!Entries)
    return Entries.takeError();
  auto Texts = Library->getStringTableForSymtab(*Table, *Sections);
  if (!Texts)
    return Texts.takeError();

  Symbols.reserve(Entries->size());
  ByName.reserve(Entries->size());
  for (const ELF64LE::Sym &S : *Entries) {
    if (!isDefined(S))
      continue;
    auto Name = S.getName(*Texts);
    if (!Name)
      return Name.takeError();
    Symbols.push_back({S.st_value, S.st_size, *Name});
    // Linkers make hidden symbols local, and leave them their visibility.
    const bool IsPrivate = S.getBinding() == ELF::STB_LOCAL &&
                           S.getVisibility() == ELF::STV_DEFAULT;
    auto [Same, IsNew] =
        ByName.try_emplace(*Name, Place{S.st_value, IsPrivate, false});
    if (!IsNew)
      Same->second.IsOneOfSeveral = true;
  }
  llvm::sort(Symbols, [](const Symbol &A, const Symbol &B) {
    return A.Address < B.Address;
  });
  return Error::success();
}

std::optional<uint64_t> LibrarySymbols::find(StringRef Name) const {
  const auto Found = ByName.find(Name);
  if (Found == ByName.end() || Found->second.IsOneOfSeveral)
    return std::nullopt;
  return Found->second.Address;
}

std::optional<uint64_t> LibrarySymbols::findShared(StringRef Name) const {
  const auto Found = ByName.find(Name);
  return Found == ByName.end() || Found->second.IsPrivate ? std::nullopt
                                                          : find(Name);
}

uint64_t LibrarySymbols::room(uint64_t Address,
                              function_ref<bool(StringRef)> IsOwn) const {
  uint64_t Room = Address % CodeAlignment == 0 ? CodeAlignment : 0;
  auto Next =
      llvm::lower_bound(Symbols, Address, [](const Symbol &S, uint64_t At) {
        return S.Address < At;
      });
  for (; Next != Symbols.end() && Next->Address == Address; ++Next) {
    if (!IsOwn(Next->Name))
      return 0;
    Room = std::max(Room, Next->Size);
  }
  return Next == Symbols.end() ? Room : std::min(Room, Next->Address - Address);
}

} // namespace hotswift
