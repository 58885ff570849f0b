#pragma once

#include <array>

namespace hotswift {

/// What changes when a file gets another text: device, inode, size in bytes,
/// and the times of its last modification and of its last change of status, in
/// milliseconds since 1970. All of them not-a-number where there is no regular
/// file, or it cannot be looked at.
using FileStamp = std::array<double, 5>;

/// Follows links.
FileStamp fileStamp(const char *Path);

} // namespace hotswift
