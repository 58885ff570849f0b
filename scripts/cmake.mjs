// What the builds with CMake have in common.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';

/**
 * Configures a build folder, anew if something has changed that CMake cannot see.
 * @param {string} folder
 * @param {object} inputs what that is: the artifacts behind the links, the place of the tree, the compilers that are asked for
 * @param {() => Promise<void>} configure
 */
export async function configureOnce(folder, inputs, configure) {
  const record = path.join(folder, 'configured.json');
  const wanted = JSON.stringify(inputs, null, 2);
  const configured = existsSync(path.join(folder, 'CMakeCache.txt')) && existsSync(record);
  if (configured && readFileSync(record, 'utf8') === wanted) return;
  // Files of another LLVM can be older than what was built with the last one, so timestamps would not tell: start over.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await configure();
  writeFileSync(record, wanted);
}

/** Translation units that include LLVM's headers take about a gigabyte each. */
export function jobs() {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / 2 ** 30)));
}
