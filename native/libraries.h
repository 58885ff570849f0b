#pragma once

#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/Support/Error.h"

#include <mutex>
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

private:
  llvm::Error open(const std::string &Name);
  /// A file of this name on the search paths, or an empty path.
  std::string findFile(const llvm::Twine &Name) const;

  std::vector<std::string> SearchPaths;
  mutable std::mutex Mutex;
  std::vector<std::string> Loaded;
  std::vector<void *> Handles;
};

/// Makes the symbols of the libraries available to a JITDylib. Memory is
/// allocated and freed by the functions that the whole process uses.
class LibrarySearchGenerator : public llvm::orc::DefinitionGenerator {
public:
  explicit LibrarySearchGenerator(const Libraries &Source) : Source(Source) {}

  llvm::Error
  tryToGenerate(llvm::orc::LookupState &LS, llvm::orc::LookupKind K,
                llvm::orc::JITDylib &JD,
                llvm::orc::JITDylibLookupFlags JDLookupFlags,
                const llvm::orc::SymbolLookupSet &LookupSet) override;

private:
  const Libraries &Source;
};

} // namespace hotswift
