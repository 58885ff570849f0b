#pragma once

#include <functional>
#include <system_error>

namespace hotswift {

/// Starts a thread that nobody waits for. Signals that the process handles are
/// for its other threads.
///
/// `std::thread` throws where the system has no thread left (`ulimit -u`),
/// which ends the process; here that is an error.
std::error_code startThread(std::function<void()> Work);

} // namespace hotswift
