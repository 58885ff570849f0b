#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <string>
#include <vector>

namespace hotswift {

/// `NodeKind` (swift/AST/FineGrainedDependencies.h).
enum class DependencyKind : uint64_t {
  TopLevel,
  Nominal,
  PotentialMember,
  Member,
  DynamicLookup,
  External,
  SourceFile,
};

/// A node of a dependency file: something that the source file declares, or
/// something that it looks up and others declare. The strings are the file's
/// bytes.
struct DependencyNode {
  DependencyKind Kind;
  /// Otherwise it stands for the implementation.
  bool IsInterface;
  /// The file declares it. It can look it up as well: the type that it extends.
  bool IsProvided;
  /// A mangled type, `3App5ModelV`; with `@` and a fingerprint it is one
  /// extension of it.
  llvm::StringRef Context;
  llvm::StringRef Name;
  /// The compiler's hash of what the file declares; empty for none.
  llvm::StringRef Fingerprint;
  /// Positions of nodes in the file. All that the file looks up is what the
  /// implementation of its SourceFile node depends on.
  std::vector<uint64_t> DependsOn;
};

/// Reads a `.swiftdeps` file that the compiler wrote
/// (`-emit-reference-dependencies-path`).
///
/// Format: an LLVM bitstream with the signature `DEPS`, one block of records
/// (swift/AST/FineGrainedDependencyFormat.h).
llvm::Expected<std::vector<DependencyNode>>
readDependencies(llvm::MemoryBufferRef File);

} // namespace hotswift
