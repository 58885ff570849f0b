import { statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { HotswiftError, isError, isHotswiftError } from '../errors.js';
import { cacheNotWritable, howToChoose } from './cache-directory.js';
import { cacheFiles } from './cache-files.js';
import { CacheLeases, type ContentLabel, leaseName, mayBeInUseUnleased, moveUnused } from './cache-lease.js';
import { noSpaceLeft } from './full-disk.js';

/** Folders of builds, and what is being removed, which is no entry any more. */
export const temporaryPrefix = '.building-';

/** Files asked for in one go: a thousand take some 4 ms. */
const filesAtOnce = 200;
/** Files that one thread reads in one go. */
const digestsAtOnce = 100;

/** What a finished entry says of itself: the sizes of its files, by which every version of hotswift knows it, and their digests. */
const inventoryName = 'inventory.json';
const digestsName = 'digests.json';
const inventory = z.record(z.string(), z.number());
const digestsByName = z.record(z.string(), z.string());

/** By path, what files of the cache are known to hold: see native/file_digest.h. */
export type FileDigests = ReadonlyMap<string, string>;

/** Whether a folder of the cache has what its build left there. */
export async function isWholeEntry(entry: string): Promise<boolean> {
  return (await verifyEntry(entry)) !== undefined;
}

/** The digests of an entry's files; `undefined` if the entry has not what its build left there, to the last bit. */
export async function verifyEntry(entry: string): Promise<FileDigests | undefined> {
  const files = await readInventory(entry);
  if (files === undefined) return undefined;
  const found = await digestFiles([...files.keys()]);
  return [...files].every(([file, digest]) => found.get(file) === digest) ? files : undefined;
}

/** Leases an entry. Resolves with whether it is whole: to the last bit when it is used first, and later as far as sizes tell. */
export async function useEntry(entry: string, label: ContentLabel, leases: CacheLeases): Promise<boolean> {
  if (!(await leases.hold(entry, label))) return false;
  if (leases.verified.has(entry)) return (await readInventory(entry)) !== undefined;
  const isWhole = await isWholeEntry(entry);
  if (isWhole) leases.verified.add(entry);
  return isWhole;
}

/** What the files of an entry are to hold; `undefined` if they are not there, or their sizes are others. */
async function readInventory(entry: string): Promise<FileDigests | undefined> {
  try {
    const sizes = Object.entries(inventory.parse(await readJson(path.join(entry, inventoryName))));
    for (const [index, [name, size]] of sizes.entries()) {
      if (index > 0 && index % filesAtOnce === 0) await setImmediate();
      if (statSync(path.join(entry, name)).size !== size) return undefined;
    }
    const digests = Object.entries(digestsByName.parse(await readJson(path.join(entry, digestsName))));
    return new Map(digests.map(([name, digest]) => [path.join(entry, name), digest]));
  } catch {
    return undefined;
  }
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}

export interface EntryBuild {
  /** What is in the entry, for people. */
  label: ContentLabel;
  /**
   * Fills a folder that nobody sees; `temporary` is another one, which goes afterwards. Resolves, where there are such, with what files in the folder are known to
   * hold: so much of a file that was damaged after it was looked at is not taken for its own.
   */
  build(folder: string, temporary: string): Promise<FileDigests | undefined>;
}

/**
 * Makes an entry of the cache: `build` fills a folder that nobody sees, which then becomes the entry in one step. Of two processes that make the same
 * entry, the first to finish wins; the other's is as good. A damaged entry is replaced.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if the cache cannot be written or has no room, and with what `build` rejects with.
 */
export async function makeEntry(entry: string, { label, build }: EntryBuild): Promise<void> {
  const leases = new CacheLeases();
  const temporary = await temporaryFolder(path.dirname(entry), label, leases);
  const product = path.join(temporary, 'product');
  try {
    await mkdir(product);
    const known = await build(product, temporary);
    await writeInventory(product, known ?? new Map());
    await writeFile(path.join(product, leaseName), JSON.stringify(label), { mode: 0o600 });
    // A damaged entry is moved, and goes with the temporary folder.
    if (!(await isWholeEntry(entry))) await rename(entry, path.join(temporary, 'damaged')).catch(() => {});
    await publish(product, entry);
  } catch (error) {
    if (isHotswiftError(error)) throw error;
    throw (await noSpaceLeft(error, [path.dirname(entry)])) ?? error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await leases.release();
  }
}

/** Times that an entry is made by one who wants it: something else may remove or damage it in the moment before it is used. */
export const mostAttempts = 3;

/** For an entry that is not usable, however often it is made. */
export function doesNotStay(entry: string): HotswiftError {
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `the cache entry ${entry} does not stay as it was made. ${howToChoose}`);
}

/** Keeps a folder of entries bounded: those used last, so many, and those in use. Folders of builds that were cut short go. */
export async function removeOldEntries(folder: string, kept: number): Promise<void> {
  const entries = await listEntries(folder);
  const abandoned = entries.filter(({ isTemporary }) => isTemporary);
  const old = entries.filter(({ isTemporary }) => !isTemporary).slice(kept);
  for (const { file } of [...abandoned, ...old]) if (!(await mayBeInUseUnleased(file))) await removeUnused(file);
}

/** The finished entries of a folder, those that were used last first; none if there is no folder. */
export async function finishedEntries(folder: string): Promise<string[]> {
  return (await listEntries(folder)).filter(({ isTemporary }) => !isTemporary).map(({ file }) => file);
}

async function removeUnused(folder: string): Promise<void> {
  const moved = await mkdtemp(path.join(path.dirname(folder), temporaryPrefix)).catch(() => undefined);
  if (moved === undefined) return;
  try {
    await moveUnused(folder, path.join(moved, 'old'));
  } finally {
    await rm(moved, { recursive: true, force: true });
  }
}

async function writeInventory(folder: string, known: FileDigests): Promise<void> {
  const names = await readdir(folder);
  const paths = names.map((name) => path.join(folder, name));
  const digests = new Map([...known, ...(await digestFiles(paths.filter((file) => !known.has(file))))]);
  const byName = names.map((name, index) => [name, digests.get(paths[index] ?? '')]);
  await writeFile(path.join(folder, digestsName), JSON.stringify(Object.fromEntries(byName)));
  const sizes = await Promise.all([...names, digestsName].map(async (name) => [name, (await stat(path.join(folder, name))).size]));
  await writeFile(path.join(folder, inventoryName), JSON.stringify(Object.fromEntries(sizes)));
}

/** By path, what files hold: see native/file_digest.h. Several threads read at a time, each some files. */
export async function digestFiles(files: readonly string[]): Promise<FileDigests> {
  const parts = Array.from({ length: Math.ceil(files.length / digestsAtOnce) }, (_, index) =>
    files.slice(index * digestsAtOnce, (index + 1) * digestsAtOnce),
  );
  const digests = (await Promise.all(parts.map((part) => cacheFiles().fileDigests(part)))).flat();
  return new Map(files.map((file, index) => [file, digests[index] ?? '']));
}

async function listEntries(folder: string): Promise<{ file: string; isTemporary: boolean }[]> {
  const names = await readdir(folder).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      return { file, used: await lastUse(file), isTemporary: name.startsWith(temporaryPrefix) };
    }),
  );
  return entries.sort((a, b) => b.used - a.used);
}

/** Milliseconds since 1970; 0 for what is not there any more. */
export async function lastUse(folder: string): Promise<number> {
  const { mtimeMs } = await stat(path.join(folder, leaseName)).catch(() => stat(folder).catch(() => ({ mtimeMs: 0 })));
  return mtimeMs;
}

/** Nothing removes it as long as it is leased; what does so before, does so before there is anything in it. */
async function temporaryFolder(parent: string, label: ContentLabel, leases: CacheLeases): Promise<string> {
  try {
    for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
      await mkdir(parent, { recursive: true });
      const folder = await mkdtemp(path.join(parent, temporaryPrefix)).catch((error: unknown) => {
        // Empty folders go, too.
        if (isError(error) && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (folder !== undefined && (await leases.hold(folder, label))) return folder;
    }
    throw new Error('another process keeps removing what is made there');
  } catch (cause) {
    throw (await noSpaceLeft(cause, [parent])) ?? cacheNotWritable(parent, cause);
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
