import { mkdtemp, rmdir } from 'node:fs/promises';
import path from 'node:path';
import debug from 'debug';
import { HotswiftError } from '../errors.js';
import { type CachedFolder, CacheMeasure, listCache, listLeftovers, removedPrefix } from './cache-contents.js';
import { cacheFiles } from './cache-files.js';
import { mayBeInUseUnleased, moveUnused, type Removal } from './cache-lease.js';

/** Bytes: 4 GiB. */
const defaultBound = 4 * 2 ** 30;

/** Files that one thread removes in one go, some milliseconds. */
const filesAtOnce = 200;

const log = debug('hotswift:cache');

const units: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * The bytes that the cache may take: `HOTSWIFT_CACHE_SIZE`, a number of bytes or of units such as `500M` and `4G`, else 4 GiB.
 *
 * Throws ERR_HOTSWIFT_ARGUMENT if the variable is no size.
 */
export function defaultCacheSize(): number {
  const value = process.env.HOTSWIFT_CACHE_SIZE;
  if (!value) return defaultBound;
  const [, number = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*$/i.exec(value) ?? [];
  const bytes = Math.floor(Number(number) * (units[unit.toUpperCase()] ?? 1));
  if (number !== '' && Number.isSafeInteger(bytes)) return bytes;
  const message = `HOTSWIFT_CACHE_SIZE: '${value}' is not a size: expected bytes, or a number with K, M, G or T behind it, such as 500M or 4G`;
  throw new HotswiftError('ERR_HOTSWIFT_ARGUMENT', message);
}

const measure = new CacheMeasure();

/**
 * Has a cache folder take no more than so many bytes: what was used least recently goes, whole folders at a time, but nothing that a session of any process
 * uses. So it may take more. Rejects if aborted.
 */
export async function boundCache(cache: string, most: number, signal?: AbortSignal): Promise<void> {
  await removeLeftovers(cache, signal);
  const folders = await listCache(cache);
  const sizes = await measure.bytes(folders, signal);
  let total = sizes.reduce((sum, size) => sum + size, 0);
  for (const [index, folder] of [...folders.entries()].reverse()) {
    if (total <= most) return;
    if (await mayBeInUseUnleased(folder.folder)) continue;
    const removal = await remove(cache, folder.folder, signal);
    if (removal !== 'moved') continue;
    log('removed %s, %d bytes, last used %s', folder.folder, sizes[index], new Date(folder.lastUse).toISOString());
    total -= sizes[index] ?? 0;
  }
  if (total > most) log('%s takes %d bytes of %d: what is left is in use', cache, total, most);
}

/** Removes what is in a cache folder and no session uses. Resolves with what became of each folder. */
export async function clearCache(cache: string, folders: readonly CachedFolder[]): Promise<Removal[]> {
  await removeLeftovers(cache);
  const removals: Removal[] = [];
  for (const { folder } of folders) removals.push(await remove(cache, folder));
  return removals;
}

async function removeLeftovers(cache: string, signal?: AbortSignal): Promise<void> {
  const { unfinished, removed } = await listLeftovers(cache);
  for (const folder of removed) await removeFiles(folder, signal);
  for (const folder of unfinished) if (!(await mayBeInUseUnleased(folder))) await remove(cache, folder, signal);
}

/** In one step for whoever looks for it, and then some files at a time. */
async function remove(cache: string, folder: string, signal?: AbortSignal): Promise<Removal> {
  signal?.throwIfAborted();
  const removed = await mkdtemp(path.join(cache, removedPrefix)).catch(() => undefined);
  if (removed === undefined) return 'kept';
  const removal = await moveUnused(folder, path.join(removed, 'folder'));
  await removeFiles(removed, signal);
  // Of a module of which no state is left, nothing is.
  if (removal === 'moved' && path.dirname(path.dirname(folder)) !== cache) await rmdir(path.dirname(folder)).catch(() => {});
  return removal;
}

/** Where it is aborted, the next one goes on. */
async function removeFiles(folder: string, signal?: AbortSignal): Promise<void> {
  while (!(await cacheFiles().removeFiles(folder, filesAtOnce))) signal?.throwIfAborted();
}
