#pragma once

#include <system_error>

namespace hotswift {

/// Has the process, and what descends from it (process_family.h), killed when
/// the other end of a socket is closed: at once, whatever the other threads are
/// doing. What comes over the socket is left to whoever reads it.
///
/// An error if there can be no thread that waits for that.
std::error_code endWithPeer(int Descriptor);

} // namespace hotswift
