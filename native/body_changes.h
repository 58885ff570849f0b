#pragma once

#include "object_units.h"

#include "llvm/ADT/StringSet.h"

#include <string>
#include <vector>

namespace hotswift {

/// Bytes of a variable that begin with another value now.
struct ValueChange {
  std::string Symbol;
  size_t Offset = 0;
  std::string Bytes;
};

/// How a new version of an object differs from the former one, where nothing
/// differs but what functions do and what variables begin with.
struct BodyChanges {
  /// Linker names of functions that both versions have, and that do something
  /// else now.
  std::vector<std::string> Functions;
  std::vector<ValueChange> Values;
  /// Linker names of everything that both versions have and that is the same.
  llvm::StringSet<> Same;
  /// Linker names of what only the former version has.
  llvm::StringSet<> Gone;
};

/// Compares two versions of an object. An error of the kind `Link` says why the
/// new one cannot take the place of the former one function by function: types,
/// conformances or variables differ that the runtime, or other objects, know by
/// their addresses.
llvm::Expected<BodyChanges> compareBodies(const ObjectUnits &Former,
                                          const ObjectUnits &Present);

} // namespace hotswift
