import { createHash } from 'node:crypto';
import path from 'node:path';
import { isWritable } from './cache-directory.js';
import type { CacheLeases } from './cache-lease.js';
import type { Toolchain } from './toolchain.js';

/** The part of the cache folder for them. */
export const compilerModulesFolder = 'compiler-modules';

/**
 * The folder of the cache in which a compiler keeps what it makes of C modules and of module interfaces, leased. A compiler refuses what was made in a
 * folder of another path, so a cache that was copied or moved has another one.
 *
 * Resolves with `undefined` if the cache cannot be written: what is not kept is made for each session.
 */
export async function provideCompilerModules(
  cache: string,
  { id, version, swiftc }: Toolchain,
  leases: CacheLeases,
): Promise<string | undefined> {
  const all = path.join(cache, compilerModulesFolder);
  const digest = createHash('sha256')
    .update(JSON.stringify([all, id]))
    .digest('hex')
    .slice(0, 32);
  const folder = path.join(all, digest);
  try {
    await leases.provide(folder, { of: `Swift ${version}, ${swiftc}`, what: 'modules of the compiler' });
  } catch {
    return undefined;
  }
  return (await isWritable(folder)) ? folder : undefined;
}
