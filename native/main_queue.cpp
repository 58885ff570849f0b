#include "main_queue.h"

#include "errors.h"
#include "thread.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#ifdef __linux__
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#else
#include <pthread.h>
#endif

namespace hotswift {

#ifdef __linux__
namespace {

using Clock = std::chrono::steady_clock;

/// The main run loop of CoreFoundation, which libFoundation.so exports
/// (CFRunLoop.h in the toolchain's CoreFoundation headers).
class MainRunLoop {
public:
  static std::optional<MainRunLoop> find(const Libraries &Runtime) {
    MainRunLoop Found;
    const auto Read = [&](auto &Function, const char *Name) {
      Function = reinterpret_cast<std::remove_reference_t<decltype(Function)>>(
          Runtime.find(Name));
      return Function != nullptr;
    };
    if (!Read(Found.Main, "CFRunLoopGetMain") ||
        !Read(Found.RunInMode, "CFRunLoopRunInMode") ||
        !Read(Found.NextTimer, "CFRunLoopGetNextTimerFireDate") ||
        !Read(Found.Now, "CFAbsoluteTimeGetCurrent") ||
        !Read(Found.DefaultMode, "kCFRunLoopDefaultMode"))
      return std::nullopt;
    return Found;
  }

  /// Runs what is due and returns when the next timer is.
  std::optional<Clock::time_point> run() const {
    // Blocks that blocks gave it run in the next pass, and nothing tells that
    // there are any. A pass costs 5 µs.
    constexpr int Passes = 8;
    for (int Pass = 0; Pass < Passes; ++Pass)
      RunInMode(*DefaultMode, /*seconds=*/0,
                /*returnAfterSourceHandled=*/false);
    const double Next = NextTimer(Main(), *DefaultMode);
    if (Next == 0) // no timer
      return std::nullopt;
    // A date in the far future stands for never.
    constexpr double LongestWait = 24 * 60 * 60;
    const double Seconds = std::clamp(Next - Now(), 0.0, LongestWait);
    return Clock::now() + std::chrono::microseconds(
                              static_cast<int64_t>(std::ceil(Seconds * 1e6)));
  }

private:
  using String = const void *;
  using RunLoop = const void *;

  RunLoop (*Main)() = nullptr;
  int32_t (*RunInMode)(String, double, unsigned char) = nullptr;
  double (*NextTimer)(RunLoop, String) = nullptr;
  double (*Now)() = nullptr;
  const String *DefaultMode = nullptr;
};

/// What libdispatch offers to event loops that are not its own
/// (private/private.h: "4CF").
using MainQueueHandle = int (*)();
using DrainMainQueue = void (*)(void *);

struct Pump {
  DrainMainQueue Drain = nullptr;
  int Handle = -1;
  /// Interrupts the wait for the handle: the run loop is due sooner.
  int Wakeup = -1;
  std::mutex Mutex;
  std::condition_variable Changed;
  bool Draining = false;
  /// The environment is being torn down: what belongs to it must not be touched
  /// any more, and the process may go on for a while.
  bool Ended = false;
  /// When the run loop has something to do.
  std::optional<Clock::time_point> Due;
  /// How often it was looked after since something happened.
  unsigned Rechecks = 0;
  /// On the JavaScript thread only.
  std::optional<MainRunLoop> RunLoop;
  Napi::ThreadSafeFunction OnMainThread;
};

/// The process's pump, once there is one.
std::atomic<Pump *> ThePump = nullptr;

bool isMainThread() { return ::getpid() == ::gettid(); }

/// Empties a non-blocking eventfd.
void acknowledge(int EventDescriptor) {
  uint64_t Count = 0;
  [[maybe_unused]] ssize_t Read =
      ::read(EventDescriptor, &Count, sizeof(Count));
}

/// Nothing tells what blocks and main queue work that ran last have left in the
/// run loop: it is looked after a few times more, at growing distances.
std::optional<Clock::time_point>
nextLook(Pump &State, std::optional<Clock::time_point> NextTimer) {
  constexpr unsigned MostRechecks = 6;
  if (State.Rechecks == MostRechecks) {
    State.Rechecks = 0;
    return NextTimer;
  }
  const auto Recheck =
      Clock::now() + std::chrono::milliseconds(1 << State.Rechecks++);
  return NextTimer ? std::min(*NextTimer, Recheck) : Recheck;
}

void drain(Napi::Env Env, Napi::Function, Pump *State) {
  std::optional<Clock::time_point> Due;
  // A null environment: it is being torn down, nothing may run any more.
  if (static_cast<napi_env>(Env) != nullptr) {
    acknowledge(State->Handle);
    State->Drain(nullptr);
    if (State->RunLoop)
      Due = State->RunLoop->run();
  }
  {
    std::lock_guard Lock(State->Mutex);
    State->Draining = false;
    State->Due = State->RunLoop ? nextLook(*State, Due) : Due;
  }
  State->Changed.notify_one();
}

/// Runs before the environment destroys the thread-safe function, which it made
/// earlier: cleanup hooks run in the opposite order.
void end(Pump *State) {
  {
    std::lock_guard Lock(State->Mutex);
    State->Ended = true;
  }
  State->Changed.notify_one();
}

/// Milliseconds until the run loop is due, as poll takes them: -1 for never.
int millisecondsUntilDue(Pump *State) {
  std::lock_guard Lock(State->Mutex);
  if (!State->Due)
    return -1;
  const auto Wait =
      std::chrono::ceil<std::chrono::milliseconds>(*State->Due - Clock::now());
  return static_cast<int>(std::max<int64_t>(Wait.count(), 0));
}

void waitForWork(Pump *State) {
  pollfd Descriptors[] = {{State->Handle, POLLIN, 0},
                          {State->Wakeup, POLLIN, 0}};
  while (true) {
    if (::poll(Descriptors, 2, millisecondsUntilDue(State)) < 0)
      continue;
    // Swift code has closed a descriptor that is not its own.
    if ((Descriptors[0].revents | Descriptors[1].revents) &
        (POLLNVAL | POLLERR))
      return;
    acknowledge(State->Wakeup);
    // The call only queues, so the lock is held across it: the environment
    // cannot end in between.
    std::unique_lock Lock(State->Mutex);
    if (State->Ended)
      return;
    if (Descriptors[0].revents & POLLIN)
      State->Rechecks = 0;
    const bool IsDue = State->Due && *State->Due <= Clock::now();
    if (!(Descriptors[0].revents & POLLIN) && !IsDue)
      continue;
    State->Draining = true;
    if (State->OnMainThread.NonBlockingCall(State, drain) != napi_ok)
      return;
    State->Changed.wait(Lock,
                        [State] { return State->Ended || !State->Draining; });
    if (State->Ended)
      return;
  }
}

llvm::Error cannotWait(const std::error_code &Failure) {
  return makeError(ErrorKind::System,
                   "nothing can wait for the main queue: " + Failure.message());
}

} // namespace

llvm::Error pumpMainQueue(Napi::Env Env, const Libraries &Runtime) {
  if (!isMainThread() || ThePump.load() != nullptr)
    return llvm::Error::success();
  auto Handle = reinterpret_cast<MainQueueHandle>(
      Runtime.find("_dispatch_get_main_queue_handle_4CF"));
  auto Drain = reinterpret_cast<DrainMainQueue>(
      Runtime.find("_dispatch_main_queue_callback_4CF"));
  if (!Handle || !Drain)
    return llvm::Error::success();
  const int Wakeup = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (Wakeup < 0)
    return cannotWait({errno, std::generic_category()});
  auto Made = std::make_unique<Pump>();
  Made->Drain = Drain;
  Made->Handle = Handle();
  Made->Wakeup = Wakeup;
  // The thread waits for the rest.
  const std::lock_guard Lock(Made->Mutex);
  if (std::error_code Failure =
          startThread([State = Made.get()] { waitForWork(State); })) {
    ::close(Wakeup);
    return cannotWait(Failure);
  }
  // Never freed: the thread ends with the process.
  Pump *State = Made.release();
  State->OnMainThread = Napi::ThreadSafeFunction::New(
      Env, Napi::Function::New(Env, [](const Napi::CallbackInfo &) {}),
      "hotswift main queue", /*maxQueueSize=*/0, /*initialThreadCount=*/1);
  State->OnMainThread.Unref(Env);
  Env.AddCleanupHook(end, State);
  ThePump = State;
  return llvm::Error::success();
}

void serviceRunLoop(const Libraries &Runtime) {
  Pump *State = ThePump;
  if (State == nullptr || !isMainThread())
    return;
  // A later generation may be the first to load Foundation.
  if (!State->RunLoop)
    State->RunLoop = MainRunLoop::find(Runtime);
  if (!State->RunLoop)
    return;
  {
    std::lock_guard Lock(State->Mutex);
    State->Due = Clock::now();
    State->Rechecks = 0;
  }
  const uint64_t One = 1;
  [[maybe_unused]] ssize_t Written = ::write(State->Wakeup, &One, sizeof(One));
}

#else

// macOS: the main queue and the main run loop are served by the run loop of the
// process's main thread.
llvm::Error pumpMainQueue(Napi::Env, const Libraries &) {
  return llvm::Error::success();
}
void serviceRunLoop(const Libraries &) {}

#endif

} // namespace hotswift
