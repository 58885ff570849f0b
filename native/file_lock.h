#pragma once

#include <chrono>

namespace hotswift {

enum class LockResult {
  Locked,
  /// Somebody else has a lock that this one does not go with.
  Busy,
  /// The file system has none, or the descriptor does not do for it.
  Unsupported,
};

/// Locks an open file (flock(2)); waits for others for so long at most. The
/// lock belongs to the opened file: it ends when the last descriptor of it is
/// closed, which the kernel does for a process however that ends. Two openings
/// in one process are two owners.
LockResult lockFile(int Descriptor, bool IsExclusive,
                    std::chrono::milliseconds Patience);

} // namespace hotswift
