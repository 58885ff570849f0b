#include "resource_limits.h"

#include <sys/resource.h>

namespace hotswift {

void limitResources(const ResourceLimits &Limits) {
  const auto Limit = [](auto Resource, rlim_t Most) {
    const rlimit Both = {Most, Most};
    // A limit of the user's that is lower stays: nobody may raise it.
    ::setrlimit(Resource, &Both);
  };
  Limit(RLIMIT_CPU, Limits.ProcessorSeconds);
  Limit(RLIMIT_DATA, Limits.Memory);
  Limit(RLIMIT_CORE, 0);
}

} // namespace hotswift
