#pragma once

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>

namespace hotswift {

/// Links a prepared object as the engine does, through ORC and JITLink with its
/// plugins, into memory that is never executed. Whatever the object refers to
/// is found, at an address that has nothing behind it.
llvm::Error trialLink(std::unique_ptr<llvm::MemoryBuffer> Object);

} // namespace hotswift
