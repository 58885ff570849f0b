#pragma once

#include <string>

namespace hotswift {

/// What tells damage of a file: a digest of its bytes, 16 hexadecimal digits.
/// Not for secrets. Empty where the file cannot be read to its end.
///
/// The digest is XXH3 (64 bits) of the XXH3s of the file's pieces of 1 MiB, so
/// that a file is never in memory as a whole, nor mapped: one that is cut short
/// meanwhile would end the process.
std::string fileDigest(const char *Path);

} // namespace hotswift
