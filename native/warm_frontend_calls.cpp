// The calls of the C library that tell something of a path: those that LLVM's
// file system has, and those that others could. Three kinds are not here.
// The calls that a program makes of the kernel itself, by syscall(2): no
// frontend has one for files. Extended attributes. And what runs before this
// library does. A name that the C library of the machine does not have is one
// that the frontend does not call.
#include "warm_frontend.h"

#include <array>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED extern "C" __attribute__((visibility("default")))

using namespace warm_frontend;

namespace {

template <typename Function> Function *next(const char *Name) {
  return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, Name));
}

using PathBuffer = std::array<char, PATH_MAX>;

/// The path of an open folder, with a slash at its end; its length, or 0.
size_t pathOf(int Folder, PathBuffer &Path) {
  std::array<char, 32> Link{};
  std::snprintf(Link.data(), Link.size(), "/proc/self/fd/%d", Folder);
  const ssize_t Length = syscall(SYS_readlinkat, AT_FDCWD, Link.data(),
                                 Path.data(), Path.size() - 1);
  // What has no path in a file system has another name.
  if (Length <= 0 || Path[0] != '/')
    return 0;
  Path[static_cast<size_t>(Length)] = '/';
  return static_cast<size_t>(Length) + 1;
}

/// The same for a path that begins in an open folder. `Flags`: AT_…
void onPathIn(int Folder, const char *Path, int Flags = 0) {
  // An empty path is the open file itself, which was looked at before.
  if (!isNoting() || Path == nullptr || *Path == '\0')
    return;
  const Look How = Flags & AT_SYMLINK_NOFOLLOW ? Look::AtLink : Look::AtFile;
  if (Folder == AT_FDCWD || *Path == '/')
    return onPath(Path, How);
  PathBuffer Whole;
  const size_t Length = pathOf(Folder, Whole);
  if (Length == 0 || Length + std::strlen(Path) >= Whole.size()) {
    cannotNote("it has looked into a folder without a path");
    return;
  }
  std::strcpy(Whole.data() + Length, Path);
  onPath(Whole.data(), How);
}

/// Before a call that follows all links in a path: each of them may lead
/// elsewhere, and to the same file.
void onEachLink(const char *Path) {
  if (!isNoting() || Path == nullptr)
    return;
  PathBuffer Part{};
  for (size_t Length = 1; Path[Length - 1] != '\0' && Length < Part.size();
       ++Length) {
    Part[Length - 1] = Path[Length - 1];
    if (Path[Length] == '/')
      onPath(Part.data(), Look::AtLink);
  }
  onPath(Path, Look::AtLink);
  onPath(Path);
}

} // namespace

EXPORTED int stat(const char *Path, struct stat *Result) {
  onPath(Path);
  static auto *Next = next<int(const char *, struct stat *)>("stat");
  return Next(Path, Result);
}

EXPORTED int stat64(const char *Path, struct stat64 *Result) {
  onPath(Path);
  static auto *Next = next<int(const char *, struct stat64 *)>("stat64");
  return Next(Path, Result);
}

EXPORTED int lstat(const char *Path, struct stat *Result) {
  onPath(Path, Look::AtLink);
  static auto *Next = next<int(const char *, struct stat *)>("lstat");
  return Next(Path, Result);
}

EXPORTED int lstat64(const char *Path, struct stat64 *Result) {
  onPath(Path, Look::AtLink);
  static auto *Next = next<int(const char *, struct stat64 *)>("lstat64");
  return Next(Path, Result);
}

EXPORTED int fstatat(int Folder, const char *Path, struct stat *Result,
                     int Flags) {
  onPathIn(Folder, Path, Flags);
  static auto *Next =
      next<int(int, const char *, struct stat *, int)>("fstatat");
  return Next(Folder, Path, Result, Flags);
}

EXPORTED int fstatat64(int Folder, const char *Path, struct stat64 *Result,
                       int Flags) {
  onPathIn(Folder, Path, Flags);
  static auto *Next =
      next<int(int, const char *, struct stat64 *, int)>("fstatat64");
  return Next(Folder, Path, Result, Flags);
}

EXPORTED int statx(int Folder, const char *Path, int Flags, unsigned Mask,
                   struct statx *Result) {
  onPathIn(Folder, Path, Flags);
  static auto *Next =
      next<int(int, const char *, int, unsigned, struct statx *)>("statx");
  return Next(Folder, Path, Flags, Mask, Result);
}

// Those before glibc 2.33.
// NOLINTBEGIN(bugprone-reserved-identifier)
EXPORTED int __xstat(int Version, const char *Path, struct stat *Result) {
  onPath(Path);
  static auto *Next = next<int(int, const char *, struct stat *)>("__xstat");
  return Next(Version, Path, Result);
}

EXPORTED int __xstat64(int Version, const char *Path, struct stat64 *Result) {
  onPath(Path);
  static auto *Next =
      next<int(int, const char *, struct stat64 *)>("__xstat64");
  return Next(Version, Path, Result);
}

EXPORTED int __lxstat(int Version, const char *Path, struct stat *Result) {
  onPath(Path, Look::AtLink);
  static auto *Next = next<int(int, const char *, struct stat *)>("__lxstat");
  return Next(Version, Path, Result);
}

EXPORTED int __lxstat64(int Version, const char *Path, struct stat64 *Result) {
  onPath(Path, Look::AtLink);
  static auto *Next =
      next<int(int, const char *, struct stat64 *)>("__lxstat64");
  return Next(Version, Path, Result);
}

EXPORTED int __fxstatat(int Version, int Folder, const char *Path,
                        struct stat *Result, int Flags) {
  onPathIn(Folder, Path, Flags);
  static auto *Next =
      next<int(int, int, const char *, struct stat *, int)>("__fxstatat");
  return Next(Version, Folder, Path, Result, Flags);
}

EXPORTED int __fxstatat64(int Version, int Folder, const char *Path,
                          struct stat64 *Result, int Flags) {
  onPathIn(Folder, Path, Flags);
  static auto *Next =
      next<int(int, int, const char *, struct stat64 *, int)>("__fxstatat64");
  return Next(Version, Folder, Path, Result, Flags);
}

// NOLINTEND(bugprone-reserved-identifier)

EXPORTED int statfs(const char *Path, struct statfs *Result) {
  onPath(Path);
  static auto *Next = next<int(const char *, struct statfs *)>("statfs");
  return Next(Path, Result);
}

EXPORTED int statfs64(const char *Path, struct statfs64 *Result) {
  onPath(Path);
  static auto *Next = next<int(const char *, struct statfs64 *)>("statfs64");
  return Next(Path, Result);
}

EXPORTED int statvfs(const char *Path, struct statvfs *Result) {
  onPath(Path);
  static auto *Next = next<int(const char *, struct statvfs *)>("statvfs");
  return Next(Path, Result);
}

EXPORTED int statvfs64(const char *Path, struct statvfs64 *Result) {
  onPath(Path);
  static auto *Next = next<int(const char *, struct statvfs64 *)>("statvfs64");
  return Next(Path, Result);
}

EXPORTED int access(const char *Path, int Mode) {
  onPath(Path);
  static auto *Next = next<int(const char *, int)>("access");
  return Next(Path, Mode);
}

EXPORTED int euidaccess(const char *Path, int Mode) {
  onPath(Path);
  static auto *Next = next<int(const char *, int)>("euidaccess");
  return Next(Path, Mode);
}

EXPORTED int eaccess(const char *Path, int Mode) {
  onPath(Path);
  static auto *Next = next<int(const char *, int)>("eaccess");
  return Next(Path, Mode);
}

EXPORTED int faccessat(int Folder, const char *Path, int Mode, int Flags) {
  onPathIn(Folder, Path, Flags);
  static auto *Next = next<int(int, const char *, int, int)>("faccessat");
  return Next(Folder, Path, Mode, Flags);
}

EXPORTED int open(const char *Path, int Flags, ...) {
  va_list Rest;
  va_start(Rest, Flags);
  // Only where the flags say so is it there, and only then is it looked at.
  const mode_t Mode = va_arg(Rest, mode_t);
  va_end(Rest);
  onPath(Path);
  static auto *Next = next<int(const char *, int, ...)>("open");
  return Next(Path, Flags, Mode);
}

EXPORTED int open64(const char *Path, int Flags, ...) {
  va_list Rest;
  va_start(Rest, Flags);
  // Only where the flags say so is it there, and only then is it looked at.
  const mode_t Mode = va_arg(Rest, mode_t);
  va_end(Rest);
  onPath(Path);
  static auto *Next = next<int(const char *, int, ...)>("open64");
  return Next(Path, Flags, Mode);
}

EXPORTED int openat(int Folder, const char *Path, int Flags, ...) {
  va_list Rest;
  va_start(Rest, Flags);
  const mode_t Mode = va_arg(Rest, mode_t);
  va_end(Rest);
  onPathIn(Folder, Path);
  static auto *Next = next<int(int, const char *, int, ...)>("openat");
  return Next(Folder, Path, Flags, Mode);
}

EXPORTED int openat64(int Folder, const char *Path, int Flags, ...) {
  va_list Rest;
  va_start(Rest, Flags);
  const mode_t Mode = va_arg(Rest, mode_t);
  va_end(Rest);
  onPathIn(Folder, Path);
  static auto *Next = next<int(int, const char *, int, ...)>("openat64");
  return Next(Folder, Path, Flags, Mode);
}

EXPORTED FILE *fopen(const char *Path, const char *Mode) {
  onPath(Path);
  static auto *Next = next<FILE *(const char *, const char *)>("fopen");
  return Next(Path, Mode);
}

EXPORTED FILE *fopen64(const char *Path, const char *Mode) {
  onPath(Path);
  static auto *Next = next<FILE *(const char *, const char *)>("fopen64");
  return Next(Path, Mode);
}

EXPORTED FILE *freopen(const char *Path, const char *Mode, FILE *File) {
  onPath(Path);
  static auto *Next =
      next<FILE *(const char *, const char *, FILE *)>("freopen");
  return Next(Path, Mode, File);
}

EXPORTED FILE *freopen64(const char *Path, const char *Mode, FILE *File) {
  onPath(Path);
  static auto *Next =
      next<FILE *(const char *, const char *, FILE *)>("freopen64");
  return Next(Path, Mode, File);
}

// What `_FORTIFY_SOURCE` calls in their place.
// NOLINTBEGIN(bugprone-reserved-identifier)
EXPORTED int __open_2(const char *Path, int Flags) {
  onPath(Path);
  static auto *Next = next<int(const char *, int)>("__open_2");
  return Next(Path, Flags);
}

EXPORTED int __open64_2(const char *Path, int Flags) {
  onPath(Path);
  static auto *Next = next<int(const char *, int)>("__open64_2");
  return Next(Path, Flags);
}

EXPORTED int __openat_2(int Folder, const char *Path, int Flags) {
  onPathIn(Folder, Path);
  static auto *Next = next<int(int, const char *, int)>("__openat_2");
  return Next(Folder, Path, Flags);
}

EXPORTED int __openat64_2(int Folder, const char *Path, int Flags) {
  onPathIn(Folder, Path);
  static auto *Next = next<int(int, const char *, int)>("__openat64_2");
  return Next(Folder, Path, Flags);
}

EXPORTED ssize_t __readlink_chk(const char *Path, char *Result, size_t Size,
                                size_t Room) {
  onPath(Path, Look::AtLink);
  static auto *Next =
      next<ssize_t(const char *, char *, size_t, size_t)>("__readlink_chk");
  return Next(Path, Result, Size, Room);
}

EXPORTED ssize_t __readlinkat_chk(int Folder, const char *Path, char *Result,
                                  size_t Size, size_t Room) {
  onPathIn(Folder, Path, AT_SYMLINK_NOFOLLOW);
  static auto *Next = next<ssize_t(int, const char *, char *, size_t, size_t)>(
      "__readlinkat_chk");
  return Next(Folder, Path, Result, Size, Room);
}

EXPORTED char *__realpath_chk(const char *Path, char *Result, size_t Room) {
  onEachLink(Path);
  static auto *Next =
      next<char *(const char *, char *, size_t)>("__realpath_chk");
  return Next(Path, Result, Room);
}

// NOLINTEND(bugprone-reserved-identifier)

EXPORTED ssize_t readlink(const char *Path, char *Result, size_t Size) {
  onPath(Path, Look::AtLink);
  static auto *Next = next<ssize_t(const char *, char *, size_t)>("readlink");
  return Next(Path, Result, Size);
}

EXPORTED ssize_t readlinkat(int Folder, const char *Path, char *Result,
                            size_t Size) {
  onPathIn(Folder, Path, AT_SYMLINK_NOFOLLOW);
  static auto *Next =
      next<ssize_t(int, const char *, char *, size_t)>("readlinkat");
  return Next(Folder, Path, Result, Size);
}

EXPORTED char *realpath(const char *Path, char *Result) {
  onEachLink(Path);
  static auto *Next = next<char *(const char *, char *)>("realpath");
  return Next(Path, Result);
}

// NOLINTNEXTLINE(readability-identifier-naming): the name is glibc's.
EXPORTED char *canonicalize_file_name(const char *Path) {
  onEachLink(Path);
  static auto *Next = next<char *(const char *)>("canonicalize_file_name");
  return Next(Path);
}

EXPORTED DIR *opendir(const char *Path) {
  onPath(Path, Look::AtNames);
  static auto *Next = next<DIR *(const char *)>("opendir");
  return Next(Path);
}

EXPORTED DIR *fdopendir(int Folder) {
  PathBuffer Path;
  if (isNoting()) {
    const size_t Length = pathOf(Folder, Path);
    if (Length > 0) {
      Path[Length - 1] = '\0';
      onPath(Path.data(), Look::AtNames);
    } else {
      cannotNote("it has looked into a folder without a path");
    }
  }
  static auto *Next = next<DIR *(int)>("fdopendir");
  return Next(Folder);
}

EXPORTED int scandir(const char *Path, struct dirent ***Result,
                     int (*Wants)(const struct dirent *),
                     int (*Compare)(const struct dirent **,
                                    const struct dirent **)) {
  onPath(Path, Look::AtNames);
  static auto *Next =
      next<int(const char *, struct dirent ***, int (*)(const struct dirent *),
               int (*)(const struct dirent **, const struct dirent **))>(
          "scandir");
  return Next(Path, Result, Wants, Compare);
}

EXPORTED int scandir64(const char *Path, struct dirent64 ***Result,
                       int (*Wants)(const struct dirent64 *),
                       int (*Compare)(const struct dirent64 **,
                                      const struct dirent64 **)) {
  onPath(Path, Look::AtNames);
  static auto *Next = next<int(
      const char *, struct dirent64 ***, int (*)(const struct dirent64 *),
      int (*)(const struct dirent64 **, const struct dirent64 **))>(
      "scandir64");
  return Next(Path, Result, Wants, Compare);
}

constexpr const char *Walk = "it has gone through folders unseen";

// What each of the others looks at, only the C library knows. Declared without
// their types, whose headers differ: all that they are handed goes on.
using Word = unsigned long;
using WordFunction = Word(Word, Word, Word, Word, Word);
#define WALKS(Name)                                                            \
  EXPORTED Word Name(Word One, Word Two, Word Three, Word Four, Word Five) {   \
    cannotNote(Walk);                                                          \
    static auto *Next = next<WordFunction>(#Name);                             \
    return Next(One, Two, Three, Four, Five);                                  \
  }
WALKS(ftw)
WALKS(ftw64)
WALKS(nftw)
WALKS(nftw64)
WALKS(glob)
WALKS(glob64)
// NOLINTBEGIN(readability-identifier-naming): the names are glibc's.
WALKS(fts_open)
WALKS(fts64_open)
// NOLINTEND(readability-identifier-naming)

EXPORTED int scandirat(int Folder, const char *Path, dirent ***Result,
                       int (*Wants)(const dirent *),
                       int (*Compare)(const dirent **, const dirent **)) {
  cannotNote(Walk);
  static auto *Next =
      next<int(int, const char *, dirent ***, int (*)(const dirent *),
               int (*)(const dirent **, const dirent **))>("scandirat");
  return Next(Folder, Path, Result, Wants, Compare);
}
