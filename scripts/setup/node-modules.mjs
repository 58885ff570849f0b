// node_modules as package-lock.json says.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../child-process.mjs';

/**
 * Runs `npm ci` unless what is installed is what is locked. No package's install script is needed: optional dependencies bring binaries.
 * @param {string} root
 * @param {import('./progress.mjs').Step} step
 * @returns {Promise<string>}
 */
export async function installNodeModules(root, step) {
  if (matchesLock(root)) return 'as locked';
  await run('npm', ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'], { ...step.output, cwd: root });
  return 'installed';
}

/** npm records what it has installed in node_modules/.package-lock.json; packages for other platforms are locked but not installed. */
function matchesLock(root) {
  const record = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const locked = readPackages(path.join(root, 'package-lock.json'));
  const installed = readPackages(record);
  if (!declaresTheSame(root, locked[''])) return false;
  return Object.entries(locked).every(([place, wanted]) => {
    if (place === '') return true;
    const present = installed[place];
    return present ? present.version === wanted.version && present.integrity === wanted.integrity : wanted.optional === true;
  });
}

/** A package.json that was edited without the lock makes `npm ci` fail, which says so better than a build with missing packages. */
function declaresTheSame(root, locked) {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const sorted = (record = {}) => JSON.stringify(Object.entries(record).sort());
  return ['dependencies', 'devDependencies', 'optionalDependencies'].every((kind) => sorted(manifest[kind]) === sorted(locked[kind]));
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
