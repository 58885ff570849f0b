#include "peer_watch.h"

#include "thread.h"

#include "process_family.h"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <unistd.h>

namespace hotswift {
namespace {

void waitForEnd(int Descriptor) {
  // No events: what is left is the end, which is always told. One wait for all
  // of the process's life, during which the system holds on to the socket, so
  // that closing the descriptor takes nothing away.
  pollfd Socket = {Descriptor, 0, 0};
  while (::poll(&Socket, 1, -1) < 0 && errno == EINTR) {
  }
#ifdef __linux__
  killFamily(::getpid());
#endif
  ::kill(-::getpid(), SIGKILL);
}

} // namespace

std::error_code endWithPeer(int Descriptor) {
  return startThread([Descriptor] { waitForEnd(Descriptor); });
}

} // namespace hotswift
