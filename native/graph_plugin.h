#pragma once

#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"

namespace hotswift {

/// A plugin that adds passes to the link of each object and keeps nothing that
/// would have to go when a link fails or is taken back: none is.
class GraphPlugin : public llvm::orc::ObjectLinkingLayer::Plugin {
public:
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
