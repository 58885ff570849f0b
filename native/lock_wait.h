#pragma once

// After LLVM's headers.
#include "javascript.h"

namespace hotswift {

/// `waitForFileLock` of lib/project/file-lock.ts: locks a file for one process
/// at a time (flock(2)). The system takes the lock back when the process ends,
/// however it does.
///
/// `lock` is the descriptor that has it, or will have it: then `locked` is a
/// socket that tells when, and the lock is given back if nobody reads from that
/// any more. Until then \p lock is not to be closed.
Napi::Value waitForFileLock(const Napi::CallbackInfo &Info);

} // namespace hotswift
