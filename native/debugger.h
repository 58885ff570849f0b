#pragma once

#include "llvm/Support/Error.h"

namespace llvm::orc {
class LLJIT;
}

namespace hotswift {

/// Has every object that \p Jit links registered with debuggers from now on,
/// through GDB's JIT interface, and lets the user's debuggers attach to this
/// process.
llvm::Error enableDebugger(llvm::orc::LLJIT &Jit);

} // namespace hotswift
