// The N-API surface of file_digest.h, file_lock.h and folder_walk.h;
// lib/project/cache-files.ts declares it in TypeScript.
#pragma once

#include "javascript.h"

namespace hotswift {

void defineCacheFiles(Napi::Env Env, Napi::Object Exports);

} // namespace hotswift
