#include "peer_watch.h"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <thread>
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
  ::kill(-::getpid(), SIGKILL);
}

} // namespace

void endWithPeer(int Descriptor) {
  // Signals that Swift code handles are for the threads that run Swift; a new
  // thread inherits which ones it takes.
  sigset_t All, Former;
  sigfillset(&All);
  pthread_sigmask(SIG_SETMASK, &All, &Former);
  std::thread(waitForEnd, Descriptor).detach();
  pthread_sigmask(SIG_SETMASK, &Former, nullptr);
}

} // namespace hotswift
