#include "command_line.h"

#include <array>
#include <mutex>

#ifdef __linux__
#include <climits>
#include <unistd.h>
#endif

namespace hotswift {

#ifdef __linux__

namespace {

/// stdlib/public/stubs/CommandLine.cpp: the runtime keeps the address.
using OverrideArguments = void (*)(char **Arguments, int Count);

} // namespace

void setCommandLine(const Libraries &Runtime) {
  static std::array<char, PATH_MAX> Program;
  static std::array<char *, 2> Arguments = {Program.data(), nullptr};
  static std::once_flag Once;
  const auto Override = reinterpret_cast<OverrideArguments>(
      Runtime.find("_swift_stdlib_overrideUnsafeArgvArgc"));
  if (!Override)
    return;
  std::call_once(Once, [Override] {
    // All but the last byte, which stays a zero.
    if (readlink("/proc/self/exe", Program.data(), Program.size() - 1) > 0)
      Override(Arguments.data(), 1);
  });
}

#else

void setCommandLine(const Libraries &) {}

#endif

} // namespace hotswift
