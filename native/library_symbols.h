// ELF only: of other libraries nothing is known.
#pragma once

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace hotswift {

/// A place in a shared library, as an offset from where it is loaded.
struct LibrarySymbol {
  uint64_t Offset = 0;
  /// How many bytes are its own: its size, and what it is aligned to.
  uint64_t Room = 0;
  /// Whether others than the symbols that were asked for begin here.
  bool IsShared = false;
};

/// Finds symbols in the symbol table of a shared library, those that it does
/// not export too. Left out is what it does not have, and what it has more than
/// once: names that are local to one of its objects need not be unique.
llvm::Expected<llvm::StringMap<LibrarySymbol>>
findLibrarySymbols(const std::string &Path, const llvm::StringSet<> &Names);

} // namespace hotswift
