// Functions that only newer versions of glibc have, for LLVM and the C++
// library that are linked into the addon: with these, glibc 2.34 is enough for
// it.

#include <cstdint>
#include <cstdlib>
#include <sys/random.h>

/// arc4random(3), since glibc 2.36. Ends the process, as that one does, if the
/// system has no random numbers.
extern "C" std::uint32_t arc4random() noexcept {
  std::uint32_t Number = 0;
  // Up to 256 bytes are never given in parts (getrandom(2)).
  if (getrandom(&Number, sizeof Number, 0) != sizeof Number)
    std::abort();
  return Number;
}
