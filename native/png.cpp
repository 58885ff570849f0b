#include "png.h"

#include "errors.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

namespace hotswift {
namespace {

/// zlib's fastest level that still compresses, and no filter: for what previews
/// draw (flat areas, gradients, text) that is the fastest combination and the
/// smallest picture of those that are nearly as fast.
constexpr int CompressionLevel = 1;

void append(png_structp Writer, png_bytep Bytes, png_size_t Length) {
  auto *Out = static_cast<std::vector<uint8_t> *>(png_get_io_ptr(Writer));
  Out->insert(Out->end(), Bytes, Bytes + Length);
}

void unpremultiply(const uint8_t *From, uint8_t *To, uint32_t Width) {
  for (uint32_t X = 0; X < Width; ++X, From += 4, To += 4) {
    const unsigned A = From[3];
    // Most pixels, and no division.
    if (A == 255 || A == 0) {
      std::memcpy(To, From, 4);
      continue;
    }
    for (unsigned C = 0; C < 3; ++C)
      To[C] =
          static_cast<uint8_t>(std::min((From[C] * 255u + A / 2) / A, 255u));
    To[3] = static_cast<uint8_t>(A);
  }
}

} // namespace

llvm::Expected<std::vector<uint8_t>>
encodePng(const uint8_t *Pixels, uint32_t Width, uint32_t Height, Alpha Kind) {
  std::vector<uint8_t> Out;
  std::vector<uint8_t> Row(size_t(Width) * 4);
  png_structp Writer =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop Info = Writer ? png_create_info_struct(Writer) : nullptr;
  // libpng reports errors by a jump to here; what is allocated above stays
  // owned by this frame.
  if (!Info || setjmp(png_jmpbuf(Writer))) {
    png_destroy_write_struct(&Writer, &Info);
    return makeError(ErrorKind::Link, "the picture could not be encoded");
  }
  Out.reserve(size_t(Width) * Height / 4 + 1024);
  png_set_write_fn(Writer, &Out, append, nullptr);
  png_set_compression_level(Writer, CompressionLevel);
  png_set_filter(Writer, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  png_set_IHDR(Writer, Info, Width, Height, 8, PNG_COLOR_TYPE_RGBA,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(Writer, Info);
  for (uint32_t Y = 0; Y < Height; ++Y) {
    const uint8_t *Source = Pixels + size_t(Y) * Width * 4;
    if (Kind == Alpha::Premultiplied) {
      unpremultiply(Source, Row.data(), Width);
      Source = Row.data();
    }
    png_write_row(Writer, Source);
  }
  png_write_end(Writer, Info);
  png_destroy_write_struct(&Writer, &Info);
  return Out;
}

} // namespace hotswift
