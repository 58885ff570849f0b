import { stat } from 'node:fs/promises';
import path from 'node:path';
import { clearCache, defaultCacheSize } from './project/cache-bound.js';
import { type CachedFolder, type CacheKind, CacheMeasure, describeContent, listCache } from './project/cache-contents.js';
import { defaultCacheDirectory, openCacheDirectory } from './project/cache-directory.js';
import { isInUse, type Removal } from './project/cache-lease.js';
import { loadAddon } from './reload/native.js';

/** What of a project, or of a toolchain, is in the cache. */
export interface CacheReportEntry {
  kind: CacheKind;
  /** The project's folder, or the toolchain. */
  of: string;
  /** For example `module App`. */
  what: string;
  folder: string;
  /** A file that several entries share counts for the one that was used last. */
  bytes: number;
  /** An ISO 8601 time. */
  lastUse: string;
  /** Whether a session of some process uses it. */
  isInUse: boolean;
}

export interface CacheReport {
  folder: string;
  bytes: number;
  /** What it may take. */
  bound: number;
  /** Those used last come first. */
  entries: CacheReportEntry[];
}

export interface CacheOptions {
  cacheDirectory?: string;
}

/** Says what is in the cache folder. Rejects as `createSession` does if that cannot be used; if there is none, it is not made. */
export async function reportCache(options: CacheOptions): Promise<CacheReport> {
  const cache = await openExisting(options);
  const folders = cache.isThere ? await listCache(cache.folder) : [];
  const sizes = await new CacheMeasure().bytes(folders);
  const entries = await Promise.all(folders.map(async (folder, index) => entryOf(folder, sizes[index] ?? 0, await isInUse(folder.folder))));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { folder: cache.folder, bytes, bound: defaultCacheSize(), entries };
}

export interface CacheClearing {
  folder: string;
  removed: CacheReportEntry[];
  /** What sessions use, and what cannot be removed. */
  kept: CacheReportEntry[];
}

/** Removes what is in the cache folder, apart from what sessions use and what is not hotswift's. Rejects as {@link reportCache} does. */
export async function clear(options: CacheOptions): Promise<CacheClearing> {
  const cache = await openExisting(options);
  const folders = cache.isThere ? await listCache(cache.folder) : [];
  const sizes = await new CacheMeasure().bytes(folders);
  const labels = await Promise.all(folders.map((folder, index) => entryOf(folder, sizes[index] ?? 0, false)));
  const removals: Removal[] = cache.isThere ? await clearCache(cache.folder, folders) : [];
  const entries = labels.map((entry, index) => ({ ...entry, isInUse: removals[index] === 'in-use' }));
  return {
    folder: cache.folder,
    removed: entries.filter((_, index) => removals[index] === 'moved'),
    kept: entries.filter((_, index) => removals[index] !== 'moved'),
  };
}

async function openExisting({ cacheDirectory }: CacheOptions): Promise<{ folder: string; isThere: boolean }> {
  loadAddon();
  const folder = path.resolve(cacheDirectory ?? defaultCacheDirectory());
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  return { folder: isThere ? await openCacheDirectory(folder) : folder, isThere };
}

async function entryOf(cached: CachedFolder, bytes: number, isInUse: boolean): Promise<CacheReportEntry> {
  const { kind, folder, lastUse } = cached;
  return { kind, ...(await describeContent(cached)), folder, bytes, lastUse: new Date(lastUse).toISOString(), isInUse };
}

/** For people: by project, what was used last first. The states of a module are one line. */
export function formatReport({ folder, bytes, bound, entries }: CacheReport): string {
  const lines = [`${folder}: ${formatBytes(bytes)} of ${formatBytes(bound)}`];
  for (const [of, group] of groupBy(entries, (entry) => entry.of)) {
    lines.push('', of);
    for (const [what, parts] of groupBy(group, (entry) => entry.what)) lines.push(formatLine(what, parts));
  }
  return lines.join('\n');
}

export function formatClearing({ folder, removed, kept }: CacheClearing): string {
  const lines = [`${folder}: removed ${formatBytes(totalOf(removed))}`];
  for (const { of, what, isInUse } of kept)
    lines.push(`kept, ${isInUse ? 'because a session uses it' : 'because it cannot be removed'}: ${what} (${of})`);
  return lines.join('\n');
}

function formatLine(what: string, entries: readonly CacheReportEntry[]): string {
  const [newest] = entries;
  const used = entries.some(({ isInUse }) => isInUse) ? 'in use' : `last used ${localTime(newest?.lastUse ?? '')}`;
  return `  ${what.padEnd(28)} ${formatBytes(totalOf(entries)).padStart(10)}  ${used}`;
}

/** `2026-05-04 13:07` */
function localTime(iso: string): string {
  return new Date(iso).toLocaleString('sv-SE').slice(0, 16);
}

function groupBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

const totalOf = (entries: readonly CacheReportEntry[]) => entries.reduce((sum, { bytes }) => sum + bytes, 0);

/** For example `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const names = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), names.length - 1);
  return `${power === 0 ? bytes : (bytes / 2 ** (10 * power)).toFixed(1)} ${names[power]}`;
}
