#pragma once

#include "llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h"

#include <string>
#include <vector>

namespace hotswift {

/// Memory for one link at a time, never executed. It lies at the same address
/// in every process, so that an input does the same in each of them.
///
/// JITLink is not instrumented: what it writes out of bounds would go unseen.
/// There are guard bytes around every block, checked when all fixups are
/// applied, and pages without access around the whole.
class GuardedMemoryManager : public llvm::jitlink::JITLinkMemoryManager {
public:
  using JITLinkMemoryManager::allocate;
  using JITLinkMemoryManager::deallocate;

  void allocate(const llvm::jitlink::JITLinkDylib *JD,
                llvm::jitlink::LinkGraph &G,
                OnAllocatedFunction OnAllocated) override;
  void deallocate(std::vector<FinalizedAlloc> Allocs,
                  OnDeallocatedFunction OnDeallocated) override;

  /// An address that 32-bit relocations reach from everywhere in the memory.
  static llvm::orc::ExecutorAddr nearby(uint32_t Offset);
};

} // namespace hotswift
