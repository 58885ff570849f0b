#include "literal_interface.h"

using namespace llvm;

namespace hotswift {
namespace {

using ResetLiterals = void (*)(uint32_t First, uint32_t Count);
using SetLiterals = void (*)(intptr_t Count, const uint32_t *Ids,
                             const uint8_t *Kinds, const uint8_t *const *Texts,
                             const intptr_t *Lengths);
using LiteralReads = void (*)(intptr_t Count, const uint32_t *Ids,
                              uint8_t *Flags);

} // namespace

void resetLiterals(const Libraries &Loaded, uint32_t First, uint32_t Count) {
  if (auto Reset = reinterpret_cast<ResetLiterals>(
          Loaded.find("hotswift_reset_literals")))
    Reset(First, Count);
}

void setLiterals(const Libraries &Loaded, ArrayRef<uint32_t> Ids,
                 ArrayRef<uint8_t> Kinds, ArrayRef<std::string> Texts) {
  auto Set =
      reinterpret_cast<SetLiterals>(Loaded.find("hotswift_set_literals"));
  if (!Set)
    return;
  std::vector<const uint8_t *> Starts;
  std::vector<intptr_t> Lengths;
  Starts.reserve(Texts.size());
  Lengths.reserve(Texts.size());
  for (const std::string &Text : Texts) {
    Starts.push_back(reinterpret_cast<const uint8_t *>(Text.data()));
    Lengths.push_back(static_cast<intptr_t>(Text.size()));
  }
  Set(static_cast<intptr_t>(Ids.size()), Ids.data(), Kinds.data(),
      Starts.data(), Lengths.data());
}

std::vector<uint8_t> literalReads(const Libraries &Loaded,
                                  ArrayRef<uint32_t> Ids) {
  std::vector<uint8_t> Flags(Ids.size());
  if (auto Read =
          reinterpret_cast<LiteralReads>(Loaded.find("hotswift_literal_reads")))
    Read(static_cast<intptr_t>(Ids.size()), Ids.data(), Flags.data());
  return Flags;
}

} // namespace hotswift
