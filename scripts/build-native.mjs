// Builds the addon: build-cmake/Release/hotswift.node.
//
//   node scripts/build-native.mjs [--product-dir <dir>]   with a directory, copies the addon there as well (binding.gyp does)
//
// cmake-js configures: it says where the Node-API headers are, which its own dependency node-api-headers holds, so nothing is
// downloaded. From then on CMake decides what is out of date, which takes a tenth of a second when nothing is.

import { copyFileSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ask, reportFailure, run, SetupError } from './child-process.mjs';
import { configureOnce, jobs } from './cmake.mjs';
import { bringThirdParty, buildArtifacts } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Where the finished addon is, in a build folder of the tree.
 * @param {string} [folder]
 */
export function addonIn(folder = 'build-cmake') {
  return path.join(root, folder, 'Release', 'hotswift.node');
}

/**
 * Brings the third-party artifacts that are missing and builds what is out of date.
 * @param {object} [options]
 * @param {string} [options.folder] the build folder
 * @param {string[]} [options.definitions] variables for CMake, `NAME=value`
 * @param {(message: string) => void} [options.report] told before anything that takes long
 * @param {object} [options.output] how the build's output is treated, as the options of `run`
 * @returns {Promise<boolean>} whether anything was out of date
 */
export async function buildNative({ folder = 'build-cmake', definitions = [], report, output } = {}) {
  await bringThirdParty(buildArtifacts, report);
  if (ask('cmake', ['--version']) === null) throw new SetupError('cmake is missing, 3.22 or newer is needed');
  const buildFolder = path.join(root, folder);
  await configure(buildFolder, definitions, output);
  const before = modified(addonIn(folder));
  await run('cmake', ['--build', buildFolder, '--config', 'Release', '--parallel', String(jobs())], { ...output, cwd: root });
  return modified(addonIn(folder)) !== before;
}

function configure(buildFolder, definitions, output) {
  const [command, ...before] = cmakeJs();
  const where = ['--directory', root, '--out', buildFolder, '--config', 'Release'];
  const args = [...before, 'configure', ...where, ...definitions.map((definition) => `--CD${definition}`)];
  return configureOnce(buildFolder, { ...configurationInputs(), definitions }, () => run(command, args, { ...output, cwd: root }));
}

/** What CMake cannot see has changed: the artifacts behind the links, the place of the tree, the compilers that are asked for. */
function configurationInputs() {
  const { CC, CXX, CFLAGS, CXXFLAGS, LDFLAGS } = process.env;
  return {
    root,
    thirdParty: buildArtifacts.map((name) => realpathSync(path.join(root, 'third_party', name))),
    cmakeJs: cmakeJs(),
    environment: { CC, CXX, CFLAGS, CXXFLAGS, LDFLAGS },
  };
}

/**
 * The command line of cmake-js. It is no dependency of the published package, whose binaries are prebuilt: where there is none for the
 * platform, npm brings it for this once.
 */
function cmakeJs() {
  try {
    const manifest = createRequire(import.meta.url).resolve('cmake-js/package.json');
    return [process.execPath, path.join(path.dirname(manifest), 'bin', 'cmake-js')];
  } catch {
    const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    return ['npm', 'exec', '--yes', `--package=cmake-js@${devDependencies['cmake-js']}`, '--', 'cmake-js'];
  }
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

async function main() {
  const { values } = parseArgs({ options: { 'product-dir': { type: 'string' } } });
  await buildNative({ report: console.log, output: { show: true } });
  const folder = values['product-dir'];
  if (folder) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(addonIn(), path.join(folder, path.basename(addonIn())));
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main().catch(reportFailure);
}
