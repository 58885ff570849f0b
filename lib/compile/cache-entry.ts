import { statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { HotswiftError } from '../errors.js';
import { cacheNotWritable } from '../project/cache-directory.js';

const temporaryPrefix = '.building-';
/** Milliseconds; a build takes minutes at most. */
const longestBuild = 3_600_000;

/** Files asked for in one go: a thousand take some 4 ms. */
const filesAtOnce = 200;

/** What a finished entry says of itself: the sizes of its files. */
const inventoryName = 'inventory.json';

/** Whether a folder of the cache has what its build left there. */
export async function isWholeEntry(entry: string): Promise<boolean> {
  try {
    const inventory = z.record(z.string(), z.number()).parse(JSON.parse(await readFile(path.join(entry, inventoryName), 'utf8')));
    for (const [index, [name, size]] of Object.entries(inventory).entries()) {
      if (index > 0 && index % filesAtOnce === 0) await setImmediate();
      if (statSync(path.join(entry, name)).size !== size) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes an entry of the cache: `build` fills a folder that nobody sees, which then becomes the entry in one step. Of two processes that make the same
 * entry, the first to finish wins; the other's is as good. A damaged entry is replaced.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if the cache cannot be written, and with what `build` rejects with.
 */
export async function makeEntry(entry: string, build: (folder: string, temporary: string) => Promise<void>): Promise<void> {
  const temporary = await temporaryFolder(path.dirname(entry));
  const product = path.join(temporary, 'product');
  try {
    await mkdir(product);
    await build(product, temporary);
    const sizes = await Promise.all((await readdir(product)).map(async (name) => [name, (await stat(path.join(product, name))).size]));
    await writeFile(path.join(product, inventoryName), JSON.stringify(Object.fromEntries(sizes)));
    // A damaged entry is moved, and goes with the temporary folder.
    if (!(await isWholeEntry(entry))) await rename(entry, path.join(temporary, 'damaged')).catch(() => {});
    await publish(product, entry);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Keeps a folder of entries bounded: the newest so many, and no folder of a build that was cut short. */
export async function removeOldEntries(folder: string, kept: number): Promise<void> {
  const entries = await listEntries(folder);
  const abandoned = entries.filter(({ isTemporary, changed }) => isTemporary && Date.now() - changed > longestBuild);
  const finished = entries.filter(({ isTemporary }) => !isTemporary);
  const removed = [...abandoned, ...finished.slice(kept)];
  await Promise.all(removed.map(({ file }) => rm(file, { recursive: true, force: true })));
}

/** The finished entries of a folder, the newest first; none if there is no folder. */
export async function finishedEntries(folder: string): Promise<string[]> {
  return (await listEntries(folder)).filter(({ isTemporary }) => !isTemporary).map(({ file }) => file);
}

async function listEntries(folder: string): Promise<{ file: string; changed: number; isTemporary: boolean }[]> {
  const names = await readdir(folder).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      const changed = await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      return { file, changed, isTemporary: name.startsWith(temporaryPrefix) };
    }),
  );
  return entries.sort((a, b) => b.changed - a.changed);
}

async function temporaryFolder(parent: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true });
    return await mkdtemp(path.join(parent, temporaryPrefix));
  } catch (cause) {
    throw cacheNotWritable(parent, cause);
  }
}

async function publish(product: string, entry: string): Promise<void> {
  try {
    await rename(product, entry);
  } catch (cause) {
    if (await isWholeEntry(entry)) return;
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `the cache entry ${entry} cannot be replaced: ${(cause as Error).message}`, { cause });
  }
}
