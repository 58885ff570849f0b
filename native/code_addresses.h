#pragma once

#include "graph_plugin.h"

namespace hotswift {

/// Has the crash record of the process, if there is one, told where the code of
/// each object lies.
class CodeAddressesPlugin : public GraphPlugin {
public:
  void modifyPassConfig(llvm::orc::MaterializationResponsibility &MR,
                        llvm::jitlink::LinkGraph &G,
                        llvm::jitlink::PassConfiguration &Config) override;
};

} // namespace hotswift
