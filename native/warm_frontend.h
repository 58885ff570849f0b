// The two parts of the library for the compiler's process: the server, and the
// calls of the C library that it has to know of (warm_frontend_calls.cpp).
#pragma once

namespace warm_frontend {

/// How the frontend has looked at a path.
enum class Look {
  AtFile,
  /// At a link itself, and not at what it leads to.
  AtLink,
  /// At the names in a folder.
  AtNames,
};

/// To be called before anything tells the frontend something of a path. Returns
/// in a fork if this is the path that stops the frontend.
void onPath(const char *Path, Look How = Look::AtFile);

/// The frontend has seen something of which nothing can be told later: it will
/// not be forked.
void cannotNote(const char *Reason);

/// False in forks and in other processes: there is nothing to be called then.
bool isNoting();

} // namespace warm_frontend
