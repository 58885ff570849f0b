import { close, fstat, futimes, open, read, write } from 'node:fs';
import { lstat, mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { isError } from '../errors.js';
import { cacheFiles } from './cache-files.js';

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(fstat);
const setTimes = promisify(futimes);
const writeText = promisify(write);
const readText = promisify(read);

/**
 * The file by which a folder of the cache is leased: each user has it locked, without keeping other users out, and its time is that of the last use. The
 * kernel ends a lock with its process, however that ends, and knows the locks of all containers and mounts alike.
 */
export const leaseName = '.lease';

/** What a folder of the cache holds, for people. */
export const contentLabel = z.object({
  /** The project's folder, or the toolchain. */
  of: z.string(),
  what: z.string(),
});
export type ContentLabel = z.infer<typeof contentLabel>;

/** Milliseconds that a lock may be in the way: who removes a folder has it locked while it renames it. */
const patience = 1000;
/** Times that a folder is made: another process may remove it in the moment before it is leased. */
const mostAttempts = 3;
/** Milliseconds after which a use is noted again. */
const noteAgain = 60_000;
/** Bytes of a label that are read. */
const longestLabel = 4096;

interface Lease {
  /** Missing where the cache cannot be written and has no lease file. */
  descriptor?: number;
  device?: number;
  inode?: number;
  noted: number;
}

/** The folders of the cache that somebody uses. Nothing removes them until they are released, whichever process it is. */
export class CacheLeases {
  /** Leased folders whose contents were found to be what they are to be. */
  readonly verified = new Set<string>();
  readonly #leases = new Map<string, Lease>();
  /** One thing after the other for each folder. */
  readonly #turns = new Map<string, Promise<void>>();

  /**
   * Leases a folder until {@link release}. Resolves with whether it is there; if not, it is to be made, or made again. A lease that is held already, of a
   * folder that is still the same, costs next to nothing.
   */
  hold(folder: string, label: ContentLabel): Promise<boolean> {
    const before = this.#turns.get(folder) ?? Promise.resolve();
    const held = before.then(() => this.#hold(folder, label));
    const turn = held.then(
      () => {},
      () => {},
    );
    this.#turns.set(folder, turn);
    return held;
  }

  /** Makes a folder, if there is none, and leases it. Rejects if that cannot be. */
  async provide(folder: string, label: ContentLabel): Promise<void> {
    for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
      await mkdir(folder, { recursive: true });
      if (await this.hold(folder, label)) return;
    }
    throw new Error('another process keeps removing it');
  }

  /** Lets go of everything. */
  async release(): Promise<void> {
    await Promise.all(this.#turns.values());
    await Promise.all([...this.#leases.keys()].map((folder) => this.#letGo(folder)));
  }

  async #hold(folder: string, label: ContentLabel): Promise<boolean> {
    const held = this.#leases.get(folder);
    if (held !== undefined) {
      if (await isAt(held, folder)) {
        await note(held);
        return true;
      }
      await this.#letGo(folder);
    }
    const lease = await takeLease(folder, label);
    if (lease === undefined) return false;
    this.#leases.set(folder, lease);
    return true;
  }

  async #letGo(folder: string): Promise<void> {
    const lease = this.#leases.get(folder);
    this.#leases.delete(folder);
    this.verified.delete(folder);
    if (lease?.descriptor === undefined) return;
    // The end of a use is one as well.
    lease.noted = 0;
    await note(lease);
    await closeFile(lease.descriptor);
  }
}

/** Milliseconds: a day. */
const unleasedStays = 24 * 3_600_000;

/** Whether a folder was never leased and is younger than a day: it is being made this moment, or an older hotswift uses it, which knows no leases. */
export async function mayBeInUseUnleased(folder: string): Promise<boolean> {
  const isLeased = await lstat(path.join(folder, leaseName)).then(
    () => true,
    () => false,
  );
  if (isLeased) return false;
  return lstat(folder).then(
    ({ mtimeMs }) => Date.now() - mtimeMs < unleasedStays,
    () => false,
  );
}

/** What became of a folder that was to be removed. */
export type Removal = 'moved' | 'in-use' | 'kept';

/**
 * Moves a folder that nobody uses to `target`, in one step: whoever looks for it finds all of it, or nothing. `kept`: it is gone already, or cannot be moved, or
 * it cannot be told whether it is in use.
 */
export async function moveUnused(folder: string, target: string): Promise<Removal> {
  let descriptor: number;
  try {
    descriptor = await openFile(path.join(folder, leaseName), 'a+', 0o600);
  } catch {
    return 'kept';
  }
  try {
    const locked = await cacheFiles().lockFile(descriptor, true, 0);
    if (locked !== 'locked') return locked === 'busy' ? 'in-use' : 'kept';
    const { dev: device, ino: inode } = await statFile(descriptor);
    if (!(await isAt({ device, inode, noted: 0 }, folder))) return 'kept';
    await rename(folder, target);
    return 'moved';
  } catch {
    return 'kept';
  } finally {
    await closeFile(descriptor);
  }
}

/** Whether somebody uses a folder, as far as can be told. */
export async function isInUse(folder: string): Promise<boolean> {
  let descriptor: number;
  try {
    descriptor = await openFile(path.join(folder, leaseName), 'r+');
  } catch {
    return false;
  }
  try {
    return (await cacheFiles().lockFile(descriptor, true, 0)) === 'busy';
  } finally {
    await closeFile(descriptor);
  }
}

/** What a folder was said to hold when it was leased first. */
export async function readLabel(folder: string): Promise<ContentLabel | undefined> {
  try {
    const descriptor = await openFile(path.join(folder, leaseName), 'r');
    try {
      const { buffer, bytesRead } = await readText(descriptor, Buffer.alloc(longestLabel), 0, longestLabel, 0);
      return contentLabel.parse(JSON.parse(buffer.toString('utf8', 0, bytesRead)));
    } finally {
      await closeFile(descriptor);
    }
  } catch {
    return undefined;
  }
}

/** `undefined`: there is no such folder, or it is just being removed. */
async function takeLease(folder: string, label: ContentLabel): Promise<Lease | undefined> {
  const descriptor = await openLease(folder);
  if (typeof descriptor !== 'number') return descriptor === 'none' ? { noted: Date.now() } : undefined;
  try {
    const locked = await cacheFiles().lockFile(descriptor, false, patience);
    const { dev: device, ino: inode, size } = await statFile(descriptor);
    const lease = { descriptor, device, inode, noted: 0 };
    if (locked === 'busy' || !(await isAt(lease, folder))) {
      await closeFile(descriptor);
      return undefined;
    }
    if (size === 0) await writeText(descriptor, JSON.stringify(label), 0).catch(() => {});
    await note(lease);
    return lease;
  } catch (error) {
    await closeFile(descriptor);
    throw error;
  }
}

/** `none`: the folder is there, but can have no lease file; `gone`: it is not. */
async function openLease(folder: string): Promise<number | 'none' | 'gone'> {
  const file = path.join(folder, leaseName);
  for (const flags of ['a+', 'r']) {
    try {
      return await openFile(file, flags, 0o600);
    } catch (error) {
      if (codeOf(error) === 'ENOENT' && flags === 'a+') return 'gone';
    }
  }
  return stat(folder).then(
    () => 'none',
    () => 'gone',
  );
}

/** Whether the lease file of a folder is this one still: the folder may have been removed, and another may be there. */
async function isAt({ descriptor, device, inode }: Lease, folder: string): Promise<boolean> {
  const file = descriptor === undefined && inode === undefined ? folder : path.join(folder, leaseName);
  return stat(file).then(
    ({ dev, ino }) => inode === undefined || (dev === device && ino === inode),
    () => false,
  );
}

async function note(lease: Lease): Promise<void> {
  const now = Date.now();
  if (lease.descriptor === undefined || now - lease.noted < noteAgain) return;
  lease.noted = now;
  await setTimes(lease.descriptor, now / 1000, now / 1000).catch(() => {
    // The cache cannot be written, and so is not tidied either.
  });
}

function codeOf(error: unknown): unknown {
  return isError(error) && 'code' in error ? error.code : undefined;
}
