// Thread-local variables in the local-dynamic model of ELF on x86-64.
//
// A function that reaches variables of its own object asks once where the
// object's thread-local memory starts (R_X86_64_TLSLD) and adds the variables'
// offsets (R_X86_64_DTPOFF32). JITLink knows neither. Two parts put together
// what it knows to the same effect: `rewriteLocalDynamicAccess` changes the
// relocations while the object is prepared, `LocalDynamicPlugin` fills in the
// offsets when the object is laid out.
//
// "ELF Handling For Thread-Local Storage", sections 3.4.6 and 4.3.6.
#pragma once

#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/Object/ELF.h"

namespace hotswift {

/// Where an object's thread-local memory starts.
struct ThreadLocalStart {
  /// A symbol at offset 0 of the first thread-local section, by index.
  uint32_t Symbol;
};

/// The start for an object whose sections lie in the order of \p Sections, or
/// nothing if it has no thread-local variables.
std::optional<ThreadLocalStart>
findThreadLocalStart(llvm::ArrayRef<llvm::object::ELF64LE::Shdr> Sections,
                     llvm::ArrayRef<llvm::object::ELF64LE::Sym> Symbols);

/// Asking for the start of the memory becomes asking for the variable that lies
/// there, in the general-dynamic model. An offset becomes an absolute address,
/// which for a variable that every thread has its own of means nothing else.
///
/// Leaves any other relocation as it is.
void rewriteLocalDynamicAccess(llvm::object::ELF64LE::Rela &Relocation,
                               ThreadLocalStart Start);

/// Whether a relocation belongs to the local-dynamic model.
bool isLocalDynamic(const llvm::object::ELF64LE::Rela &Relocation);

/// Turns the addresses that stand for offsets into those.
///
/// Pre-prune the absolute relocations against thread-local sections are taken
/// out: they are no addresses. Pre-fixup the layout is final.
class LocalDynamicPlugin : public llvm::orc::ObjectLinkingLayer::Plugin {
public:
  void modifyPassConfig(llvm::orc::MaterializationResponsibility &MR,
                        llvm::jitlink::LinkGraph &G,
                        llvm::jitlink::PassConfiguration &Config) override;
  llvm::Error
  notifyFailed(llvm::orc::MaterializationResponsibility &) override {
    return llvm::Error::success();
  }
  llvm::Error notifyRemovingResources(llvm::orc::JITDylib &,
                                      llvm::orc::ResourceKey) override {
    return llvm::Error::success();
  }
  void notifyTransferringResources(llvm::orc::JITDylib &,
                                   llvm::orc::ResourceKey,
                                   llvm::orc::ResourceKey) override {}
};

} // namespace hotswift
