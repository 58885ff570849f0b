// Runs the tests of the addon under AddressSanitizer and UndefinedBehaviorSanitizer: npm run test:asan.
//
//   node scripts/test-asan.mjs [arguments for Jest…]   all of test/native and test/addon
//
// Checked is our own code, in an addon of its own (build-asan/). LLVM and the Swift runtime are as they always are, and so is what the JIT
// links; what they allocate, and how it is freed, is checked as well.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonIn, buildNative } from './build-native.mjs';
import { ask, reportFailure, run, SetupError } from './child-process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = 'build-asan';

/** Node was not linked with the sanitizer, whose runtime has to be there before everything else. */
function findRuntime() {
  if (process.platform !== 'linux')
    throw new SetupError('test:asan runs on Linux only: elsewhere a runtime cannot be loaded ahead of Node');
  const compiler = process.env.CXX || 'c++';
  const file = ask(compiler, ['-print-file-name=libasan.so'])?.trim();
  if (!file || !path.isAbsolute(file)) {
    throw new SetupError(`${compiler} has no libasan.so: test:asan needs GCC with its sanitizers. Install g++, and name it with CXX=g++`);
  }
  return file;
}

async function main(args) {
  const runtime = findRuntime();
  console.log('building the addon with sanitizers');
  await buildNative({ folder, definitions: ['HOTSWIFT_SANITIZE=ON'], report: console.log });
  const env = {
    HOTSWIFT_ADDON: addonIn(folder),
    LD_PRELOAD: runtime,
    // Engines live as long as their process. LLVM's allocators mark what they have not handed out yet, where they are compiled with the
    // sanitizer: in headers that we include, but not in LLVM's libraries, which work with the same memory.
    ASAN_OPTIONS: 'detect_leaks=0:allow_user_poisoning=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
  const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  await run(process.execPath, [jest, ...(args.length > 0 ? args : ['test/native', 'test/addon'])], { cwd: root, env, show: true });
}

await main(process.argv.slice(2)).catch(reportFailure);
