// The N-API surface of syntax.h; lib/edit/syntax.ts declares it in TypeScript.
#pragma once

#include "javascript.h"

namespace hotswift {

Napi::Function defineSyntaxTree(Napi::Env Env);

} // namespace hotswift
