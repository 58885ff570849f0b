// What is in folders, a bounded number of files at a time: other work of the
// process waits for the same threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace hotswift {

/// A file with several names: device, inode, bytes.
using SharedFile = std::array<double, 3>;

struct MeasuredFiles {
  /// Of files with one name, in whole blocks of 4 KiB; a folder is one.
  double Bytes = 0;
  /// Each as often as a name of it was met.
  std::vector<SharedFile> Shared;
  /// Folders that are still to be looked at.
  std::vector<std::string> Rest;
};

/// Measures the files in folders, and in folders below, until `Limit` names
/// have been looked at; a folder is looked at as a whole. Links are not
/// followed. What cannot be looked at counts nothing.
MeasuredFiles measureFiles(std::vector<std::string> Folders, size_t Limit);

/// Removes a folder with what is in it, until `Limit` names have been removed.
/// Links are not followed. Whether there is nothing left to do: all of it is
/// gone, or cannot be removed.
bool removeFiles(const std::string &Folder, size_t Limit);

} // namespace hotswift
