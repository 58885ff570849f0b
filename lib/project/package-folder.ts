import { createHash } from 'node:crypto';
import path from 'node:path';
import { cacheNotWritable } from './cache-directory.js';
import type { CacheLeases } from './cache-lease.js';
import { noSpaceLeft } from './full-disk.js';
import type { Toolchain } from './toolchain.js';

/**
 * The folder in the cache directory for what is built of a package, by a toolchain, leased; `root` is the package's, without symbolic links. What SwiftPM builds
 * knows where it lies, so a cache that was copied or moved has another folder.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if there is no such folder and none can be made.
 */
export async function openPackageFolder(cacheDirectory: string, root: string, toolchain: Toolchain, leases: CacheLeases): Promise<string> {
  const all = path.join(cacheDirectory, 'packages');
  const digest = createHash('sha256')
    .update(JSON.stringify([root, toolchain.id, all]))
    .digest('hex')
    .slice(0, 16);
  const folder = path.join(all, `${path.basename(root).replace(/[^\w.-]/g, '_')}-${digest}`);
  try {
    await leases.provide(folder, { of: root, what: 'what it depends on' });
  } catch (cause) {
    throw (await noSpaceLeft(cause, [cacheDirectory])) ?? cacheNotWritable(all, cause);
  }
  return folder;
}
