#include "png.h"

#include "errors.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Endian.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <new>

using llvm::support::endian::write32be;

namespace hotswift {
namespace {

// Layouts and numbers are those of the PNG specification, third edition
// (https://www.w3.org/TR/png-3/).

/// 5.2, PNG signature.
constexpr uint8_t Signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

/// 5.3, chunk layout: the length of the data and the type before it, a CRC
/// behind it.
constexpr size_t HeadOfChunk = 8;
constexpr size_t ChunkOverhead = HeadOfChunk + 4;
constexpr size_t LargestChunk = (size_t(1) << 31) - 1;

/// 11.2.1, IHDR image header.
constexpr size_t ImageHeader = 13;
constexpr uint8_t BitDepth = 8;
constexpr uint8_t TruecolourWithAlpha = 6;

/// 9.2, filter types. None, together with the fastest compression there is: for
/// what previews draw (flat areas, gradients, text) nothing else is as fast,
/// and little is smaller.
constexpr uint8_t NoFilter = 0;
constexpr int CompressionLevel = 1;

constexpr size_t BytesPerPixel = 4;

/// Completes a chunk whose data is in its place already. Returns its end.
uint8_t *finishChunk(uint8_t *Chunk, const char (&Type)[5], size_t Length) {
  write32be(Chunk, static_cast<uint32_t>(Length));
  std::memcpy(Chunk + 4, Type, 4);
  uint8_t *const End = Chunk + HeadOfChunk + Length;
  write32be(End, libdeflate_crc32(0, Chunk + 4, 4 + Length));
  return End + 4;
}

uint8_t *writeHeader(uint8_t *To, uint32_t Width, uint32_t Height) {
  To = std::copy(std::begin(Signature), std::end(Signature), To);
  uint8_t *Data = To + HeadOfChunk;
  write32be(Data, Width);
  write32be(Data + 4, Height);
  Data[8] = BitDepth;
  Data[9] = TruecolourWithAlpha;
  // The only methods of compression and filtering, and no interlacing.
  std::fill_n(Data + 10, 3, 0);
  return finishChunk(To, "IHDR", ImageHeader);
}

bool isOpaque(const uint8_t *Row, uint32_t Width) {
  uint8_t All = 255;
  for (uint32_t X = 0; X < Width; ++X)
    All &= Row[X * BytesPerPixel + 3];
  return All == 255;
}

void unpremultiply(uint8_t *Row, uint32_t Width) {
  for (uint8_t *Pixel = Row; Width > 0; --Width, Pixel += BytesPerPixel) {
    const unsigned A = Pixel[3];
    // Most pixels, and no division.
    if (A == 255 || A == 0)
      continue;
    for (unsigned C = 0; C < 3; ++C)
      Pixel[C] =
          static_cast<uint8_t>(std::min((Pixel[C] * 255u + A / 2) / A, 255u));
  }
}

/// 7.2, scanlines: rows of pixels, each behind the type of its filter.
void writeScanlines(uint8_t *To, const uint8_t *Pixels, uint32_t Width,
                    uint32_t Height, Alpha Kind) {
  const size_t Row = size_t(Width) * BytesPerPixel;
  for (uint32_t Y = 0; Y < Height; ++Y, Pixels += Row, To += Row) {
    *To++ = NoFilter;
    std::memcpy(To, Pixels, Row);
    if (Kind == Alpha::Premultiplied && !isOpaque(Pixels, Width))
      unpremultiply(To, Width);
  }
}

} // namespace

PngEncoder::PngEncoder()
    : Compressor(libdeflate_alloc_compressor(CompressionLevel)) {}

PngEncoder::~PngEncoder() { libdeflate_free_compressor(Compressor); }

llvm::Error
PngEncoder::encode(const uint8_t *Pixels, uint32_t Width, uint32_t Height,
                   Alpha Kind,
                   llvm::function_ref<void(llvm::ArrayRef<uint8_t>)> Use) {
  const auto TooLarge = [] {
    return makeError(ErrorKind::Preview, "the picture is too large for a PNG");
  };
  if (!Compressor)
    return TooLarge();
  const llvm::scope_exit Trim([this] {
    Scanlines.trim();
    File.trim();
  });
  const size_t Length = (size_t(Width) * BytesPerPixel + 1) * Height;
  const size_t Bound = libdeflate_zlib_compress_bound(Compressor, Length);
  uint8_t *const Raw = Scanlines.provide(Length);
  uint8_t *const Picture =
      File.provide(sizeof(Signature) + ImageHeader + Bound + 3 * ChunkOverhead);
  if (!Raw || !Picture)
    return TooLarge();

  writeScanlines(Raw, Pixels, Width, Height, Kind);
  uint8_t *const Data = writeHeader(Picture, Width, Height);
  const size_t Compressed = libdeflate_zlib_compress(Compressor, Raw, Length,
                                                     Data + HeadOfChunk, Bound);
  if (Compressed > LargestChunk)
    return TooLarge();
  uint8_t *const End =
      finishChunk(finishChunk(Data, "IDAT", Compressed), "IEND", 0);
  Use({Picture, End});
  return llvm::Error::success();
}

uint8_t *PngEncoder::Memory::provide(size_t Wanted) {
  if (Wanted > Size) {
    Bytes.reset();
    Bytes.reset(new (std::nothrow) uint8_t[Wanted]);
    Size = Bytes ? Wanted : 0;
  }
  return Bytes.get();
}

void PngEncoder::Memory::trim() {
  /// Of a picture of 2,048 x 2,048 pixels, at least.
  constexpr size_t MostKept = size_t(17) << 20;
  if (Size <= MostKept)
    return;
  Bytes.reset();
  Size = 0;
}

} // namespace hotswift
