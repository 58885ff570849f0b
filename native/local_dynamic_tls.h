// Thread-local variables in the local-dynamic model of ELF on x86-64.
//
// A function that reaches variables of its own object asks once where the
// object's thread-local memory is (R_X86_64_TLSLD) and adds the variables'
// offsets (R_X86_64_DTPOFF32). JITLink knows neither. While the object is
// prepared the relocations are changed to some that it knows;
// `ThreadLocalsPlugin` fills in the offsets when the object is laid out.
//
// "ELF Handling For Thread-Local Storage", sections 3.4.6 and 4.3.6.
#pragma once

#include "llvm/Object/ELF.h"

#include <optional>

namespace hotswift {

/// The variable from which an object's others are reached: its first, in the
/// order of sections and offsets, that no other object's can stand in for.
struct ThreadLocalAnchor {
  /// Its index in the symbol table.
  uint32_t Symbol;
};

/// Nothing if the object has no such variable.
std::optional<ThreadLocalAnchor>
findThreadLocalAnchor(llvm::ArrayRef<llvm::object::ELF64LE::Shdr> Sections,
                      llvm::ArrayRef<llvm::object::ELF64LE::Sym> Symbols);

/// Asking for the memory becomes asking for the anchor, in the general-dynamic
/// model. An offset becomes an absolute address, which for a variable that
/// every thread has its own of means nothing else: `ThreadLocalsPlugin` makes
/// it the distance from the anchor.
///
/// Leaves any other relocation as it is.
void rewriteLocalDynamicAccess(llvm::object::ELF64LE::Rela &Relocation,
                               ThreadLocalAnchor Anchor);

/// Whether a relocation of code belongs to the local-dynamic model.
bool isLocalDynamic(const llvm::object::ELF64LE::Rela &Relocation);

/// Takes out what debug information says of the place of a thread-local
/// variable, which JITLink does not know either, in sections that it need not
/// understand.
void dropThreadLocalOffset(llvm::object::ELF64LE::Rela &Relocation);

} // namespace hotswift
