#include "file_lock.h"

#include <cerrno>
#include <thread>

#include <sys/file.h>

namespace hotswift {

LockResult lockFile(int Descriptor, bool IsExclusive,
                    std::chrono::milliseconds Patience) {
  // No wait of flock's own: it has no end, and no other thread can end it.
  using Clock = std::chrono::steady_clock;
  const auto End = Clock::now() + Patience;
  const int Operation = (IsExclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
  while (flock(Descriptor, Operation) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return LockResult::Unsupported;
    if (Clock::now() >= End)
      return LockResult::Busy;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return LockResult::Locked;
}

} // namespace hotswift
