// Installing packages on the system, which setup does on Debian, as root, and nowhere else.

import { existsSync, readFileSync } from 'node:fs';
import { ask, run } from '../child-process.mjs';

/** The release of Debian that this machine runs, or null if it runs something else; Infinity for testing and unstable. */
export function debianRelease() {
  if (process.platform !== 'linux' || !existsSync('/etc/os-release')) return null;
  const fields = Object.fromEntries(
    [...readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?([^"\n]*)/gm)].map(([, key, value]) => [key, value]),
  );
  if (fields.ID !== 'debian') return null;
  return fields.VERSION_ID ? Number.parseInt(fields.VERSION_ID, 10) : Number.POSITIVE_INFINITY;
}

/** Whether apt is there: Debian and what derives from it. */
export function hasApt() {
  return process.platform === 'linux' && ask('apt-get', ['--version']) !== null;
}

export function isRoot() {
  return process.getuid?.() === 0;
}

/**
 * The command line that installs packages, for the user to read or to type.
 * @param {string[]} packages
 * @param {string} [suite]
 */
export function installCommand(packages, suite) {
  return ['apt-get', ...installArguments(packages, suite)].join(' ');
}

/**
 * Updates the package lists and installs packages. Configuration files that the user has changed are kept.
 * @param {string[]} packages
 * @param {import('./progress.mjs').Step} step
 * @param {string} [suite] take them from this suite
 */
export async function install(packages, step, suite) {
  const options = { ...step.output, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  // Finishes what an interrupted installation left half done: apt refuses to work before that.
  await run('dpkg', ['--configure', '--pending'], options);
  await run('apt-get', ['update', '-q'], options);
  const keepConfiguration = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];
  await run('apt-get', [...keepConfiguration, ...installArguments(packages, suite)], options);
}

function installArguments(packages, suite) {
  return ['install', '-y', '--no-install-recommends', ...(suite ? ['-t', suite] : []), ...packages];
}
