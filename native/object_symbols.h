// ELF only: another object is an error.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <vector>

namespace hotswift {

struct DefinedSymbol {
  llvm::StringRef Name;
  /// A shared library that holds the object does not export it.
  bool IsHidden;
  /// Any object that uses it may define it as well.
  bool IsWeak;
};

/// A protocol conformance descriptor (`$s…Mc`) that only this object has, and
/// the descriptors it leads to.
struct ConformanceReference {
  llvm::StringRef Name;
  /// `$s…Mp`; empty if the object defines it and no other can see it.
  llvm::StringRef Protocol;
  /// `$s…Mn`; empty if the object defines it and no other can see it.
  llvm::StringRef Type;
};

/// What an object offers to others and needs of them. The names are the
/// object's bytes.
struct ObjectSymbols {
  std::vector<DefinedSymbol> Defined;
  std::vector<llvm::StringRef> Undefined;
  std::vector<ConformanceReference> Conformances;
};

/// Reads a relocatable object: its symbol table and the relocations of
/// conformance descriptors, nothing else. Damage there is an error; the rest of
/// the object is not looked at.
llvm::Expected<ObjectSymbols> readObjectSymbols(llvm::MemoryBufferRef Object);

} // namespace hotswift
