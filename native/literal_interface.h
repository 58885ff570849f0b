// The functions of PreviewKit that give literals other values, as declared in
// swift/PreviewKit/Sources/PreviewKit/LiteralInterface.swift: the two files are
// one interface and change together.
#pragma once

#include "libraries.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hotswift {

/// None of these runs the user's code, and each may be called on any thread.
/// Where PreviewKit is not loaded, no code has read a literal: they do nothing.

/// Forgets what is known of the literals \p First to \p First + \p Count, of
/// which code is about to be loaded.
void resetLiterals(const Libraries &Loaded, uint32_t First, uint32_t Count);

/// What \p Ids name has these values from now on. \p Kinds are those of
/// `LiteralKind` in Swift, or 255 for a literal that is to have its own value.
/// The three are equally long.
void setLiterals(const Libraries &Loaded, llvm::ArrayRef<uint32_t> Ids,
                 llvm::ArrayRef<uint8_t> Kinds,
                 llvm::ArrayRef<std::string> Texts);

/// How each literal was read: the bits of `LiteralFlags` in Swift.
std::vector<uint8_t> literalReads(const Libraries &Loaded,
                                  llvm::ArrayRef<uint32_t> Ids);

/// Binds `swift_once` to PreviewKit's, once that is loaded: it knows which
/// literals are read by initialisers of globals, whose results are kept. The
/// compiler calls it wherever a global is used. Code in shared libraries goes
/// on calling the runtime's.
class InitialiserGenerator : public AddressGenerator {
public:
  explicit InitialiserGenerator(const Libraries &Source) : Source(Source) {}

private:
  void *addressOf(llvm::StringRef Symbol) override {
    return Symbol == "swift_once" ? Source.find("hotswift_once") : nullptr;
  }

  const Libraries &Source;
};

} // namespace hotswift
