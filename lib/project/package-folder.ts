import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { cacheNotWritable } from './cache-directory.js';
import type { Toolchain } from './toolchain.js';

/** Milliseconds after which what was built of a package is removed, unless a session used it meanwhile: thirty days. */
const keptUnused = 30 * 24 * 3_600_000;

/**
 * The folder in the cache directory for what is built of a package, by a toolchain; `root` is the package's, without symbolic links. Folders
 * that were not used for thirty days are removed.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if there is no such folder and none can be made.
 */
export async function openPackageFolder(cacheDirectory: string, root: string, toolchain: Toolchain): Promise<string> {
  const digest = createHash('sha256')
    .update(JSON.stringify([root, toolchain.id]))
    .digest('hex')
    .slice(0, 16);
  const all = path.join(cacheDirectory, 'packages');
  const folder = path.join(all, `${path.basename(root).replace(/[^\w.-]/g, '_')}-${digest}`);
  const now = new Date();
  const made = await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw cacheNotWritable(all, cause);
  });
  if (made !== undefined) await removeUnused(all, now.getTime());
  await utimes(folder, now, now).catch(() => {
    // The cache cannot be written, and so is not tidied either.
  });
  return folder;
}

async function removeUnused(all: string, now: number): Promise<void> {
  for (const name of await readdir(all)) {
    const folder = path.join(all, name);
    const used = await stat(folder).then(
      ({ mtimeMs }) => mtimeMs,
      // Another process removed it.
      () => now,
    );
    if (now - used > keptUnused) await rm(folder, { recursive: true, force: true });
  }
}
