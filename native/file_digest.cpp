#include "file_digest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

#include <cerrno>
#include <cstdint>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace hotswift {
namespace {

constexpr size_t PieceSize = 1 << 20;

/// Reads until the piece is full or the file ends; -1 if that fails.
ssize_t readPiece(int Descriptor, llvm::MutableArrayRef<uint8_t> Piece) {
  size_t Size = 0;
  while (Size < Piece.size()) {
    const ssize_t Got =
        read(Descriptor, Piece.data() + Size, Piece.size() - Size);
    if (Got < 0 && errno == EINTR)
      continue;
    if (Got < 0)
      return -1;
    if (Got == 0)
      break;
    Size += static_cast<size_t>(Got);
  }
  return static_cast<ssize_t>(Size);
}

} // namespace

std::string fileDigest(const char *Path) {
  const int Descriptor = open(Path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (Descriptor < 0)
    return {};
  // One for each thread of the pool, as long as it lives: files come by the
  // thousand.
  thread_local std::vector<uint8_t> Piece(PieceSize);
  std::vector<uint64_t> Digests;
  ssize_t Size = 0;
  do {
    Size = readPiece(Descriptor, Piece);
    if (Size > 0)
      Digests.push_back(llvm::xxh3_64bits(
          llvm::ArrayRef(Piece).take_front(static_cast<size_t>(Size))));
  } while (Size == static_cast<ssize_t>(PieceSize));
  close(Descriptor);
  if (Size < 0)
    return {};
  const llvm::ArrayRef Bytes(reinterpret_cast<const uint8_t *>(Digests.data()),
                             Digests.size() * sizeof(uint64_t));
  return llvm::utohexstr(llvm::xxh3_64bits(Bytes), /*LowerCase=*/true,
                         /*Width=*/16);
}

} // namespace hotswift
