#include "thread.h"

#include <csignal>
#include <memory>
#include <pthread.h>

namespace hotswift {
namespace {

void *run(void *Work) {
  const std::unique_ptr<std::function<void()>> Owned(
      static_cast<std::function<void()> *>(Work));
  (*Owned)();
  return nullptr;
}

} // namespace

std::error_code startThread(std::function<void()> Work) {
  auto *const Given = new std::function<void()>(std::move(Work));
  // A new thread inherits which signals it takes.
  sigset_t All, Former;
  sigfillset(&All);
  pthread_sigmask(SIG_SETMASK, &All, &Former);
  pthread_t Thread;
  const int Failure = pthread_create(&Thread, nullptr, run, Given);
  pthread_sigmask(SIG_SETMASK, &Former, nullptr);
  if (Failure != 0) {
    delete Given;
    return {Failure, std::generic_category()};
  }
  pthread_detach(Thread);
  return {};
}

} // namespace hotswift
