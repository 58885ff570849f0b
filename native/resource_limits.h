#pragma once

#include <cstdint>

namespace hotswift {

/// What a process may use at most, from now on.
struct ResourceLimits {
  /// Of processor time; then a signal ends it. Unlike time that passes, it is
  /// the same on a busy machine.
  uint64_t ProcessorSeconds;
  /// Of memory that it writes to, in bytes.
  uint64_t Memory;
};

/// Limits this process, which leaves no core either when it crashes. Where the
/// system knows no such limit, there is none.
void limitResources(const ResourceLimits &Limits);

} // namespace hotswift
