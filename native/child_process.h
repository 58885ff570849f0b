// Linux only. Elsewhere libuv starts processes without a copy of its own, too.
#pragma once

// After LLVM's headers.
#include "javascript.h"

namespace hotswift {

/// `spawnProcess` of lib/project/spawn.ts: starts a process.
///
/// libuv forks: the system copies the page tables of the host first, 10 to 20
/// ms during which its event loop stands still. Here the memory is lent, not
/// copied, until the program is there (posix_spawn(3)).
Napi::Value spawnProcess(const Napi::CallbackInfo &Info);

/// `reapProcess`: how a process has ended. Waits until it has.
Napi::Value reapProcess(const Napi::CallbackInfo &Info);

/// `endProcessFamily` and `reapOrphanedProcesses`: see process_family.h. On
/// libuv's pool: on a machine with thousands of processes they take longer than
/// the event loop may stand still.
Napi::Value endProcessFamily(const Napi::CallbackInfo &Info);
Napi::Value reapOrphanedProcesses(const Napi::CallbackInfo &Info);

} // namespace hotswift
