import { access, constants, mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { HotswiftError, isError } from '../errors.js';
import { homeFolder } from './home-folder.js';

/** What to do about a cache folder that cannot be used. */
export const howToChoose = 'Choose another with the option `cacheDirectory` or the environment variable HOTSWIFT_CACHE.';

/**
 * Where compiled modules and the dependencies of packages are kept: `HOTSWIFT_CACHE`, else `hotswift` in the user's cache folder, which is
 * `XDG_CACHE_HOME` or `.cache` in the home folder (macOS: `Library/Caches`).
 *
 * Throws ERR_HOTSWIFT_PROJECT if the user has no home folder.
 */
export function defaultCacheDirectory(): string {
  const { HOTSWIFT_CACHE: named, XDG_CACHE_HOME: ofUser } = process.env;
  if (named) return named;
  if (process.platform === 'darwin') return path.join(requireHome(), 'Library', 'Caches', 'hotswift');
  return path.join(ofUser || path.join(requireHome(), '.cache'), 'hotswift');
}

/**
 * Makes the cache folder, for its owner alone, or looks whether one that is there can be trusted: code that lies in it is run. Resolves with its real path,
 * since compilers note where they put what they make.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if it cannot be made, if it belongs to another user than this process's or root, or if others can write it.
 */
export async function openCacheDirectory(folder: string): Promise<string> {
  const real = await makeFolder(folder)
    .then(() => realpath(folder))
    .catch((cause: unknown) => {
      throw new HotswiftError(
        'ERR_HOTSWIFT_PROJECT',
        `there can be no cache folder ${folder}: ${(cause as Error).message}. ${howToChoose}`,
        {
          cause,
        },
      );
    });
  const { uid, mode } = await stat(real);
  const user = process.geteuid?.() ?? uid;
  const refuse = (why: string, remedy: string) =>
    new HotswiftError('ERR_HOTSWIFT_PROJECT', `the cache folder ${real} is not used, because ${why}. ${remedy} ${howToChoose}`);
  if (uid !== user && uid !== 0) {
    const why = `it belongs to another user (uid ${uid}, and this process is uid ${user}), and code in it would be run`;
    throw refuse(why, `If it is to be yours: chown -R ${user} '${real}'.`);
  }
  if ((mode & 0o022) !== 0) {
    const why = `others can write it (mode ${(mode & 0o7777).toString(8)}), and code in it is run`;
    throw refuse(why, `If nobody else has written there: chmod 700 '${real}'.`);
  }
  return real;
}

/** Whether a folder can be written. */
export async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

export function cacheNotWritable(folder: string, cause: unknown): HotswiftError {
  const why = `the cache folder ${folder} cannot be written: ${(cause as Error).message}`;
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `${why}. ${howToChoose}`, { cause });
}

function requireHome(): string {
  const home = homeFolder();
  if (home !== undefined) return home;
  const message = `there is no place for the cache folder: this process's user has no home folder, and HOME is not set. ${howToChoose}`;
  throw new HotswiftError('ERR_HOTSWIFT_PROJECT', message);
}

/** Node's own way to make folders above as well never ends where there can be none, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const code = isError(error) && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || (await isThere(parent))) throw error;
    await makeFolder(parent);
    await makeFolder(folder);
  }
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
