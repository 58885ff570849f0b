#include "warm_frontend_image.h"

// Tells whose C library it is, too.
#include <cerrno>
#include <cstddef>

#if defined(__linux__) && defined(__GLIBC__)

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

extern "C" {
extern const char hotswift_warm_frontend[];
extern const char hotswift_warm_frontend_end[];
}

namespace hotswift {
namespace {

bool write(int File, const char *Start, const char *End) {
  while (Start < End) {
    const ssize_t Count =
        ::write(File, Start, static_cast<size_t>(End - Start));
    if (Count < 0 && errno != EINTR)
      return false;
    Start += Count < 0 ? 0 : Count;
  }
  return true;
}

/// A file in memory has no path that could be unfit for LD_PRELOAD, needs no
/// folder that allows to run what is in it, and leaves nothing behind.
int makeImage() {
  const int File =
      memfd_create("hotswift-warm-frontend", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (File < 0)
    return -1;
  if (write(File, hotswift_warm_frontend, hotswift_warm_frontend_end) &&
      fcntl(File, F_ADD_SEALS,
            F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
    return File;
  close(File);
  return -1;
}

} // namespace

int warmFrontendImage() {
  static const int Image = makeImage();
  return Image;
}

} // namespace hotswift

#else

namespace hotswift {

int warmFrontendImage() { return -1; }

} // namespace hotswift

#endif
