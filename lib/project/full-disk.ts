import { statfs } from 'node:fs/promises';
import { HotswiftError, isError } from '../errors.js';

/** How the C library, and so every tool, says that a disk is full, or what a user may have of it. At the end of a line: source code may say it as well. */
const saysFull = /(No space left on device|Disk quota exceeded)[.)]?\s*$/m;

/**
 * ERR_HOTSWIFT_PROJECT if an error, or what a tool has said, comes of a full disk: whatever else the tool said is of no use then. `folders` are those
 * that were written; the one with the least room is named.
 */
export async function noSpaceLeft(cause: unknown, folders: readonly string[]): Promise<HotswiftError | undefined> {
  if (!isAboutFullDisk(cause)) return undefined;
  const rooms = await Promise.all(folders.map(async (folder) => ({ folder, free: await freeBytes(folder) })));
  const [fullest] = rooms.sort((a, b) => a.free - b.free);
  const free = fullest !== undefined && Number.isFinite(fullest.free) ? `, where ${(fullest.free / 2 ** 20).toFixed(1)} MiB are free` : '';
  const message =
    `no space is left on the device (ENOSPC)${fullest === undefined ? '' : ` for ${fullest.folder}${free}`}. Make room there: \`hotswift cache --clear\` ` +
    'removes what was kept and no session uses. Or choose another cache folder with the option `cacheDirectory` or the environment variable ' +
    'HOTSWIFT_CACHE, and another folder for temporary files with TMPDIR.';
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', message, { cause });
}

function isAboutFullDisk(cause: unknown): boolean {
  if (typeof cause === 'string') return saysFull.test(cause);
  if (!isError(cause)) return false;
  return ('code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')) || saysFull.test(cause.message);
}

/** For which there is room; infinite where that cannot be told. */
async function freeBytes(folder: string): Promise<number> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Number.POSITIVE_INFINITY,
  );
}
