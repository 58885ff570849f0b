// ELF only: on other platforms nothing is found.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace hotswift {

/// The global variables of main.swift that code of the previewed file can
/// reach, as linker names in the order of the file.
///
/// They are initialised where they stand in that file's top-level code, which
/// is the function `main` and never runs here: whoever read them would silently
/// see zeros. References are followed from section to section (the compiler
/// puts each function in one of its own), from everything in the previewed
/// file's object.
///
/// \p Objects: the module's, paths. \p Previewed and \p Script are positions in
/// it: of the previewed file's object and of main.swift's.
llvm::Expected<std::vector<std::string>>
findReachedScriptVariables(llvm::ArrayRef<std::string> Objects,
                           size_t Previewed, size_t Script);

} // namespace hotswift
