// The N-API surface of object_index.h, dependency_index.h and
// interface_change.h; lib/compile/native-indexes.ts declares it in TypeScript.
#pragma once

#include "javascript.h"

namespace hotswift {

Napi::Function defineObjectIndex(Napi::Env Env);
Napi::Function defineDependencyIndex(Napi::Env Env);
/// Each of two texts, on another thread.
Napi::Value compareInterfaces(const Napi::CallbackInfo &Info);
Napi::Value haveSameTokens(const Napi::CallbackInfo &Info);

} // namespace hotswift
