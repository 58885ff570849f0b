// Linux only.
#pragma once

#include "descriptor.h"

#include <sys/types.h>
#include <system_error>

namespace hotswift {

/// Writes to \p Told and closes it when a child has ended. The child is not
/// reaped: until it is, its number is no other process's. If nobody reads
/// \p Told any more, the child is reaped here.
///
/// One thread waits for all children, by their pidfds: a thread each would
/// cost 8 MB of addresses and one of the user's tasks. Kernels before 5.3 have
/// no pidfds, and some sandboxes refuse them; there it is a thread a child.
std::error_code watchChild(pid_t Child, Descriptor Told);

/// A descriptor that can be read when a process has ended; -1 where the system
/// has none. Closed on `exec`.
int openProcess(pid_t Process);

} // namespace hotswift
