// Makes a fresh clone ready to build, test and run: npm run setup.
//
//   node scripts/setup.mjs [--swiftc <path>]
//   node scripts/setup.mjs --native    only what the addon takes: no Swift, no TypeScript
//
// Every step looks first whether it is done; when all are, the whole takes half a second. What is installed on the system is told
// before it happens, and only happens on Debian as root: anywhere else the commands are printed and nothing is changed.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildNative } from './build-native.mjs';
import { reportFailure } from './child-process.mjs';
import { installNodeModules } from './setup/node-modules.mjs';
import { installBuildTools, installExampleLibraries } from './setup/prerequisites.mjs';
import { Progress } from './setup/progress.mjs';
import { findOrInstallSwift } from './setup/swift-toolchain.mjs';
import { buildTypeScript } from './setup/typescript.mjs';
import { bringThirdParty, buildArtifacts } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

async function main() {
  const { values } = parseArgs({ options: { swiftc: { type: 'string' }, native: { type: 'boolean', default: false } } });
  if (values.swiftc) process.env.HOTSWIFT_SWIFTC = values.swiftc;

  const progress = new Progress(root, values.native ? 4 : 7);
  await progress.step('build tools', (step) => installBuildTools(step));
  if (!values.native) await progress.step('libraries of the examples', (step) => installExampleLibraries(step));
  if (!values.native) await progress.step('Swift toolchain', (step) => findOrInstallSwift(step));
  await progress.step('third-party code', async (step) => {
    const fetched = await bringThirdParty(buildArtifacts, (message) => step.tell(message));
    return fetched.length > 0 ? `fetched ${fetched.join(', ')}` : 'in the cache';
  });
  await progress.step('npm packages', (step) => installNodeModules(root, step));
  await progress.step('native addon', async (step) => {
    const built = await buildNative({ report: (message) => step.tell(message), output: step.output });
    return built ? 'built' : 'up to date';
  });
  if (!values.native) await progress.step('TypeScript', (step) => buildTypeScript(root, step));
}

await main().catch(reportFailure);
