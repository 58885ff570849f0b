// ELF only: of other libraries nothing is known.
#pragma once

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hotswift {

/// The symbol table of a shared library, which has those that it does not
/// export too. Addresses are those of the file.
class LibrarySymbols {
public:
  /// Reads a library whose contents never change. The newest two stay known, so
  /// that of a library only the first call takes its time.
  static llvm::Expected<std::shared_ptr<const LibrarySymbols>>
  read(const std::string &Path);

  /// Nothing where the library has no such symbol, or has several: names that
  /// are local to one of its objects need not be unique.
  std::optional<uint64_t> find(llvm::StringRef Name) const;
  /// As find, of what other objects than the one that defines it may use.
  std::optional<uint64_t> findShared(llvm::StringRef Name) const;
  /// Whether the library has one such symbol or several.
  bool has(llvm::StringRef Name) const { return ByName.contains(Name); }

  /// How many bytes from an address on belong to what begins there: its size,
  /// and what code is aligned to. 0 if anything begins there that \p IsOwn does
  /// not say yes to.
  uint64_t room(uint64_t Address,
                llvm::function_ref<bool(llvm::StringRef)> IsOwn) const;

private:
  struct Symbol {
    uint64_t Address;
    uint64_t Size;
    llvm::StringRef Name;
  };

  explicit LibrarySymbols(std::unique_ptr<llvm::MemoryBuffer> File)
      : File(std::move(File)) {}
  llvm::Error index();

  /// Holds the names.
  std::unique_ptr<llvm::MemoryBuffer> File;
  /// By address.
  std::vector<Symbol> Symbols;
  struct Place {
    uint64_t Address;
    bool IsPrivate;
    bool IsOneOfSeveral;
  };
  llvm::DenseMap<llvm::StringRef, Place> ByName;
};

} // namespace hotswift
