#include "main_queue.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#ifdef __linux__
#include <poll.h>
#include <unistd.h>
#else
#include <pthread.h>
#endif

namespace hotswift {

#ifdef __linux__
namespace {

/// What libdispatch offers to event loops that are not its own
/// (private/private.h: "4CF").
using MainQueueHandle = int (*)();
using DrainMainQueue = void (*)(void *);

struct Pump {
  DrainMainQueue Drain = nullptr;
  int Handle = -1;
  std::mutex Mutex;
  std::condition_variable Changed;
  bool Draining = false;
  /// The environment is being torn down: what belongs to it must not be touched
  /// any more, and the process may go on for a while.
  bool Ended = false;
  Napi::ThreadSafeFunction OnMainThread;
};

void drain(Napi::Env Env, Napi::Function, Pump *State) {
  // A null environment: it is being torn down, nothing may run any more.
  if (static_cast<napi_env>(Env) != nullptr) {
    uint64_t Wakeups = 0;
    [[maybe_unused]] ssize_t Read =
        ::read(State->Handle, &Wakeups, sizeof(Wakeups));
    State->Drain(nullptr);
  }
  {
    std::lock_guard Lock(State->Mutex);
    State->Draining = false;
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

void waitForWork(Pump *State) {
  pollfd Descriptor = {State->Handle, POLLIN, 0};
  while (true) {
    if (::poll(&Descriptor, 1, -1) < 0)
      continue;
    // The call only queues, so the lock is held across it: the environment
    // cannot end in between.
    std::unique_lock Lock(State->Mutex);
    if (State->Ended)
      return;
    State->Draining = true;
    if (State->OnMainThread.NonBlockingCall(State, drain) != napi_ok)
      return;
    State->Changed.wait(Lock,
                        [State] { return State->Ended || !State->Draining; });
    if (State->Ended)
      return;
  }
}

} // namespace

bool pumpMainQueue(Napi::Env Env, const Libraries &Runtime) {
  static std::atomic<bool> Started = false;
  if (::getpid() != ::gettid())
    return false;
  auto Handle = reinterpret_cast<MainQueueHandle>(
      Runtime.find("_dispatch_get_main_queue_handle_4CF"));
  auto Drain = reinterpret_cast<DrainMainQueue>(
      Runtime.find("_dispatch_main_queue_callback_4CF"));
  if (!Handle || !Drain)
    return false;
  if (Started.exchange(true))
    return true;
  // Never freed: the thread ends with the process.
  auto *State = new Pump;
  State->Drain = Drain;
  State->Handle = Handle();
  State->OnMainThread = Napi::ThreadSafeFunction::New(
      Env, Napi::Function::New(Env, [](const Napi::CallbackInfo &) {}),
      "hotswift main queue", /*maxQueueSize=*/0, /*initialThreadCount=*/1);
  State->OnMainThread.Unref(Env);
  Env.AddCleanupHook(end, State);
  std::thread(waitForWork, State).detach();
  return true;
}

#else

// macOS: the main queue is drained by the run loop of the process's main
// thread.
bool pumpMainQueue(Napi::Env, const Libraries &) { return false; }

#endif

} // namespace hotswift
