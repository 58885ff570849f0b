#include "libraries.h"

#include "errors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <dlfcn.h>
#ifndef __APPLE__
#include <link.h>
#endif

using namespace llvm;

namespace hotswift {
namespace {

#ifdef __APPLE__
constexpr StringRef LibrarySuffix = ".dylib";
#else
constexpr StringRef LibrarySuffix = ".so";
#endif

/// Parts of the C and C++ runtimes that every process has; their `lib*.so` are
/// linker scripts, which dlopen cannot read, or do not exist.
const StringSet<> &partsOfTheProcess() {
  static const StringSet<> Names = {"c",  "m",    "pthread", "dl",
                                    "rt", "util", "stdc++",  "gcc_s"};
  return Names;
}

/// Whether a process may have put its own in the place of the C or C++
/// library's function: operator new and delete ([replacement.functions] in the
/// C++ standard) and malloc's family ("Replacing malloc" in glibc's manual).
bool isReplaceable(StringRef Symbol) {
  static const StringSet<> MallocFamily = {
      "malloc",   "calloc", "realloc", "free",           "aligned_alloc",
      "memalign", "valloc", "pvalloc", "posix_memalign", "malloc_usable_size"};
  return Symbol.starts_with("_Znw") || Symbol.starts_with("_Zna") ||
         Symbol.starts_with("_Zdl") || Symbol.starts_with("_Zda") ||
         MallocFamily.contains(Symbol);
}

/// For what dlopen has just refused.
Error notLoaded(const Twine &What) {
  const char *Why = dlerror();
  return makeError(ErrorKind::Library, What + " could not be loaded: " +
                                           (Why ? Why : "unknown error"));
}

} // namespace

Error Libraries::load(StringRef Flag) {
  {
    std::lock_guard Lock(Mutex);
    if (Loaded.contains(Flag))
      return Error::success();
  }
  std::string Path = Flag.str();
  if (StringRef Name = Flag; Name.consume_front("-l")) {
    if (partsOfTheProcess().contains(Name))
      return Error::success();
    Path = findFile("lib" + Name + LibrarySuffix);
    // Not there: in the system's own folders, perhaps.
    if (Path.empty())
      Path = ("lib" + Name + LibrarySuffix).str();
  } else if (Flag.starts_with("-")) {
    return Error::success();
  }
  auto Handle = open(Path);
  if (!Handle)
    return Handle.takeError();
  std::lock_guard Lock(Mutex);
  Loaded[Flag].Handle = *Handle;
  return Error::success();
}

std::string Libraries::findFile(const Twine &Name) const {
  for (const std::string &Folder : SearchPaths) {
    SmallString<256> Candidate(Folder);
    sys::path::append(Candidate, Name);
    if (sys::fs::exists(Candidate))
      return Candidate.str().str();
  }
  return {};
}

std::string Libraries::findStatic(StringRef Flag) const {
  if (!Flag.starts_with("-"))
    return Flag.ends_with(".a") ? Flag.str() : std::string();
  StringRef Name = Flag;
  if (!Name.consume_front("-l") || partsOfTheProcess().contains(Name) ||
      !findFile("lib" + Name + LibrarySuffix).empty())
    return {};
  return findFile("lib" + Name + ".a");
}

Expected<void *> Libraries::open(const std::string &Name) {
  // Lazily: libswiftObservation has undefined symbols that nothing calls.
  void *Handle = dlopen(Name.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (!Handle)
    return notLoaded("the library " + Name);
  std::lock_guard Lock(Mutex);
  if (!is_contained(Handles, Handle))
    Handles.push_back(Handle);
  return Handle;
}

Error loadCxxLibrary() {
#ifndef __APPLE__
  if (!dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_GLOBAL))
    return notLoaded("the C++ library");
#endif
  return Error::success();
}

void *Libraries::find(const std::string &Symbol) const {
  std::lock_guard Lock(Mutex);
  for (void *Handle : Handles)
    if (void *Address = dlsym(Handle, Symbol.c_str()))
      return Address;
  return nullptr;
}

/// Where the segments of a loaded library lie.
static std::pair<uintptr_t, uintptr_t> rangeOf(StringRef Path) {
#ifdef __APPLE__
  // dladdr is quick there.
  return {};
#else
  struct Query {
    StringRef Path;
    uintptr_t Start = UINTPTR_MAX;
    uintptr_t End = 0;
  } Wanted{Path};
  dl_iterate_phdr(
      [](dl_phdr_info *Info, size_t, void *Data) {
        auto &Wanted = *static_cast<Query *>(Data);
        if (Wanted.Path != Info->dlpi_name)
          return 0;
        for (const auto &Header : ArrayRef(Info->dlpi_phdr, Info->dlpi_phnum)) {
          if (Header.p_type != PT_LOAD)
            continue;
          const uintptr_t Start = Info->dlpi_addr + Header.p_vaddr;
          Wanted.Start = std::min(Wanted.Start, Start);
          Wanted.End = std::max<uintptr_t>(Wanted.End, Start + Header.p_memsz);
        }
        return 1;
      },
      &Wanted);
  return {Wanted.Start, Wanted.End};
#endif
}

static bool isIn(std::pair<uintptr_t, uintptr_t> Range, StringRef Path,
                 void *Address) {
#ifdef __APPLE__
  Dl_info Owner;
  return dladdr(Address, &Owner) && Path == Owner.dli_fname;
#else
  const auto Value = reinterpret_cast<uintptr_t>(Address);
  return Value >= Range.first && Value < Range.second;
#endif
}

void *Libraries::findIn(StringRef Path, StringRef Symbol) {
  std::lock_guard Lock(Mutex);
  const auto Found = Loaded.find(Path);
  if (Found == Loaded.end())
    return nullptr;
  Library &In = Found->second;
  auto [Known, IsNew] = In.Symbols.try_emplace(Symbol, nullptr);
  if (!IsNew)
    return Known->second;
  if (In.Range.second == 0)
    In.Range = rangeOf(Path);
  // dlsym also looks through the libraries that this one needs.
  void *Address = dlsym(In.Handle, Known->getKeyData());
  if (Address && isIn(In.Range, Path, Address))
    Known->second = Address;
  return Known->second;
}

std::optional<uint64_t> Libraries::baseOf(StringRef Path) const {
#ifdef __APPLE__
  return std::nullopt;
#else
  std::lock_guard Lock(Mutex);
  const auto Found = Loaded.find(Path);
  link_map *Map = nullptr;
  if (Found == Loaded.end() || dlinfo(Found->second.Handle, RTLD_DI_LINKMAP,
                                      static_cast<void *>(&Map)) != 0)
    return std::nullopt;
  return Map->l_addr;
#endif
}

/// The name as dlsym wants it; empty for one that is no C name.
static StringRef nameForSearch(StringRef Symbol) {
#ifdef __APPLE__
  // Mach-O's linker names carry an underscore that dlsym adds itself.
  return Symbol.consume_front("_") ? Symbol : StringRef();
#else
  return Symbol;
#endif
}

Error AddressGenerator::tryToGenerate(orc::LookupState &LS, orc::LookupKind K,
                                      orc::JITDylib &JD,
                                      orc::JITDylibLookupFlags JDLookupFlags,
                                      const orc::SymbolLookupSet &LookupSet) {
  orc::SymbolMap Found;
  for (const auto &[Name, Flags] : LookupSet) {
    const StringRef Symbol = nameForSearch(*Name);
    if (void *Address = Symbol.empty() ? nullptr : addressOf(Symbol))
      Found[Name] = {orc::ExecutorAddr::fromPtr(Address),
                     JITSymbolFlags::Exported};
  }
  if (Found.empty())
    return Error::success();
  return JD.define(orc::absoluteSymbols(std::move(Found)));
}

void *LibrarySearchGenerator::addressOf(StringRef Symbol) {
  const std::string CName = Symbol.str();
  // What allocates here may be freed elsewhere, by the process's own.
  void *Address =
      isReplaceable(Symbol) ? dlsym(RTLD_DEFAULT, CName.c_str()) : nullptr;
  return Address ? Address : Source.find(CName);
}

} // namespace hotswift
