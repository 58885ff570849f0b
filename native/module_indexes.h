// The N-API surface of object_index.h and dependency_index.h;
// lib/compile/native-indexes.ts declares it in TypeScript.
#pragma once

#include "javascript.h"

namespace hotswift {

Napi::Function defineObjectIndex(Napi::Env Env);
Napi::Function defineDependencyIndex(Napi::Env Env);

} // namespace hotswift
