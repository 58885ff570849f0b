#include "folder_walk.h"

#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hotswift {
namespace {

constexpr int FolderOnly = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/// An open folder, and the names in it.
class Folder {
public:
  Folder(int Parent, const char *Name)
      : Stream(open(openat(Parent, Name, FolderOnly))) {}
  ~Folder() {
    if (Stream != nullptr)
      closedir(Stream);
  }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;

  explicit operator bool() const { return Stream != nullptr; }
  int descriptor() const { return dirfd(Stream); }

  std::vector<std::string> names() const {
    std::vector<std::string> Names;
    while (const dirent *Entry = readdir(Stream))
      if (std::strcmp(Entry->d_name, ".") != 0 &&
          std::strcmp(Entry->d_name, "..") != 0)
        Names.emplace_back(Entry->d_name);
    return Names;
  }

private:
  static DIR *open(int Descriptor) {
    if (Descriptor < 0)
      return nullptr;
    DIR *Opened = fdopendir(Descriptor);
    if (Opened == nullptr)
      close(Descriptor);
    return Opened;
  }

  DIR *Stream;
};

constexpr off_t Block = 4096;

double inBlocks(off_t Size) {
  const off_t Blocks = (Size + Block - 1) / Block;
  return static_cast<double>(Blocks * Block);
}

/// Empties a folder as far as `Left` goes, which counts down. Whether it came
/// to an end.
bool empty(const Folder &Opened, size_t &Left) {
  // Only who may write a folder can remove what is in it.
  struct stat Own{};
  if (fstat(Opened.descriptor(), &Own) == 0 &&
      (Own.st_mode & S_IRWXU) != S_IRWXU)
    fchmod(Opened.descriptor(), Own.st_mode | S_IRWXU);
  for (const std::string &Name : Opened.names()) {
    if (Left == 0)
      return false;
    struct stat Found{};
    if (fstatat(Opened.descriptor(), Name.c_str(), &Found,
                AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    const bool IsFolder = S_ISDIR(Found.st_mode);
    if (IsFolder) {
      if (!(Found.st_mode & S_IRUSR))
        fchmodat(Opened.descriptor(), Name.c_str(), Found.st_mode | S_IRWXU, 0);
      const Folder Inner(Opened.descriptor(), Name.c_str());
      if (Inner && !empty(Inner, Left))
        return false;
    }
    unlinkat(Opened.descriptor(), Name.c_str(), IsFolder ? AT_REMOVEDIR : 0);
    Left -= Left > 0;
  }
  return true;
}

} // namespace

MeasuredFiles measureFiles(std::vector<std::string> Folders, size_t Limit) {
  MeasuredFiles Result;
  size_t Count = 0;
  while (!Folders.empty() && Count < Limit) {
    const std::string Path = std::move(Folders.back());
    Folders.pop_back();
    const Folder Opened(AT_FDCWD, Path.c_str());
    if (!Opened)
      continue;
    for (const std::string &Name : Opened.names()) {
      ++Count;
      struct stat Found{};
      if (fstatat(Opened.descriptor(), Name.c_str(), &Found,
                  AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      const double Bytes = inBlocks(Found.st_size);
      if (S_ISDIR(Found.st_mode)) {
        Folders.push_back(Path);
        Folders.back().append("/").append(Name);
        Result.Bytes += static_cast<double>(Block);
      } else if (Found.st_nlink == 1) {
        Result.Bytes += Bytes;
      } else {
        Result.Shared.push_back({static_cast<double>(Found.st_dev),
                                 static_cast<double>(Found.st_ino), Bytes});
      }
    }
  }
  Result.Rest = std::move(Folders);
  return Result;
}

bool removeFiles(const std::string &Path, size_t Limit) {
  size_t Left = Limit;
  {
    const Folder Opened(AT_FDCWD, Path.c_str());
    if (Opened && !empty(Opened, Left))
      return false;
  }
  if (rmdir(Path.c_str()) != 0)
    unlink(Path.c_str());
  return true;
}

} // namespace hotswift
