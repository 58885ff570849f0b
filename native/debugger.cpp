#include "debugger.h"

#include "llvm/ExecutionEngine/Orc/Debugging/DebuggerSupport.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace hotswift {

llvm::Error enableDebugger(llvm::orc::LLJIT &Jit) {
#ifdef __linux__
  // Where the Yama security module allows a process to be traced by its parent
  // alone, which a debugger is not. Fails where there is no Yama.
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
#endif
  return llvm::orc::enableDebuggerSupport(Jit);
}

} // namespace hotswift
