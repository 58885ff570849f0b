// Thread-local variables of generations, on ELF for x86-64. On other platforms
// they are the ORC runtime's affair.
//
// The ORC runtime (LLVM 22) takes a pthread key for every object that has such
// variables, of which a process has some thousand, and gives objects that share
// a variable one each. Here each object has an image, each thread a copy of the
// images that it has used, and whoever refers to a variable reaches the same.
#pragma once

#include "graph_plugin.h"

namespace hotswift {

/// The function that generations call for the address of a thread-local
/// variable, in the place of `__tls_get_addr`.
constexpr const char *ThreadLocalResolver = "hotswift_tls_get_addr";
void *threadLocalResolverAddress();

/// Lowers accesses to thread-local variables.
///
/// First of the post-prune passes, before JITLink's tables are built and the
/// platform looks for its own: each variable that is asked for
/// (R_X86_64_TLSGD) gets an entry that leads to it. Symbols still have the
/// addresses of the object's sections, which rise in the order of the file.
/// Pre-fixup the layout is final: the object's image is made known, and
/// distances between its variables are filled in (local_dynamic_tls.h).
class ThreadLocalsPlugin : public GraphPlugin {
public:
  /// \p Platform: where the ORC runtime is linked, which goes its own way.
  explicit ThreadLocalsPlugin(const llvm::orc::JITDylib *Platform)
      : Platform(Platform) {}

  void modifyPassConfig(llvm::orc::MaterializationResponsibility &MR,
                        llvm::jitlink::LinkGraph &G,
                        llvm::jitlink::PassConfiguration &Config) override;

private:
  const llvm::orc::JITDylib *Platform;
};

} // namespace hotswift
