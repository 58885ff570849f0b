// x86-64 only.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace hotswift {

/// How many bytes of an instruction can follow its RIP-relative displacement.
///
/// A relocation against a section says where the instruction after the field's
/// own would have to be to reach the target: what lies between, an immediate,
/// is part of the addend. Instructions are read backwards here, from the
/// field, so that there may be several readings: all of them are told,
/// ascending. Empty: no instruction with a RIP-relative operand ends so.
///
/// \p Field: the offset in \p Code of the four bytes of the displacement.
/// Source of the encodings: Intel's Software Developer's Manual, volume 2,
/// appendix A.
llvm::SmallVector<unsigned, 4> bytesAfterDisplacement(llvm::ArrayRef<char> Code,
                                                      size_t Field);

} // namespace hotswift
