// Linux with glibc only; elsewhere every compile starts a swift-frontend of its
// own (lib/compile/frontend-jobs.ts).
//
// A library for LD_PRELOAD that makes a fork server of swift-frontend. Where it
// asks the file system for a certain path it is stopped. From then on each
// request is a fork, in which that call returns and the compile goes on.
//
// The path may be that of the list of its inputs: it has started then, and
// knows nothing of them. Or it is one that a generated file asks for: the
// frontend reads its inputs one after the other, the other files of the module,
// the generated one, and last the edited file, so that every other file is
// parsed then, every import loaded, and the edited file not yet looked at. The
// text of that is in the server's folder.
//
// It is no part of the addon: the addon carries it as data
// (warm_frontend_image.S). lib/compile/frontend-server.ts is the other end.
#include "warm_frontend.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using warm_frontend::Look;

namespace {

/// A socket to the host. Requests are letters: `c` compiles, `k` kills the
/// compile. Answers are lines: `ready` once; to each compile `exit` with a
/// code, `signal` with a number, `stale` with the path that is another now, or
/// `failed`; `unfit` with a reason before the server ends by itself.
constexpr int Control = 3;
/// This library, as the host opened it.
constexpr int Image = 4;

/// The last part of the path that stops the frontend; empty where the library
/// has nothing to do: in other processes, and in the forks.
char *Sentinel = nullptr;
/// A folder of the server's own, with a slash at its end. In it are what a fork
/// prints and may make, and the edited file's text.
char *Folder = nullptr;
/// Null where it is not known yet which file will be edited.
char *TextPath = nullptr;
char *OutputPath = nullptr;
/// What is made of other modules and headers, which are compared themselves;
/// the frontend writes there, too.
const char *ModuleCache = nullptr;

/// A path that the frontend has asked for, and what was there.
struct Seen {
  char *Path;
  Look How;
  bool Exists;
  /// Whether its contents matter. Those of a folder do where it was listed:
  /// some, such as that of the module cache, change all the time.
  bool HasContents;
  /// Of the names in a folder that was listed.
  size_t Names;
  dev_t Device;
  ino_t Inode;
  off_t Size;
  timespec Modified;
};

Seen *AllSeen = nullptr;
size_t SeenCount = 0;
size_t SeenCapacity = 0;

/// What the frontend has done that cannot be noted; null if there was nothing.
const char *Unnoted = nullptr;

/// The mapping of the edited file's text.
struct Mapping {
  const char *Start = nullptr;
  size_t Size = 0;
};

/// stat(2) without the C library, whose names for it are interposed below and
/// differ between its versions.
bool status(const char *Path, struct stat &Result, Look How = Look::AtFile) {
  const int Flags = How == Look::AtLink ? AT_SYMLINK_NOFOLLOW : 0;
  return syscall(SYS_newfstatat, AT_FDCWD, Path, &Result, Flags) == 0;
}

bool startsWith(const char *Text, const char *Start) {
  return std::strncmp(Text, Start, std::strlen(Start)) == 0;
}

void answer(const char *Line) {
  const size_t Size = std::strlen(Line);
  for (size_t Sent = 0; Sent < Size;) {
    const ssize_t Part = send(Control, Line + Sent, Size - Sent, MSG_NOSIGNAL);
    if (Part < 0 && errno == EINTR)
      continue;
    // The host has ended.
    if (Part < 0)
      _exit(0);
    Sent += static_cast<size_t>(Part);
  }
}

[[noreturn]] void giveUp(const char *Reason) {
  std::array<char, 256> Line{};
  std::snprintf(Line.data(), Line.size(), "unfit %s\n", Reason);
  answer(Line.data());
  _exit(0);
}

/// A digest of the names in a folder, in whatever order.
size_t digestOfNames(const char *Path) {
  // The calls are the library's own.
  char *Kept = std::exchange(Sentinel, nullptr);
  size_t Sum = 0;
  if (DIR *Folder = opendir(Path)) {
    while (const dirent *Entry = readdir(Folder)) {
      // FNV-1a
      size_t Digest = 14695981039346656037U;
      for (const char *At = Entry->d_name; *At != '\0'; ++At)
        Digest = (Digest ^ static_cast<unsigned char>(*At)) * 1099511628211U;
      Sum += Digest;
    }
    closedir(Folder);
  }
  Sentinel = Kept;
  return Sum;
}

/// Remembers what the frontend has seen at a path: a fork knows it, a new
/// frontend would look again.
void remember(const char *Path, Look How) {
  if (startsWith(Path, "/proc/") || startsWith(Path, "/sys/") ||
      startsWith(Path, "/dev/") || startsWith(Path, Folder) ||
      (ModuleCache != nullptr && startsWith(Path, ModuleCache)))
    return;
  if (SeenCount == SeenCapacity) {
    SeenCapacity = SeenCapacity == 0 ? 1024 : SeenCapacity * 2;
    void *Larger = std::realloc(AllSeen, SeenCapacity * sizeof(Seen));
    if (Larger == nullptr)
      giveUp("no memory");
    AllSeen = static_cast<Seen *>(Larger);
  }
  struct stat Now{};
  Seen &Entry = AllSeen[SeenCount++];
  Entry = Seen();
  Entry.Path = strdup(Path);
  Entry.How = How;
  Entry.Exists = status(Path, Now, How);
  if (!Entry.Exists)
    return;
  const bool IsListed = How == Look::AtNames;
  Entry.HasContents = IsListed || !S_ISDIR(Now.st_mode);
  Entry.Names = IsListed ? digestOfNames(Path) : 0;
  Entry.Device = Now.st_dev;
  Entry.Inode = Now.st_ino;
  Entry.Size = Now.st_size;
  Entry.Modified = Now.st_mtim;
}

bool isUnchanged(Seen &Entry) {
  struct stat Now{};
  if (!status(Entry.Path, Now, Entry.How))
    return !Entry.Exists;
  if (!Entry.Exists || Entry.Device != Now.st_dev || Entry.Inode != Now.st_ino)
    return false;
  if (!Entry.HasContents || (Entry.Size == Now.st_size &&
                             Entry.Modified.tv_sec == Now.st_mtim.tv_sec &&
                             Entry.Modified.tv_nsec == Now.st_mtim.tv_nsec))
    return true;
  // Editors save under another name and rename: the names are the same then.
  if (!S_ISDIR(Now.st_mode) || digestOfNames(Entry.Path) != Entry.Names)
    return false;
  Entry.Size = Now.st_size;
  Entry.Modified = Now.st_mtim;
  return true;
}

/// The first path at which something else is now; null if there is none.
const char *firstChange() {
  for (size_t I = 0; I < SeenCount; ++I)
    if (!isUnchanged(AllSeen[I]))
      return AllSeen[I].Path;
  return nullptr;
}

/// The next number of a line, and what separates it from the rest.
unsigned long takeNumber(const char *&Rest, int Base) {
  // Not strtoul, which newer headers of glibc give a name that older ones lack.
  unsigned long Number = 0;
  Rest = std::from_chars(Rest, Rest + std::strlen(Rest), Number, Base).ptr;
  if (*Rest != '\0')
    ++Rest;
  return Number;
}

/// The frontend has to have mapped the text, if there is one, not read it: only
/// then do forks see what is written there later.
std::optional<Mapping> findMapping() {
  Mapping Found;
  struct stat Text{};
  if (TextPath == nullptr)
    return std::nullopt;
  FILE *Maps = std::fopen("/proc/self/maps", "re");
  if (Maps == nullptr || !status(TextPath, Text))
    giveUp("its memory cannot be looked at");
  const auto Size = static_cast<size_t>(Text.st_size);
  char *Line = nullptr;
  size_t Capacity = 0;
  while (getline(&Line, &Capacity, Maps) > 0) {
    // proc_pid_maps(5): from-to permissions offset device:device inode
    const char *Rest = Line;
    const unsigned long Start = takeNumber(Rest, 16);
    const unsigned long End = takeNumber(Rest, 16);
    Rest += std::strcspn(Rest, " ") + 1;
    const unsigned long Offset = takeNumber(Rest, 16);
    takeNumber(Rest, 16);
    takeNumber(Rest, 16);
    if (takeNumber(Rest, 10) != Text.st_ino || Offset != 0 ||
        End - Start < Size)
      continue;
    Found.Start = reinterpret_cast<const char *>(Start);
    Found.Size = Size;
  }
  std::free(Line);
  std::fclose(Maps);
  if (Found.Start == nullptr)
    giveUp("the text was not mapped");
  return Found;
}

/// Whether the mapping shows what the file holds.
bool showsFile(const Mapping &Text) {
  const int File = open(TextPath, O_RDONLY | O_CLOEXEC);
  if (File < 0)
    return false;
  std::array<char, 16384> Part{};
  size_t Compared = 0;
  while (Compared < Text.Size) {
    const ssize_t Count =
        pread(File, Part.data(), Part.size(), static_cast<off_t>(Compared));
    if (Count <= 0 || static_cast<size_t>(Count) > Text.Size - Compared ||
        std::memcmp(Part.data(), Text.Start + Compared,
                    static_cast<size_t>(Count)) != 0)
      break;
    Compared += static_cast<size_t>(Count);
  }
  close(File);
  return Compared == Text.Size;
}

/// A compile that starts anew would print it, too.
bool hasPrinted() {
  struct stat Output{};
  return fstat(STDERR_FILENO, &Output) != 0 || Output.st_size != 0;
}

bool hasThreads() {
  // Each thread is a directory, and so a link to the directory of them all.
  struct stat Tasks{};
  return !status("/proc/self/task", Tasks) || Tasks.st_nlink != 3;
}

bool hasChildren() {
  siginfo_t Ignored{};
  return waitid(P_ALL, 0, &Ignored, WEXITED | WNOHANG | WNOWAIT) == 0 ||
         errno != ECHILD;
}

/// Where a fork tells the server how it ends; -1 elsewhere.
int Ending = -1;

/// Runs after everything else that runs when a process exits: before the kernel
/// takes its memory apart, which takes as long as the first tenth of a compile.
void tellEnding(int Status, void *) {
  const auto Byte = static_cast<unsigned char>(Status);
  if (Ending >= 0)
    static_cast<void>(write(Ending, &Byte, 1) == 1);
}

/// In the fork: from here on it is a frontend like any other.
void becomeCompile(pid_t Server, int Output, int Told) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The server may have ended before that.
  if (getppid() != Server)
    _exit(1);
  close(Control);
  dup2(Output, STDERR_FILENO);
  close(Output);
  Ending = Told;
}

enum class Role { Server, Compile };

/// What waitpid(2) says of a process.
int waitFor(pid_t Process) {
  int Status = 0;
  while (waitpid(Process, &Status, 0) < 0 && errno == EINTR)
    ;
  return Status;
}

/// Waits for the end of a compile, and kills it if the host says so or ends.
/// Its exit code, if it has told: it may still be there then.
std::optional<int> attend(pid_t Compile, int Told) {
  std::array<pollfd, 2> Events = {{{Control, POLLIN, 0}, {Told, POLLIN, 0}}};
  for (;;) {
    if (poll(Events.data(), Events.size(), -1) < 0)
      continue;
    if (Events[1].revents != 0) {
      unsigned char Code = 0;
      // Closed without a word by what has killed it.
      return read(Told, &Code, 1) == 1 ? std::optional<int>(Code)
                                       : std::nullopt;
    }
    char Request = 0;
    const ssize_t Count = recv(Control, &Request, 1, 0);
    if (Count < 0 && errno == EINTR)
      continue;
    kill(Compile, SIGKILL);
    if (Count <= 0)
      _exit(0);
  }
}

void finish(pid_t Compile, int Told, const char *Changed) {
  const std::optional<int> Code = attend(Compile, Told);
  const int Status = Code ? *Code << 8 : waitFor(Compile);
  std::array<char, 4200> Line{};
  if (Changed != nullptr)
    std::snprintf(Line.data(), Line.size(), "stale %s\n", Changed);
  else if (WIFSIGNALED(Status))
    std::snprintf(Line.data(), Line.size(), "signal %d\n", WTERMSIG(Status));
  else
    std::snprintf(Line.data(), Line.size(), "exit %d\n", WEXITSTATUS(Status));
  answer(Line.data());
  if (Code)
    waitFor(Compile);
}

Role compile(const std::optional<Mapping> &Text) {
  std::array<int, 2> Alive{};
  const int Output = open(
      OutputPath, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (Output < 0 || pipe2(Alive.data(), O_CLOEXEC) != 0) {
    answer("failed\n");
    if (Output >= 0)
      close(Output);
    return Role::Server;
  }
  const pid_t Server = getpid();
  const pid_t Compile = fork();
  if (Compile == 0) {
    close(Alive[0]);
    becomeCompile(Server, Output, Alive[1]);
    return Role::Compile;
  }
  close(Output);
  close(Alive[1]);
  if (Compile > 0) {
    // While the compile runs already.
    const char *Changed = Text && !showsFile(*Text) ? TextPath : firstChange();
    if (Changed != nullptr)
      kill(Compile, SIGKILL);
    finish(Compile, Alive[0], Changed);
  } else {
    answer("failed\n");
  }
  close(Alive[0]);
  return Role::Server;
}

/// Returns in forks only.
void serve() {
  // What the server itself asks the file system is of no interest.
  Sentinel = nullptr;
  if (Unnoted != nullptr)
    giveUp(Unnoted);
  if (hasPrinted())
    giveUp("it has printed something");
  if (hasThreads())
    giveUp("it has threads");
  if (hasChildren())
    giveUp("it has started a process");
  const std::optional<Mapping> Text = findMapping();
  answer("ready\n");
  for (;;) {
    char Request = 0;
    const ssize_t Count = recv(Control, &Request, 1, 0);
    if (Count < 0 && errno == EINTR)
      continue;
    // The host has ended.
    if (Count <= 0)
      _exit(0);
    // A request to kill may come after the compile has ended.
    if (Request == 'c' && compile(Text) == Role::Compile)
      return;
  }
}

bool isFrontend(int Count, char **Arguments) {
  std::array<char, 4096> Program{};
  if (Count < 2 || std::strcmp(Arguments[1], "-frontend") != 0 ||
      readlink("/proc/self/exe", Program.data(), Program.size() - 1) <= 0)
    return false;
  const char *Slash = std::strrchr(Program.data(), '/');
  return Slash != nullptr && std::strcmp(Slash + 1, "swift-frontend") == 0;
}

/// A variable's value, which no process that the frontend starts is to see.
char *take(const char *Variable) {
  const char *Value = getenv(Variable);
  char *Taken = Value == nullptr ? nullptr : strdup(Value);
  unsetenv(Variable);
  return Taken;
}

} // namespace

namespace warm_frontend {

bool isNoting() { return Sentinel != nullptr; }

void cannotNote(const char *Reason) {
  if (isNoting())
    Unnoted = Reason;
}

void onPath(const char *Path, Look How) {
  if (Sentinel == nullptr || Path == nullptr)
    return;
  const char *Slash = std::strrchr(Path, '/');
  if (std::strcmp(Slash == nullptr ? Path : Slash + 1, Sentinel) == 0)
    serve();
  else
    remember(Path, How);
}

} // namespace warm_frontend

/// glibc gives constructors what it gives `main`.
__attribute__((constructor)) static void prepare(int Count, char **Arguments,
                                                 char **) {
  if (getenv("HOTSWIFT_WARM_SENTINEL") == nullptr ||
      !isFrontend(Count, Arguments))
    return;
  Sentinel = take("HOTSWIFT_WARM_SENTINEL");
  Folder = take("HOTSWIFT_WARM_FOLDER");
  TextPath = take("HOTSWIFT_WARM_TEXT");
  char *Preload = take("HOTSWIFT_WARM_PRELOAD");
  if (Preload != nullptr && *Preload != '\0')
    setenv("LD_PRELOAD", Preload, 1);
  else
    unsetenv("LD_PRELOAD");
  std::free(Preload);
  if (Folder == nullptr || asprintf(&OutputPath, "%soutput.txt", Folder) < 0)
    _exit(1);
  for (int I = 2; I + 1 < Count; ++I)
    if (std::strcmp(Arguments[I], "-module-cache-path") == 0)
      ModuleCache = Arguments[I + 1];
  close(Image);
  fcntl(Control, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  on_exit(tellEnding, nullptr);
}
