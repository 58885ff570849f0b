import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { lastUse, temporaryPrefix } from './cache-entry.js';
import { cacheFiles } from './cache-files.js';
import { type ContentLabel, readLabel } from './cache-lease.js';
import { compilerModulesFolder } from './compiler-modules.js';

export type CacheKind = 'module' | 'package' | 'preview-kit' | 'compiler-modules' | 'driver-answers';

/** A folder of the cache that is kept or removed as a whole. */
export interface CachedFolder {
  kind: CacheKind;
  folder: string;
  /** Milliseconds since 1970. */
  lastUse: number;
}

/** By kind, where in the cache folder its folders lie: a name, or how names look, for each level. Whatever has another name is not hotswift's. */
const places: Record<CacheKind, (string | RegExp)[]> = {
  module: ['modules', /^[0-9a-f]{32}$/, /^[0-9a-f]{32}-[01]{2,3}$/],
  package: ['packages', /^[\w.-]*-[0-9a-f]{16}$/],
  'preview-kit': ['preview-kit', /^[0-9a-f]{32}$/],
  'compiler-modules': [compilerModulesFolder, /^[0-9a-f]{32}$/],
  // Each is read in one go, and asked for again where it is gone: it needs no lease.
  'driver-answers': ['driver-answers'],
};

/** What is being removed lies in the cache folder itself, under such a name. */
export const removedPrefix = '.removed-';

/** What is in a cache folder, by its last use, the newest first. Links are not followed. */
export async function listCache(cache: string): Promise<CachedFolder[]> {
  // One after the other: thousands of answers at once would keep the event loop busy.
  const described: CachedFolder[] = [];
  for (const [kind, levels] of Object.entries(places) as [CacheKind, (string | RegExp)[]][]) {
    for (const folder of await foldersAt(cache, levels)) described.push({ kind, folder, lastUse: await lastUse(folder) });
  }
  return described.sort((a, b) => b.lastUse - a.lastUse);
}

/** Folders of builds that go on, or were cut short, and of what is being removed, or was not removed to the end. */
export async function listLeftovers(cache: string): Promise<{ unfinished: string[]; removed: string[] }> {
  const isUnfinished = new RegExp(`^\\${temporaryPrefix}`);
  const unfinished = await Promise.all([
    foldersAt(cache, ['modules', /^[0-9a-f]{32}$/, isUnfinished]),
    foldersAt(cache, ['preview-kit', isUnfinished]),
  ]);
  return { unfinished: unfinished.flat(), removed: await foldersAt(cache, [new RegExp(`^\\${removedPrefix}`)]) };
}

/** What people want to know of a folder of the cache. */
export async function describeContent({ kind, folder }: CachedFolder): Promise<ContentLabel> {
  if (kind === 'driver-answers') return { of: 'Swift compilers', what: 'answers of the driver' };
  return (await readLabel(folder)) ?? { of: 'not known', what: kind };
}

/** Files that one thread looks at in one go, some milliseconds: the host's other work waits for the same threads. */
const filesAtOnce = 1000;

/** Files that are added up in one go. */
const sharedAtOnce = 10_000;

interface Measured {
  bytes: number;
  /** Files that other folders may have as well: see native/folder_walk.h. */
  shared: Float64Array[];
}

/** Measures folders of caches; what has not been used since is not measured again. */
export class CacheMeasure {
  readonly #known = new Map<string, Measured & { lastUse: number }>();

  /**
   * The bytes of each folder. A file that several have counts for the first: with the newest first, what is removed from the end makes as much room as it
   * says. Rejects if aborted.
   */
  async bytes(folders: readonly CachedFolder[], signal?: AbortSignal): Promise<number[]> {
    const counted = new Map<number, Set<number>>();
    const sizes: number[] = [];
    let added = 0;
    for (const { folder, lastUse } of folders) {
      const known = this.#known.get(folder);
      const measured = known?.lastUse === lastUse ? known : { lastUse, ...(await measure(folder, signal)) };
      this.#known.set(folder, measured);
      let { bytes } = measured;
      for (const files of measured.shared) {
        bytes += bytesOfNew(files, counted);
        added += files.length / 3;
        if (added < sharedAtOnce) continue;
        added = 0;
        await setImmediate();
      }
      sizes.push(bytes);
    }
    const present = new Set(folders.map(({ folder }) => folder));
    for (const folder of this.#known.keys()) if (!present.has(folder)) this.#known.delete(folder);
    return sizes;
  }
}

async function measure(folder: string, signal: AbortSignal | undefined): Promise<Measured> {
  const measured: Measured = { bytes: 0, shared: [] };
  for (let rest = [folder]; rest.length > 0; ) {
    signal?.throwIfAborted();
    const part = await cacheFiles().measureFiles(rest, filesAtOnce);
    measured.bytes += part.bytes;
    if (part.shared.length > 0) measured.shared.push(part.shared);
    rest = part.rest;
  }
  return measured;
}

/** Of files that are not counted yet. From now on, they are. */
function bytesOfNew(files: Float64Array, counted: Map<number, Set<number>>): number {
  let bytes = 0;
  for (let index = 0; index + 2 < files.length; index += 3) {
    const [device = 0, inode = 0, size = 0] = files.subarray(index, index + 3);
    const known = counted.get(device) ?? new Set();
    counted.set(device, known);
    if (!known.has(inode)) bytes += size;
    known.add(inode);
  }
  return bytes;
}

async function foldersAt(parent: string, [level, ...rest]: readonly (string | RegExp)[]): Promise<string[]> {
  if (level === undefined) return [parent];
  const children = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const matching = children.filter(
    (child) => child.isDirectory() && (typeof level === 'string' ? child.name === level : level.test(child.name)),
  );
  const found: string[] = [];
  for (const { name } of matching) found.push(...(await foldersAt(path.join(parent, name), rest)));
  return found;
}
