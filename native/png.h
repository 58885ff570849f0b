#pragma once

#include "llvm/Support/Error.h"

#include <cstdint>
#include <vector>

namespace hotswift {

/// How the colour channels of RGBA8 pixels relate to alpha.
enum class Alpha { Straight, Premultiplied };

/// Encodes RGBA8 pixels, `Width * Height * 4` bytes in rows from top to bottom
/// without padding, as a PNG. Tuned for time, not size: the picture goes to a
/// viewer on the same machine.
llvm::Expected<std::vector<uint8_t>>
encodePng(const uint8_t *Pixels, uint32_t Width, uint32_t Height, Alpha Kind);

} // namespace hotswift
