#pragma once

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace hotswift {

/// Checks the call frame information (`.eh_frame`) of an object.
///
/// JITLink takes pointer encodings and the references between records on trust,
/// and the unwinder, which reads the records when they are registered, aborts
/// the process where they make no sense. Accepted is what JITLink supports, as
/// far as compilers emit it.
///
/// \p Relocated: the offsets in the section that relocations patch.
bool isUnwindInformationSound(llvm::StringRef Contents,
                              const llvm::DenseSet<uint64_t> &Relocated);

} // namespace hotswift
