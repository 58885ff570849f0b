#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>

struct libdeflate_compressor;

namespace hotswift {

/// How the colour channels of RGBA8 pixels relate to alpha.
enum class Alpha { Straight, Premultiplied };

/// Makes PNGs, one after the other. Tuned for time, not size: the picture goes
/// to a viewer on the same machine.
class PngEncoder {
public:
  PngEncoder();
  ~PngEncoder();
  PngEncoder(const PngEncoder &) = delete;
  PngEncoder &operator=(const PngEncoder &) = delete;

  /// Encodes RGBA8 pixels, `Width * Height * 4` bytes in rows from top to
  /// bottom without padding. `Use` is given the picture for the length of its
  /// call.
  llvm::Error encode(const uint8_t *Pixels, uint32_t Width, uint32_t Height,
                     Alpha Kind,
                     llvm::function_ref<void(llvm::ArrayRef<uint8_t>)> Use);

private:
  /// Memory that is not initialised, and is kept for the next picture: what the
  /// system has yet to hand out costs more than the compression.
  class Memory {
  public:
    /// Null if there is not as much.
    uint8_t *provide(size_t Wanted);
    /// Gives back what is too much to keep.
    void trim();

  private:
    std::unique_ptr<uint8_t[]> Bytes;
    size_t Size = 0;
  };

  libdeflate_compressor *const Compressor;
  /// What is compressed, and what comes of it.
  Memory Scanlines, File;
};

} // namespace hotswift
