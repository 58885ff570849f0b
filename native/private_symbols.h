// ELF only: other objects stay as they are.
#pragma once

#include "llvm/ADT/ArrayRef.h"

namespace hotswift {

/// Makes symbols local to their object, of the kinds that nobody finds by name
/// except another object of the image: Swift's own, and the copies that every
/// image has. Those that another object mentions stay global, and what lies in
/// a section of the program's own.
///
/// The linker then keeps no name for them, nor what nothing refers to: half of
/// what a generation leaves in memory apart from its code. Such an object is
/// not well-formed any more (global symbols come before local ones), which
/// JITLink does not mind.
///
/// \p Objects: all that are linked together, as prepareObject gives them; they
/// are changed in place. Linear in their symbols.
void makeSymbolsPrivate(llvm::ArrayRef<llvm::MutableArrayRef<char>> Objects);

} // namespace hotswift
