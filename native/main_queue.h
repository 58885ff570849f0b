#pragma once

#include "libraries.h"

#include <napi.h>

namespace hotswift {

/// Lets work on the main queue and the main actor run while JavaScript waits.
///
/// libdispatch tells through a handle (an eventfd on Linux) that its main queue
/// has work. A thread waits for that and has the JavaScript thread drain the
/// queue. Through Node-API alone, without libuv's headers: the binary then
/// depends on no version of Node.
///
/// Does nothing, and says so by returning false, unless it is called on the
/// process's main thread with libdispatch loaded. Once a process; it does not
/// keep the event loop alive.
bool pumpMainQueue(Napi::Env Env, const Libraries &Runtime);

} // namespace hotswift
