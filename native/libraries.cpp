#include "libraries.h"

#include "errors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <dlfcn.h>

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

} // namespace

Error Libraries::load(StringRef Flag) {
  {
    std::lock_guard Lock(Mutex);
    if (is_contained(Loaded, Flag))
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
  if (Error E = open(Path))
    return E;
  std::lock_guard Lock(Mutex);
  Loaded.push_back(Flag.str());
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

Error Libraries::open(const std::string &Name) {
  // Lazily: libswiftObservation has undefined symbols that nothing calls.
  void *Handle = dlopen(Name.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (!Handle) {
    const char *Why = dlerror();
    return makeError(ErrorKind::Library, "the library " + Name +
                                             " could not be loaded: " +
                                             (Why ? Why : "unknown error"));
  }
  std::lock_guard Lock(Mutex);
  if (!is_contained(Handles, Handle))
    Handles.push_back(Handle);
  return Error::success();
}

void *Libraries::find(const std::string &Symbol) const {
  std::lock_guard Lock(Mutex);
  for (void *Handle : Handles)
    if (void *Address = dlsym(Handle, Symbol.c_str()))
      return Address;
  return nullptr;
}

Error LibrarySearchGenerator::tryToGenerate(
    orc::LookupState &LS, orc::LookupKind K, orc::JITDylib &JD,
    orc::JITDylibLookupFlags JDLookupFlags,
    const orc::SymbolLookupSet &LookupSet) {
  orc::SymbolMap Found;
  for (const auto &[Name, Flags] : LookupSet) {
    StringRef Symbol = *Name;
#ifdef __APPLE__
    // Mach-O's linker names carry an underscore that dlsym adds itself.
    if (!Symbol.consume_front("_"))
      continue;
#endif
    const std::string CName = Symbol.str();
    // What allocates here may be freed elsewhere, by the process's own.
    void *Address =
        isReplaceable(Symbol) ? dlsym(RTLD_DEFAULT, CName.c_str()) : nullptr;
    if (!Address)
      Address = Source.find(CName);
    if (Address)
      Found[Name] = {orc::ExecutorAddr::fromPtr(Address),
                     JITSymbolFlags::Exported};
  }
  if (Found.empty())
    return Error::success();
  return JD.define(orc::absoluteSymbols(std::move(Found)));
}

} // namespace hotswift
