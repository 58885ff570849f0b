#pragma once

#include "llvm/ADT/StringMap.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/Support/Error.h"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace hotswift {

/// The shared libraries that generations are linked against, in the order in
/// which they are searched: the order in which they were first asked for.
///
/// Libraries stay loaded for as long as the process lives.
class Libraries {
public:
  explicit Libraries(std::vector<std::string> SearchPaths)
      : SearchPaths(std::move(SearchPaths)) {}

  /// Loads what an object's autolink entry or a caller asks for: `-lNAME`, or a
  /// path. Other linker flags concern linkers and are passed over.
  ///
  /// Must run on the thread that runs Swift: libdispatch binds the main queue
  /// to the thread that loads it.
  llvm::Error load(llvm::StringRef Flag);

  /// The static library that stands for a flag: a path that is one, or what
  /// `-lNAME` finds where there is no shared one. Empty if there is none.
  std::string findStatic(llvm::StringRef Flag) const;

  /// The address of a symbol in the first library that has it, or null.
  void *find(const std::string &Symbol) const;

  /// The address of a symbol that a loaded library defines itself, or null.
  void *findIn(llvm::StringRef Path, llvm::StringRef Symbol);

  /// What was added to the addresses in the file of a loaded library; nothing
  /// if that is not known.
  std::optional<uint64_t> baseOf(llvm::StringRef Path) const;

private:
  struct Library {
    void *Handle = nullptr;
    /// Where it lies in memory; empty until it is asked for.
    std::pair<uintptr_t, uintptr_t> Range;
    /// What was looked for in it, null where it has none.
    llvm::StringMap<void *> Symbols;
  };

  llvm::Expected<void *> open(const std::string &Name);
  /// A file of this name on the search paths, or an empty path.
  std::string findFile(const llvm::Twine &Name) const;

  std::vector<std::string> SearchPaths;
  mutable std::mutex Mutex;
  /// By what was asked for.
  llvm::StringMap<Library> Loaded;
  std::vector<void *> Handles;
};

/// Loads the C++ library, whose symbols the ORC runtime and C++ code need. Node
/// is linked to it; hosts that are linked to another one statically, such as
/// Bun and Electron, are not.
llvm::Error loadCxxLibrary();

/// Makes what has an address in this process available to a JITDylib.
class AddressGenerator : public llvm::orc::DefinitionGenerator {
public:
  llvm::Error tryToGenerate(llvm::orc::LookupState &LS, llvm::orc::LookupKind K,
                            llvm::orc::JITDylib &JD,
                            llvm::orc::JITDylibLookupFlags JDLookupFlags,
                            const llvm::orc::SymbolLookupSet &LookupSet) final;

private:
  /// Null if there is none. \p Symbol is a C name.
  virtual void *addressOf(llvm::StringRef Symbol) = 0;
};

/// Makes the symbols of the libraries available to a JITDylib. Memory is
/// allocated and freed by the functions that the whole process uses.
class LibrarySearchGenerator : public AddressGenerator {
public:
  explicit LibrarySearchGenerator(const Libraries &Source) : Source(Source) {}

private:
  void *addressOf(llvm::StringRef Symbol) override;

  const Libraries &Source;
};

/// Makes the symbols that one library defines itself available to a JITDylib,
/// as if they were its own.
class OneLibraryGenerator : public AddressGenerator {
public:
  OneLibraryGenerator(Libraries &Source, std::string Path)
      : Source(Source), Path(std::move(Path)) {}

private:
  void *addressOf(llvm::StringRef Symbol) override {
    return Source.findIn(Path, Symbol);
  }

  Libraries &Source;
  std::string Path;
};

} // namespace hotswift
