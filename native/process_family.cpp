#include "process_family.h"

#include "child_watch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <set>
#include <string>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace hotswift {
namespace {

struct Process {
  pid_t Number = 0;
  pid_t Parent = 0;
  pid_t Session = 0;
  char State = 0;
  /// Clock ticks since the system started.
  uint64_t Started = 0;

  bool hasEnded() const { return State == 'Z' || State == 'X'; }
};

/// The first bytes of a file of /proc, at most \p Most.
std::string readFile(const std::string &Path, size_t Most) {
  std::string Text;
  const Descriptor File(::open(Path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 16384> Part;
  while (File.get() >= 0 && Text.size() < Most) {
    const ssize_t Count = ::read(File.get(), Part.data(),
                                 std::min(Part.size(), Most - Text.size()));
    if (Count <= 0)
      break;
    Text.append(Part.data(), static_cast<size_t>(Count));
  }
  return Text;
}

std::string pathOf(pid_t Number, const char *File) {
  return "/proc/" + std::to_string(Number) + "/" + File;
}

/// proc_pid_stat(5). The name stands in parentheses and may hold anything.
std::optional<Process> processOf(pid_t Number) {
  constexpr size_t Most = 4096;
  const std::string Text = readFile(pathOf(Number, "stat"), Most);
  const size_t Name = Text.rfind(") ");
  if (Name == std::string::npos || Name + 2 >= Text.size())
    return std::nullopt;
  Process Result;
  Result.Number = Number;
  Result.State = Text[Name + 2];
  const char *At = Text.data() + Name + 3;
  const char *const End = Text.data() + Text.size();
  // Fields 4 (parent) to 22 (start).
  for (int Field = 4; Field <= 22 && At < End; ++Field) {
    ++At;
    int64_t Value = 0;
    At = std::from_chars(At, End, Value).ptr;
    if (Field == 4)
      Result.Parent = static_cast<pid_t>(Value);
    else if (Field == 6)
      Result.Session = static_cast<pid_t>(Value);
    else if (Field == 22)
      Result.Started = static_cast<uint64_t>(Value);
  }
  return Result;
}

std::vector<Process> allProcesses() {
  std::vector<Process> Result;
  DIR *Folder = ::opendir("/proc");
  if (Folder == nullptr)
    return Result;
  while (const dirent *Entry = ::readdir(Folder)) {
    const std::string_view Name = Entry->d_name;
    pid_t Number = 0;
    const auto [End, Failure] =
        std::from_chars(Name.data(), Name.data() + Name.size(), Number);
    if (Failure != std::errc() || End != Name.data() + Name.size())
      continue;
    if (const auto Found = processOf(Number))
      Result.push_back(*Found);
  }
  ::closedir(Folder);
  return Result;
}

/// Marks are at least that, and limits that somebody has set are not.
constexpr rlim_t SmallestMark = rlim_t(1) << 61;

/// Zero where a process has none, has been reaped, or is another user's.
rlim_t markOf(pid_t Number) {
  rlimit Limit = {};
  if (::prlimit(Number, RLIMIT_LOCKS, nullptr, &Limit) != 0 ||
      Limit.rlim_cur < SmallestMark || Limit.rlim_cur == RLIM_INFINITY)
    return 0;
  return Limit.rlim_cur;
}

class Family {
public:
  explicit Family(pid_t Leader) : Leader(Leader), Mark(markOf(Leader)) {
    const auto Found = processOf(Leader);
    Started = Found ? Found->Started : UINT64_MAX;
  }

  /// Whether a process is a member by what it shows of itself.
  bool has(const Process &Each) const {
    return Each.Number != Leader && Each.Number != ::getpid() &&
           Each.Started >= Started &&
           (Each.Session == Leader || Each.Parent == Leader ||
            (Mark != 0 && markOf(Each.Number) == Mark));
  }

  /// Members that were not known before and have not ended.
  std::vector<pid_t> find() {
    std::vector<pid_t> New;
    std::vector<Process> Rest = allProcesses();
    // A parent may come after its child in the list.
    for (bool HasGrown = true; HasGrown;) {
      HasGrown = false;
      const auto IsNew = [&](const Process &Each) {
        if (Known.count(Each.Number) != 0 ||
            (!has(Each) && Known.count(Each.Parent) == 0))
          return false;
        HasGrown = true;
        Known.insert(Each.Number);
        if (!Each.hasEnded())
          New.push_back(Each.Number);
        return true;
      };
      Rest.erase(std::remove_if(Rest.begin(), Rest.end(), IsNew), Rest.end());
    }
    return New;
  }

private:
  const pid_t Leader;
  const rlim_t Mark;
  uint64_t Started = 0;
  std::set<pid_t> Known;
};

/// Whether those that lose their parents become children of this process.
bool adoptsOrphans() {
  int IsSubreaper = 0;
  return ::getpid() == 1 ||
         (::prctl(PR_GET_CHILD_SUBREAPER, &IsSubreaper) == 0 &&
          IsSubreaper != 0);
}

/// A process that cannot end, for example because a network file system does
/// not answer it, is left to the system.
constexpr std::chrono::seconds LongestEnd(2);

} // namespace

void markFamily(pid_t Leader) {
  rlim_t Random = 0;
  rlimit Limit = {};
  if (::getrandom(&Random, sizeof(Random), GRND_NONBLOCK) != sizeof(Random) ||
      ::prlimit(Leader, RLIMIT_LOCKS, nullptr, &Limit) != 0)
    return;
  Limit.rlim_cur = SmallestMark + Random % SmallestMark;
  ::prlimit(Leader, RLIMIT_LOCKS, &Limit, nullptr);
}

std::vector<KilledProcess> killFamily(pid_t Leader) {
  Family Members(Leader);
  std::vector<KilledProcess> Stopped;
  // What is stopped starts nothing more, so that what is found is all there is.
  for (auto New = Members.find(); !New.empty(); New = Members.find())
    for (const pid_t Number : New) {
      Stopped.push_back({Number, Descriptor(openProcess(Number))});
      ::kill(Number, SIGSTOP);
    }
  for (const KilledProcess &Each : Stopped)
    ::kill(Each.Number, SIGKILL);
  return Stopped;
}

void endFamily(pid_t Leader) {
  const auto Killed = killFamily(Leader);
  const auto Limit = std::chrono::steady_clock::now() + LongestEnd;
  for (const KilledProcess &Each : Killed) {
    const auto Left = std::chrono::ceil<std::chrono::milliseconds>(
        Limit - std::chrono::steady_clock::now());
    pollfd End = {Each.End.get(), POLLIN, 0};
    if (End.fd >= 0)
      ::poll(&End, 1, static_cast<int>(std::max<int64_t>(Left.count(), 0)));
  }
  if (!adoptsOrphans())
    return;
  // Each is asked by its own number, for there are other children.
  for (const KilledProcess &Each : Killed)
    ::waitpid(Each.Number, nullptr, WNOHANG);
  reapOrphans({Leader});
}

void reapOrphans(const std::vector<pid_t> &Leaders) {
  const std::vector<Family> Families(Leaders.begin(), Leaders.end());
  for (const Process &Each : allProcesses()) {
    const auto HasIt = [&](const Family &Members) { return Members.has(Each); };
    if (Each.Parent == ::getpid() && Each.hasEnded() &&
        std::any_of(Families.begin(), Families.end(), HasIt))
      ::waitpid(Each.Number, nullptr, WNOHANG);
  }
}

} // namespace hotswift
