#include "lock_wait.h"

#include "descriptor.h"
#include "thread.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace hotswift {
namespace {

/// On a thread of its own: another process may hold the lock for minutes.
void waitForLock(int Lock, int Told) {
  const Descriptor Owned(Told);
  while (::flock(Lock, LOCK_EX) != 0 && errno == EINTR) {
  }
  if (::send(Told, "", 1, MSG_NOSIGNAL) < 0)
    ::close(Lock);
}

Napi::Value fail(Napi::Env Env, int Number) {
  auto Reason = Napi::Object::New(Env);
  Reason.Set("errno", Number);
  return Reason;
}

} // namespace

Napi::Value waitForFileLock(const Napi::CallbackInfo &Info) {
  const Napi::Env Env = Info.Env();
  const std::string Path = Info[0].As<Napi::String>().Utf8Value();
  Descriptor Lock(::open(Path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (Lock.get() < 0)
    return fail(Env, errno);
  auto Result = Napi::Object::New(Env);
  if (::flock(Lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return fail(Env, errno);
    int Ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, Ends) < 0)
      return fail(Env, errno);
    Descriptor Ours(Ends[0]);
    Descriptor Theirs(Ends[1]);
    if (const std::error_code Failure =
            startThread([Waited = Lock.get(), Told = Theirs.get()] {
              waitForLock(Waited, Told);
            }))
      return fail(Env, Failure.value());
    static_cast<void>(Theirs.take());
    Result.Set("locked", Ours.take());
  }
  Result.Set("lock", Lock.take());
  return Result;
}

} // namespace hotswift
