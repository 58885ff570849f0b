#include "rip_relative.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallSet.h"

using namespace llvm;

namespace hotswift {
namespace {

/// The bytes before a displacement, by their distance from it.
class Backwards {
public:
  Backwards(ArrayRef<char> Code, size_t Field) : Code(Code), Field(Field) {}

  /// -1 where there is no such byte.
  int operator[](size_t Distance) const {
    return Distance > Field ? -1 : static_cast<uint8_t>(Code[Field - Distance]);
  }

private:
  ArrayRef<char> Code;
  size_t Field;
};

/// An operand of 32 bits is one of 16 behind the prefix 0x66, which may also be
/// the end of the instruction before.
bool mayBeNarrow(const Backwards &Before) {
  const bool HasRex = (Before[3] & 0xf0) == 0x40;
  return Before[3] == 0x66 || (HasRex && Before[4] == 0x66);
}

void addOneByteOpcode(const Backwards &Before, SmallVectorImpl<unsigned> &To) {
  const unsigned Operation = (Before[1] >> 3) & 7;
  const auto AddFull = [&] {
    To.push_back(4);
    if (mayBeNarrow(Before))
      To.push_back(2);
  };
  switch (Before[2]) {
  case 0x6b: // imul
  case 0x80: // add, or, adc, sbb, and, sub, xor, cmp
  case 0x83:
  case 0xc0: // rotates and shifts
  case 0xc1:
  case 0xc6: // mov
    return To.push_back(1);
  case 0x69: // imul
  case 0x81: // add, or, adc, sbb, and, sub, xor, cmp
  case 0xc7: // mov
    return AddFull();
  case 0xf6: // test; others of the group have no immediate
    return To.push_back(Operation < 2 ? 1 : 0);
  case 0xf7:
    return Operation < 2 ? AddFull() : To.push_back(0);
  default:
    return To.push_back(0);
  }
}

/// Of the opcodes that follow 0x0f, or that a VEX prefix puts there.
bool hasImmediateInSecondMap(int Opcode) {
  switch (Opcode) {
  case 0x70: // shuffles and shifts of vectors
  case 0x71:
  case 0x72:
  case 0x73:
  case 0xa4: // shld
  case 0xac: // shrd
  case 0xba: // bit tests
  case 0xc2: // cmpps and its like
  case 0xc4: // pinsrw
  case 0xc5: // pextrw
  case 0xc6: // shufps
    return true;
  default:
    return false;
  }
}

} // namespace

SmallVector<unsigned, 4> bytesAfterDisplacement(ArrayRef<char> Code,
                                                size_t Field) {
  const Backwards Before(Code, Field);
  SmallVector<unsigned, 4> Found;
  // ModRM: no displacement is RIP-relative but this.
  if (Before[1] < 0 || (Before[1] & 0xc7) != 0x05 || Before[2] < 0)
    return Found;
  addOneByteOpcode(Before, Found);
  if (Before[3] == 0x0f)
    Found.push_back(hasImmediateInSecondMap(Before[2]) ? 1 : 0);
  if (Before[4] == 0x0f && (Before[3] == 0x38 || Before[3] == 0x3a))
    Found.push_back(Before[3] == 0x3a ? 1 : 0);
  // VEX and EVEX prefixes of two to four bytes: the opcode has an immediate, or
  // has none.
  if (Before[4] == 0xc5 || Before[5] == 0xc4 || Before[6] == 0x62)
    Found.append({0, 1});
  llvm::sort(Found);
  Found.erase(llvm::unique(Found), Found.end());
  return Found;
}

} // namespace hotswift
