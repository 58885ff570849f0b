#include "child_watch.h"

#include "thread.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <mutex>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace hotswift {
namespace {

std::error_code lastError() { return {errno, std::generic_category()}; }

void tell(pid_t Child, const Descriptor &Told) {
  if (::send(Told.get(), "", 1, MSG_NOSIGNAL) < 0)
    ::waitpid(Child, nullptr, 0);
}

struct Watched {
  pid_t Child;
  Descriptor Process;
  Descriptor Told;
};

/// Never destroyed: its thread waits as long as the process lives.
class ChildWatch {
public:
  static ChildWatch &shared() {
    static auto *Only = new ChildWatch;
    return *Only;
  }

  std::error_code add(std::unique_ptr<Watched> Entry) {
    if (std::error_code Failure = provide())
      return Failure;
    // The thread has it from now on.
    Watched *const Given = Entry.release();
    epoll_event Event = {};
    Event.events = EPOLLIN;
    Event.data.ptr = Given;
    if (::epoll_ctl(Events.get(), EPOLL_CTL_ADD, Given->Process.get(), &Event) <
        0) {
      const std::error_code Failure = lastError();
      delete Given;
      return Failure;
    }
    return {};
  }

private:
  std::error_code provide() {
    const std::lock_guard Lock(Mutex);
    if (Events.get() >= 0)
      return {};
    Descriptor Made(::epoll_create1(EPOLL_CLOEXEC));
    if (Made.get() < 0)
      return lastError();
    if (std::error_code Failure =
            startThread([Waited = Made.get()] { wait(Waited); }))
      return Failure;
    Events = std::move(Made);
    return {};
  }

  static void wait(int Events) {
    std::array<epoll_event, 16> Ended;
    while (true) {
      const int Count = ::epoll_wait(Events, Ended.data(),
                                     static_cast<int>(Ended.size()), -1);
      // Somebody has closed a descriptor that is not his own.
      if (Count < 0 && errno != EINTR)
        return;
      for (int I = 0; I < Count; ++I) {
        const std::unique_ptr<Watched> Entry(
            static_cast<Watched *>(Ended[I].data.ptr));
        ::epoll_ctl(Events, EPOLL_CTL_DEL, Entry->Process.get(), nullptr);
        tell(Entry->Child, Entry->Told);
      }
    }
  }

  std::mutex Mutex;
  Descriptor Events;
};

void waitForOne(pid_t Child, const Descriptor &Told) {
  siginfo_t Info = {};
  while (::waitid(P_PID, Child, &Info, WEXITED | WNOWAIT) < 0 &&
         errno == EINTR) {
  }
  tell(Child, Told);
}

} // namespace

int openProcess(pid_t Process) {
#ifdef SYS_pidfd_open
  return static_cast<int>(::syscall(SYS_pidfd_open, Process, 0));
#else
  errno = ENOSYS;
  return -1;
#endif
}

std::error_code watchChild(pid_t Child, Descriptor Told) {
  Descriptor Process(openProcess(Child));
  if (Process.get() >= 0)
    return ChildWatch::shared().add(std::make_unique<Watched>(
        Watched{Child, std::move(Process), std::move(Told)}));
  if (errno != ENOSYS && errno != EPERM)
    return lastError();
  const auto Shared = std::make_shared<Descriptor>(std::move(Told));
  return startThread([Child, Shared] { waitForOne(Child, *Shared); });
}

} // namespace hotswift
