// The functions of PreviewKit that carry `@Persisted` values from process to
// process, as declared in swift/PreviewKit/Sources/PreviewKit/Persisted.swift:
// the two files are one interface and change together.
#pragma once

#include "libraries.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstdint>

namespace hotswift {

/// Gives all values to \p Use if some have changed since this was called last.
/// Runs the user's code: on the thread that runs Swift. Where PreviewKit is not
/// loaded, there are none.
void takeState(const Libraries &Loaded,
               llvm::function_ref<void(llvm::ArrayRef<uint8_t>)> Use);

/// Puts values that another process had in the place of all that there are.
/// Where PreviewKit is not loaded, nobody could read them.
void restoreState(const Libraries &Loaded, llvm::ArrayRef<uint8_t> Bytes);

} // namespace hotswift
