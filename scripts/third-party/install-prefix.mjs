// What the user has built or unpacked takes the place of a download: HOTSWIFT_LLVM=<install prefix>, HOTSWIFT_LIBDEFLATE=<source folder>,
// HOTSWIFT_CLANG_TOOLS=<install prefix> and so on.

import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from '../child-process.mjs';
import { makeEntry, readEntry } from './cache.mjs';
import { orcRuntime } from './layouts.mjs';
import { neededLibraries } from './llvm-libraries.mjs';
import { artifact, digest, inSeries } from './manifest.mjs';

/**
 * The environment variable that names a prefix for an artifact: `clang-tools` is HOTSWIFT_CLANG_TOOLS.
 * @param {string} name
 */
export function prefixVariable(name) {
  return `HOTSWIFT_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * The folder that third_party/<name> is to point at when the user has given one, or null.
 * @param {string} name
 * @returns {Promise<string | null>}
 */
export async function fromInstallPrefix(name) {
  const variable = prefixVariable(name);
  const given = process.env[variable];
  if (!given) return null;
  if (!existsSync(given)) throw new SetupError(`${variable} is ${given}, which does not exist`);
  const prefix = realpathSync(given);
  return name === 'llvm' ? llvmPrefix(prefix, variable) : prefix;
}

/** LLVM's own layout lacks the architecture-independent name of the ORC runtime, so its files are linked into a folder that has it. */
async function llvmPrefix(prefix, variable) {
  const version = llvmVersion(prefix);
  const { series } = Object.values(artifact('llvm').debian)[0];
  if (!version)
    throw new SetupError(`${variable} is ${prefix}, which is no LLVM install prefix: it has no include/llvm/Config/llvm-config.h`);
  if (!inSeries(version, series.split('.')[0])) throw new SetupError(`${variable} is LLVM ${version}, hotswift needs ${series}.x`);

  const runtime = orcRuntime(prefix);
  const built = statSync(path.join(prefix, 'lib/libLLVMOrcJIT.a')).mtimeMs;
  const name = `llvm-${version}-prefix-${digest([artifact('llvm').layout, prefix, runtime, built])}`;
  const fill = async (folder) => {
    mkdirSync(path.join(folder, 'lib'));
    symlinkSync(path.join(prefix, 'include'), path.join(folder, 'include'));
    symlinkSync(runtime, path.join(folder, 'lib/liborc_rt.a'));
    for (const library of neededLibraries(prefix).map((item) => `lib${item}.a`)) {
      symlinkSync(path.join(prefix, 'lib', library), path.join(folder, 'lib', library));
    }
  };
  const entry = readEntry(name) ?? (await makeEntry(name, { pin: prefix, packages: [{ name: 'llvm', version }] }, fill));
  return entry.path;
}

function llvmVersion(prefix) {
  const header = path.join(prefix, 'include/llvm/Config/llvm-config.h');
  if (!existsSync(header)) return null;
  return readFileSync(header, 'utf8').match(/#define LLVM_VERSION_STRING "([\d.]+)/)?.[1] ?? null;
}
