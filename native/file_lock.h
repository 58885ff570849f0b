#pragma once

// After LLVM's headers.
#include "javascript.h"

namespace hotswift {

/// `lockFile` of lib/project/file-lock.ts: locks a file for one process at a
/// time (flock(2)). The system takes the lock back when the process ends,
/// however it does.
///
/// `lock` is the descriptor that has it, or will have it: then `locked` is a
/// socket that tells when, and the lock is given back if nobody reads from that
/// any more. Until then \p lock is not to be closed.
Napi::Value lockFile(const Napi::CallbackInfo &Info);

} // namespace hotswift
