#include "child_process.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace hotswift {
namespace {

/// A descriptor that is closed unless it is taken.
class Descriptor {
public:
  Descriptor() = default;
  explicit Descriptor(int Number) : Number(Number) {}
  Descriptor(Descriptor &&Other) noexcept : Number(Other.take()) {}
  Descriptor &operator=(Descriptor &&Other) noexcept {
    reset(Other.take());
    return *this;
  }
  ~Descriptor() { reset(-1); }

  int get() const { return Number; }
  int take() { return std::exchange(Number, -1); }

private:
  void reset(int Other) {
    if (Number >= 0)
      ::close(Number);
    Number = Other;
  }

  int Number = -1;
};

std::error_code lastError() { return {errno, std::generic_category()}; }

/// One of the child's descriptors.
struct Stream {
  enum { Nothing, Pipe, Inherited } Kind = Nothing;
  int Inherit = -1;
  Descriptor Ours;
  Descriptor Theirs;
};

struct Request {
  std::string Program;
  std::vector<std::string> Arguments;
  std::vector<std::string> Environment;
  std::string Directory;
  bool NewSession = false;
  std::vector<Stream> Streams;
};

/// posix_spawn's descriptions of what the child does first.
class Preparations {
public:
  Preparations() {
    posix_spawn_file_actions_init(&Actions);
    posix_spawnattr_init(&Attributes);
  }
  Preparations(const Preparations &) = delete;
  Preparations &operator=(const Preparations &) = delete;
  ~Preparations() {
    posix_spawn_file_actions_destroy(&Actions);
    posix_spawnattr_destroy(&Attributes);
  }

  std::error_code describe(const Request &From) {
    short Flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (From.NewSession)
      Flags |= POSIX_SPAWN_SETSID;
    sigset_t None, All;
    sigemptyset(&None);
    sigfillset(&All);
    posix_spawnattr_setflags(&Attributes, Flags);
    posix_spawnattr_setsigmask(&Attributes, &None);
    // Node ignores SIGPIPE, and what is ignored is inherited.
    posix_spawnattr_setsigdefault(&Attributes, &All);
    int Failure = 0;
    if (!From.Directory.empty())
      Failure = posix_spawn_file_actions_addchdir_np(&Actions,
                                                     From.Directory.c_str());
    for (size_t I = 0; I < From.Streams.size() && Failure == 0; ++I) {
      const Stream &S = From.Streams[I];
      const int Target = static_cast<int>(I);
      Failure = S.Kind == Stream::Nothing
                    ? posix_spawn_file_actions_addopen(
                          &Actions, Target, "/dev/null",
                          Target == 0 ? O_RDONLY : O_RDWR, 0)
                    : posix_spawn_file_actions_adddup2(&Actions, S.Theirs.get(),
                                                       Target);
    }
    return {Failure, std::generic_category()};
  }

  posix_spawn_file_actions_t Actions;
  posix_spawnattr_t Attributes;
};

/// Opens what the child will have. What it inherits is copied to where no
/// descriptor of its own will be: one that is put in place must not take the
/// place of another that has yet to be.
std::error_code openStreams(std::vector<Stream> &Streams) {
  const int Above = static_cast<int>(Streams.size());
  const auto MoveUp = [&](int From) {
    return Descriptor(::fcntl(From, F_DUPFD_CLOEXEC, Above));
  };
  for (Stream &S : Streams) {
    if (S.Kind == Stream::Nothing)
      continue;
    if (S.Kind == Stream::Pipe) {
      int Ends[2];
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, Ends) < 0)
        return lastError();
      S.Ours = Descriptor(Ends[0]);
      const Descriptor Theirs(Ends[1]);
      S.Theirs = MoveUp(Theirs.get());
    } else {
      S.Theirs = MoveUp(S.Inherit);
    }
    if (S.Theirs.get() < 0)
      return lastError();
  }
  return {};
}

std::vector<char *> pointers(std::vector<std::string> &Texts) {
  std::vector<char *> Result;
  Result.reserve(Texts.size() + 1);
  for (std::string &Text : Texts)
    Result.push_back(Text.data());
  Result.push_back(nullptr);
  return Result;
}

std::error_code start(Request &From, pid_t &Pid) {
  Preparations First;
  if (std::error_code Failure = First.describe(From))
    return Failure;
  auto Arguments = pointers(From.Arguments);
  auto Environment = pointers(From.Environment);
  return {posix_spawnp(&Pid, From.Program.c_str(), &First.Actions,
                       &First.Attributes, Arguments.data(), Environment.data()),
          std::generic_category()};
}

/// Closes \p Told when a process has ended. Until it is reaped its number is no
/// other process's: that is left to the thread that uses the number. If nobody
/// is there to be told, it is reaped here.
void waitForEnd(pid_t Pid, Descriptor Told) {
  siginfo_t Info = {};
  while (::waitid(P_PID, Pid, &Info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  if (::send(Told.get(), "", 1, MSG_NOSIGNAL) < 0)
    ::waitpid(Pid, nullptr, 0);
}

/// The threads that wait for processes, by those. Never destroyed: when the
/// process ends, some of them still wait.
class Waiters {
public:
  static Waiters &shared() {
    static auto *All = new Waiters;
    return *All;
  }

  void add(pid_t Pid, std::thread Waiter) {
    std::lock_guard Lock(Mutex);
    std::thread &Known = Threads[Pid];
    // Of a process that nobody was there to reap.
    if (Known.joinable())
      Known.detach();
    Known = std::move(Waiter);
  }

  /// Of a process that has ended: returns when its thread has, too.
  void remove(pid_t Pid) {
    std::unique_lock Lock(Mutex);
    auto Known = Threads.extract(Pid);
    Lock.unlock();
    if (Known)
      Known.mapped().join();
  }

private:
  std::mutex Mutex;
  std::map<pid_t, std::thread> Threads;
};

/// On a thread of its own. Not by a function of Node's for other threads: Node
/// 20 frees those with the environment, whoever still calls them.
std::error_code watchEnd(pid_t Pid, Descriptor &Ours) {
  int Ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, Ends) < 0)
    return lastError();
  Ours = Descriptor(Ends[0]);
  Descriptor Theirs(Ends[1]);
  // Signals that the host handles are for its own threads.
  sigset_t All, Former;
  sigfillset(&All);
  pthread_sigmask(SIG_SETMASK, &All, &Former);
  Waiters::shared().add(Pid, std::thread(waitForEnd, Pid, std::move(Theirs)));
  pthread_sigmask(SIG_SETMASK, &Former, nullptr);
  return {};
}

Request read(const Napi::Object &Options) {
  Request Result;
  Result.Program = Options.Get("program").As<Napi::String>().Utf8Value();
  Result.Arguments = strings(Options.Get("arguments"));
  Result.Environment = strings(Options.Get("environment"));
  if (const auto Directory = Options.Get("directory"); Directory.IsString())
    Result.Directory = Directory.As<Napi::String>().Utf8Value();
  Result.NewSession = Options.Get("newSession").ToBoolean();
  const auto Streams = Options.Get("streams").As<Napi::Array>();
  for (uint32_t I = 0; I < Streams.Length(); ++I) {
    const Napi::Value Entry = Streams.Get(I);
    Stream &S = Result.Streams.emplace_back();
    if (Entry.IsNumber()) {
      S.Kind = Stream::Inherited;
      S.Inherit = static_cast<int>(number(Entry));
    } else if (Entry.As<Napi::String>().Utf8Value() == "pipe") {
      S.Kind = Stream::Pipe;
    }
  }
  return Result;
}

Napi::Value fail(Napi::Env Env, const std::error_code &Failure) {
  auto Reason = Napi::Object::New(Env);
  Reason.Set("errno", Failure.value());
  Reason.Set("message", Failure.message());
  return Reason;
}

} // namespace

Napi::Value spawnProcess(const Napi::CallbackInfo &Info) {
  Request From = read(Info[0].As<Napi::Object>());
  if (std::error_code Failure = openStreams(From.Streams))
    return fail(Info.Env(), Failure);
  pid_t Pid = 0;
  if (std::error_code Failure = start(From, Pid))
    return fail(Info.Env(), Failure);
  Descriptor Ended;
  if (std::error_code Failure = watchEnd(Pid, Ended)) {
    ::kill(Pid, SIGKILL);
    ::waitpid(Pid, nullptr, 0);
    return fail(Info.Env(), Failure);
  }
  auto Started = Napi::Object::New(Info.Env());
  Started.Set("pid", Pid);
  Started.Set("ended", Ended.take());
  auto Descriptors = Napi::Array::New(Info.Env(), From.Streams.size());
  for (uint32_t I = 0; I < From.Streams.size(); ++I)
    Descriptors[I] = From.Streams[I].Ours.take();
  Started.Set("descriptors", Descriptors);
  return Started;
}

Napi::Value reapProcess(const Napi::CallbackInfo &Info) {
  const auto Pid = static_cast<pid_t>(number(Info[0]));
  Waiters::shared().remove(Pid);
  int Status = 0;
  // Somebody else may have reaped it: how it ended is not known then.
  const bool IsKnown = ::waitpid(Pid, &Status, 0) > 0;
  auto Result = Napi::Object::New(Info.Env());
  if (IsKnown && WIFSIGNALED(Status))
    Result.Set("signal", WTERMSIG(Status));
  else
    Result.Set("exitCode", IsKnown ? WEXITSTATUS(Status) : 0);
  return Result;
}

} // namespace hotswift
