// ELF only: on other platforms nothing is found.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace hotswift {

// The global variables of main.swift that code can reach, as linker names in
// the order of the file.
//
// They are initialised where they stand in that file's top-level code, which
// never runs here: whoever read them would silently see zeros. References are
// followed from symbol to symbol, through code and the tables of methods that
// it uses. `Objects` are the module's, paths; `Script` is the position of
// main.swift's.

/// Those that the previews of an object can reach.
llvm::Expected<std::vector<std::string>>
findScriptVariablesOfPreviews(llvm::ArrayRef<std::string> Objects,
                              size_t Script, size_t Previewed);

/// Those that a function of any of the objects can reach.
llvm::Expected<std::vector<std::string>>
findScriptVariablesOfFunction(llvm::ArrayRef<std::string> Objects,
                              size_t Script, llvm::StringRef Function);

} // namespace hotswift
