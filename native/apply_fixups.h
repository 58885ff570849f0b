#pragma once

#include "graph_plugin.h"

#include <mutex>
#include <set>

namespace hotswift {

/// Applies the fixups of a graph itself, and drops its edges.
///
/// ORC derives from the edges which symbols need which others, so that a symbol
/// is ready once all that it needs is. It takes the blocks without a symbol out
/// of that relation one by one, in the order of a hash table, and the relation
/// fills in meanwhile: a file of 130 lines takes from 0.2 to more than 10
/// seconds. A generation needs none of it, since it is linked as a whole: its
/// objects are all asked for, and hasFailed() tells of those that were added
/// meanwhile, the members of static libraries.
///
/// The pass has to be the last before fixups are applied: the plugin is added
/// after all others. Graphs of the platform's JITDylib stay as they are.
class ApplyFixupsPlugin : public GraphPlugin {
public:
  explicit ApplyFixupsPlugin(const llvm::orc::JITDylib *Platform)
      : Platform(Platform) {}

  void modifyPassConfig(llvm::orc::MaterializationResponsibility &MR,
                        llvm::jitlink::LinkGraph &G,
                        llvm::jitlink::PassConfiguration &Config) override;
  llvm::Error
  notifyFailed(llvm::orc::MaterializationResponsibility &MR) override;

  /// Whether a link into a JITDylib has failed.
  bool hasFailed(const llvm::orc::JITDylib &JD);

private:
  const llvm::orc::JITDylib *Platform;
  std::mutex Mutex;
  std::set<const llvm::orc::JITDylib *> Failed;
};

} // namespace hotswift
