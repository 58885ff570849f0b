import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { toolEnvironment } from './fixture';

/** The folder in which an addon is built: `build-cmake`, or that of the addon which `HOTSWIFT_ADDON` names. */
export function buildFolder(): string {
  const addon = process.env.HOTSWIFT_ADDON || path.join(__dirname, '..', '..', 'build-cmake', 'Release', 'hotswift.node');
  return path.join(path.dirname(addon), '..');
}

/** Builds a target that only tests need. One at a time: Ninja does not look whether another one is at work in the same folder. */
export function buildTarget(target: string): void {
  const build = ['cmake', '--build', buildFolder(), '--target', target];
  // Where there is no flock, tests have one such target.
  const [program = '', ...args] = process.platform === 'linux' ? ['flock', path.join(buildFolder(), 'tests.lock'), ...build] : build;
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: toolEnvironment });
}
