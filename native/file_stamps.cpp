#include "file_stamps.h"

#include <limits>

#include <sys/stat.h>

namespace hotswift {
namespace {

double milliseconds(const timespec &Time) {
  return static_cast<double>(Time.tv_sec) * 1e3 +
         static_cast<double>(Time.tv_nsec) / 1e6;
}

} // namespace

FileStamp fileStamp(const char *Path) {
  struct stat Found{};
  if (stat(Path, &Found) != 0 || !S_ISREG(Found.st_mode)) {
    FileStamp None{};
    None.fill(std::numeric_limits<double>::quiet_NaN());
    return None;
  }
#ifdef __APPLE__
  const timespec &Modified = Found.st_mtimespec, &Changed = Found.st_ctimespec;
#else
  const timespec &Modified = Found.st_mtim, &Changed = Found.st_ctim;
#endif
  return {static_cast<double>(Found.st_dev), static_cast<double>(Found.st_ino),
          static_cast<double>(Found.st_size), milliseconds(Modified),
          milliseconds(Changed)};
}

} // namespace hotswift
