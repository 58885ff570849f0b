// lib/ compiled to dist/.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../child-process.mjs';

/**
 * Runs tsc unless nothing has changed since it last did: starting it takes longer than the rest of setup.
 * @param {string} root
 * @param {import('./progress.mjs').Step} step
 * @returns {Promise<string>}
 */
export async function buildTypeScript(root, step) {
  const stamp = path.join(root, 'node_modules', '.cache', 'hotswift', 'typescript');
  const inputs = hashOfInputs(root);
  const built = existsSync(path.join(root, 'dist')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs;
  if (built) return 'up to date';

  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  removeOrphans(root);
  await run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { ...step.output, cwd: root });
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, inputs);
  return 'built';
}

/** What was compiled from sources that are gone: it would be published. */
function removeOrphans(root) {
  const dist = path.join(root, 'dist');
  const made = existsSync(dist) ? readdirSync(dist, { recursive: true }) : [];
  for (const file of made.filter((name) => /\.[cm]?js(\.map)?$|\.d\.[cm]?ts$/.test(name))) {
    const source = path.join(root, 'lib', file.replace(/(\.d)?\.([cm]?)[jt]s(\.map)?$/, '.$2ts'));
    if (!existsSync(source)) rmSync(path.join(dist, file));
  }
}

function hashOfInputs(root) {
  const sources = readdirSync(path.join(root, 'lib'), { recursive: true }).filter((name) => /\.[cm]?ts$/.test(name));
  const files = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', ...sources.map((name) => path.join('lib', name)).sort()];
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  return hash.digest('hex');
}
