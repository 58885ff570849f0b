#include "regular_file.h"

#include "errors.h"

#include "llvm/ADT/ScopeExit.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace hotswift {
namespace {

constexpr uint64_t MostBytes = uint64_t(4) << 30;

} // namespace

Expected<std::unique_ptr<MemoryBuffer>> openRegularFile(const std::string &Path,
                                                        uint64_t Inode) {
  const auto Refuse = [&](const Twine &Why) {
    return makeError(ErrorKind::Object, Twine(Path) + ": " + Why);
  };
  // The open of a pipe would wait for a writer, and that of a terminal could
  // make it this process's own.
  const int File = ::open(Path.c_str(), // NOLINT(*-vararg)
                          O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (File < 0)
    return Refuse("cannot be read: " +
                  std::error_code(errno, std::generic_category()).message());
  const scope_exit Close([File] { ::close(File); });
  struct stat Found;
  if (::fstat(File, &Found) != 0 || !S_ISREG(Found.st_mode))
    return Refuse("is no regular file");
  if (Inode != 0 && Found.st_ino != Inode)
    return Refuse("is another file by now");
  const auto Size = static_cast<uint64_t>(Found.st_size);
  if (Size > MostBytes)
    return Refuse("is too large");
  auto Bytes = MemoryBuffer::getOpenFile(File, Path, Size,
                                         /*RequiresNullTerminator=*/false);
  if (!Bytes)
    return Refuse("cannot be read: " + Bytes.getError().message());
  return std::move(*Bytes);
}

} // namespace hotswift
