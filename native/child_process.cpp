#include "child_process.h"

#include "child_watch.h"
#include "process_family.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace hotswift {
namespace {

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
  bool LeavesCore = false;
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
      Failure = posix_spawn_file_actions_adddup2(
          &Actions, From.Streams[I].Theirs.get(), static_cast<int>(I));
    }
    return {Failure, std::generic_category()};
  }

  posix_spawn_file_actions_t Actions;
  posix_spawnattr_t Attributes;
};

/// Opens what the child will have. What it inherits is copied to where no
/// descriptor of its own will be: one that is put in place must not take the
/// place of another that has yet to be.
///
/// \p Failed is the path of what cannot be opened, if it has one.
std::error_code openStreams(std::vector<Stream> &Streams, const char *&Failed) {
  const int Above = static_cast<int>(Streams.size());
  const auto MoveUp = [&](int From) {
    return Descriptor(::fcntl(From, F_DUPFD_CLOEXEC, Above));
  };
  for (Stream &S : Streams) {
    if (S.Kind == Stream::Nothing) {
      constexpr const char *Null = "/dev/null";
      const Descriptor Opened(::open(Null, O_RDWR | O_CLOEXEC));
      if (Opened.get() < 0) {
        Failed = Null;
        return lastError();
      }
      S.Theirs = MoveUp(Opened.get());
    } else if (S.Kind == Stream::Pipe) {
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

std::error_code watchEnd(pid_t Pid, Descriptor &Ours) {
  int Ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, Ends) < 0)
    return lastError();
  Ours = Descriptor(Ends[0]);
  return watchChild(Pid, Descriptor(Ends[1]));
}

/// A process and what it starts leave no core, which would be as large as all
/// of its memory and lie where the user works. They may raise the limit again.
void withholdCore(pid_t Pid) {
  rlimit Limit = {};
  if (::prlimit(Pid, RLIMIT_CORE, nullptr, &Limit) != 0)
    return;
  Limit.rlim_cur = 0;
  ::prlimit(Pid, RLIMIT_CORE, &Limit, nullptr);
}

Request read(const Napi::Object &Options) {
  Request Result;
  Result.Program = Options.Get("program").As<Napi::String>().Utf8Value();
  Result.Arguments = strings(Options.Get("arguments"));
  Result.Environment = strings(Options.Get("environment"));
  if (const auto Directory = Options.Get("directory"); Directory.IsString())
    Result.Directory = Directory.As<Napi::String>().Utf8Value();
  Result.NewSession = Options.Get("newSession").ToBoolean();
  Result.LeavesCore = Options.Get("leavesCore").ToBoolean();
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

Napi::Value fail(Napi::Env Env, const std::error_code &Failure,
                 const char *Path = nullptr) {
  auto Reason = Napi::Object::New(Env);
  if (Path != nullptr)
    Reason.Set("path", Path);
  Reason.Set("errno", Failure.value());
  Reason.Set("message", Failure.message());
  return Reason;
}

} // namespace

Napi::Value spawnProcess(const Napi::CallbackInfo &Info) {
  Request From = read(Info[0].As<Napi::Object>());
  const char *Failed = nullptr;
  if (std::error_code Failure = openStreams(From.Streams, Failed))
    return fail(Info.Env(), Failure, Failed);
  pid_t Pid = 0;
  if (std::error_code Failure = start(From, Pid))
    return fail(Info.Env(), Failure);
  if (!From.LeavesCore)
    withholdCore(Pid);
  if (From.NewSession)
    markFamily(Pid);
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

namespace {

class FamilyWork : public PromisedWork {
public:
  FamilyWork(Napi::Env Env, pid_t Leader) : PromisedWork(Env), Leader(Leader) {}

private:
  llvm::Error work() override {
    endFamily(Leader);
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    return Env.Undefined();
  }

  const pid_t Leader;
};

class OrphanWork : public PromisedWork {
public:
  OrphanWork(Napi::Env Env, std::vector<size_t> Leaders)
      : PromisedWork(Env), Leaders(std::move(Leaders)) {}

private:
  llvm::Error work() override {
    reapOrphans({Leaders.begin(), Leaders.end()});
    return llvm::Error::success();
  }
  llvm::Expected<Napi::Value> finish(Napi::Env Env) override {
    return Env.Undefined();
  }

  const std::vector<size_t> Leaders;
};

} // namespace

Napi::Value endProcessFamily(const Napi::CallbackInfo &Info) {
  return (new FamilyWork(Info.Env(), static_cast<pid_t>(number(Info[0]))))
      ->start();
}

Napi::Value reapOrphanedProcesses(const Napi::CallbackInfo &Info) {
  return (new OrphanWork(Info.Env(), numbers(Info[0])))->start();
}

} // namespace hotswift
