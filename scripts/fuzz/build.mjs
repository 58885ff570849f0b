// Builds the fuzzers: build-fuzz/native/fuzz/<target>_fuzzer. CMake, as for the addon, but with Clang, which brings libFuzzer.

import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, CommandError, run, SetupError } from '../child-process.mjs';
import { configureOnce, jobs } from '../cmake.mjs';
import { buildArtifacts } from '../third-party.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const buildFolder = path.join(root, 'build-fuzz');

/**
 * Builds what is out of date.
 * @param {string[]} targets
 * @param {string} toolchain the folder of the Swift toolchain's programs, Clang among them
 * @param {object} [output] how the build's output is treated, as the options of `run`
 * @returns {Promise<Record<string, string>>} the programs, by target
 */
export async function buildFuzzers(targets, toolchain, output) {
  const compilers = ['clang', 'clang++'].map((name) => path.join(toolchain, name));
  const inputs = { root, compilers, thirdParty: buildArtifacts.map((name) => realpathSync(path.join(root, 'third_party', name))) };
  await configureOnce(buildFolder, inputs, async () => {
    await requireFuzzerRuntime(compilers[1]);
    const [c, cxx] = compilers;
    const generator = ask('ninja', ['--version']) === null ? [] : ['-G', 'Ninja'];
    const choices = [`-DCMAKE_C_COMPILER=${c}`, `-DCMAKE_CXX_COMPILER=${cxx}`];
    await run('cmake', ['-S', root, '-B', buildFolder, ...generator, ...choices], output);
  });
  const programs = targets.map((target) => `${target}_fuzzer`);
  await run('cmake', ['--build', buildFolder, '--parallel', String(jobs()), '--target', ...programs], output);
  return Object.fromEntries(targets.map((target) => [target, path.join(buildFolder, 'native', 'fuzz', `${target}_fuzzer`)]));
}

async function requireFuzzerRuntime(compiler) {
  if (!existsSync(compiler)) {
    throw new SetupError(`there is no ${compiler}: libFuzzer needs the Clang that a complete Swift toolchain has next to swift-frontend`);
  }
  mkdirSync(buildFolder, { recursive: true });
  const probe = path.join(buildFolder, 'probe.cpp');
  writeFileSync(probe, 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char *, unsigned long) { return 0; }\n');
  try {
    await run(compiler, ['-fsanitize=fuzzer,address,undefined', probe, '-o', path.join(buildFolder, 'probe')]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new SetupError(
      `${compiler} cannot link a fuzzer: install the Swift toolchain with the sanitizer runtimes of its Clang ` +
        `(libclang_rt.fuzzer, asan, ubsan; Debian's swiftlang and the archives of swift.org have them)\n${error.output.trimEnd()}`,
      { cause: error },
    );
  }
}
