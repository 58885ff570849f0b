#pragma once

#include "libraries.h"

namespace hotswift {

/// Makes the path of this process's program what `CommandLine.arguments` holds,
/// once the Swift runtime is loaded; until then it does nothing. On Linux a
/// Swift program captures its arguments when it starts, and in another one
/// there are none: `CommandLine.arguments[0]` would be a trap.
void setCommandLine(const Libraries &Runtime);

} // namespace hotswift
