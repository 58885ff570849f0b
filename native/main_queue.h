#pragma once

#include "libraries.h"

#include <napi.h>

namespace hotswift {

/// Lets work on the main queue, the main actor and the main run loop run while
/// JavaScript waits.
///
/// libdispatch tells through a handle (an eventfd on Linux) that its main queue
/// has work. A thread waits for that and has the JavaScript thread drain the
/// queue, and has it run what is due on Foundation's `RunLoop.main`, if
/// Foundation is loaded. Through Node-API alone, without libuv's headers: the
/// binary then depends on no version of Node.
///
/// Does nothing unless it is called on the process's main thread with
/// libdispatch loaded. Once a process; it does not keep the event loop alive.
/// An error if there can be no such thread.
llvm::Error pumpMainQueue(Napi::Env Env, const Libraries &Runtime);

/// To be called on the JavaScript thread after Swift code has run there: a
/// timer or a block that it gave to the main run loop wakes nothing by itself.
///
/// What another thread gives to the run loop waits for the next such call, or
/// for the next work on the main queue.
void serviceRunLoop(const Libraries &Runtime);

} // namespace hotswift
