// What descends from a process that was started here, and its end. The
// functions are there on Linux only.
#pragma once

#include "descriptor.h"

#include <sys/types.h>
#include <vector>

namespace hotswift {

/// Gives a process a mark that all processes have that it starts from now on,
/// and that they start: whatever their sessions, parents and environments are
/// by then. Where the system does not allow it, there is none.
///
/// The mark is a number that no other process has, as the soft limit
/// RLIMIT_LOCKS, which limits nothing (getrlimit(2): of Linux 2.4 alone).
void markFamily(pid_t Leader);

/// A process that has been killed, and a descriptor that can be read when it
/// has ended; -1 where the system has none.
struct KilledProcess {
  pid_t Number;
  Descriptor End;
};

/// Kills what descends from \p Leader, a process that leads a session: all that
/// is in that session, in whatever process group; that has such a process for a
/// parent; or that has its mark, as daemons have.
///
/// \p Leader itself is left alone. It may have ended but must not be reaped, so
/// that its number is still its own; or it is the calling process.
std::vector<KilledProcess> killFamily(pid_t Leader);

/// As killFamily. Nothing is left of them when this returns: those that this
/// process adopts, as process 1 does, are reaped.
void endFamily(pid_t Leader);

/// Reaps children of this process that have ended and descend from one of these
/// leaders, which are not reaped: it has adopted them. Others of its children
/// are left to those that started them.
void reapOrphans(const std::vector<pid_t> &Leaders);

} // namespace hotswift
