#pragma once

namespace hotswift {

/// Has the process, and the group that it leads, killed when the other end of a
/// socket is closed: at once, whatever the other threads are doing. What comes
/// over the socket is left to whoever reads it.
void endWithPeer(int Descriptor);

} // namespace hotswift
