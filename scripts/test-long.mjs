// What takes hours, or looks at time and memory: npm run test:long.
//
//   node scripts/test-long.mjs [name…]   all parts, or those that are named
//
// Random inputs are others each day: the seed is the date, and is printed. HOTSWIFT_RANDOM_SEED=20260131 has those of a day again.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, reportFailure, run, SetupError } from './child-process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const script = (name) => path.join(root, 'scripts', name);

const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
const seed = process.env.HOTSWIFT_RANDOM_SEED || today;

/** @type {Record<string, string[]>} arguments of Node */
const parts = {
  tests: [jest],
  soak: [script('soak.mjs'), '--seed', seed],
  asan: [script('test-asan.mjs')],
  fuzz: [script('fuzz.mjs')],
};

async function main(names) {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) throw new SetupError(`there is no ${unknown.join(', ')}: name some of ${Object.keys(parts).join(', ')}`);
  console.log(`HOTSWIFT_RANDOM_SEED=${seed}`);
  const failed = [];
  for (const name of names.length > 0 ? names : Object.keys(parts)) {
    console.log(`\n${name}`);
    // Those of the engine's tests that the sanitizers check are the full ones.
    const env = { HOTSWIFT_RANDOM_SEED: seed, HOTSWIFT_TESTS: name === 'asan' ? 'full' : 'long' };
    await run(process.execPath, parts[name], { cwd: root, env, show: true }).catch((error) => {
      if (!(error instanceof CommandError)) throw error;
      console.error(error.message);
      failed.push(name);
    });
  }
  console.log(`\nHOTSWIFT_RANDOM_SEED=${seed}: ${failed.length > 0 ? `${failed.join(', ')} failed` : 'all passed'}`);
  if (failed.length > 0) process.exitCode = 1;
}

await main(process.argv.slice(2)).catch(reportFailure);
