import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** How {@link inChild} runs a process that may less than this one, or elsewhere. `undefined` where this user cannot. */
export interface Restricted {
  within: string[];
  env: NodeJS.ProcessEnv;
}

/** As a user who has no other process: limits of processes are for users, and do not hold for root. Reads what root reads. */
export const asNobodyElse = restricted([
  ...['setpriv', '--reuid=54321', '--clear-groups'],
  ...['--inh-caps=+dac_override,+dac_read_search', '--ambient-caps=+dac_override,+dac_read_search'],
]);

/** As process 1 of a container, which adopts those that have lost their parents. */
export const asProcessOne =
  restricted(['unshare', '--pid', '--fork', '--mount-proc']) ??
  restricted(['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc']);

/** Where there is no /dev. */
export const withoutDevices = restricted(['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /dev && exec "$@"', 'sh']);

/** With cores as large as they may be. */
export const withCores = restricted(['sh', '-c', 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', 'sh']);

/** Where one folder can be watched, and no more. */
export const withOneWatch = restricted([
  ...['unshare', '--user', '--map-root-user', 'sh', '-c'],
  ...['echo 1 > /proc/sys/user/max_inotify_watches && exec "$@"', 'sh'],
]);

function restricted(within: string[]): Restricted | undefined {
  const [program = '', ...args] = within;
  if (spawnSync(program, [...args, 'true']).status !== 0) return undefined;
  // access(2) does not ask for capabilities.
  const env = { HOTSWIFT_ADDON: process.env.HOTSWIFT_ADDON ?? path.resolve('build-cmake', 'Release', 'hotswift.node') };
  return { within, env };
}
