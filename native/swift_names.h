// Parts of Swift's mangled names (docs/ABI/Mangling.rst).
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace hotswift {

/// An identifier as it stands in a mangled name: `3App`, or `00`, a length and
/// punycode for what is not ASCII. In a name that has said some of its words
/// before, the compiler abbreviates it; the first identifier of a name never
/// is, and that is the module's in names of what the module declares.
std::string mangleIdentifier(llvm::StringRef Identifier);

/// A type as it is written in its module, `Model.Part` of `3App5ModelV4PartV`,
/// which may be nested in extensions; the mangled context itself where it is
/// more than nested types of a module.
std::string readableContext(llvm::StringRef Context);

/// The name of a mangled type, without the types around it: `Part` of
/// `3App5ModelV4PartV`, `Int` of `Si`. Empty where it cannot be read.
std::string lastTypeIn(llvm::StringRef Context);

} // namespace hotswift
