// The cache that third-party artifacts live in, outside every checkout: finished entries only appear by one rename.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { onInterrupt, SetupError } from '../child-process.mjs';

const entryFile = 'artifact.json';
const abandonedAfter = 24 * 60 * 60 * 1000;

/** The folder of all of hotswift's caches: `HOTSWIFT_CACHE`, by default the user's cache folder. */
export function cacheFolder() {
  if (process.env.HOTSWIFT_CACHE) return path.resolve(process.env.HOTSWIFT_CACHE);
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Caches', 'hotswift');
  return path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'hotswift');
}

const store = () => path.join(cacheFolder(), 'third_party');

/**
 * @typedef {object} Entry
 * @property {string} path
 * @property {string} pin the pin that this entry was made for
 * @property {{ name: string, version: string }[]} packages what it was made from
 */

/**
 * The finished entry of this name, or null.
 * @param {string} name
 * @returns {Entry | null}
 */
export function readEntry(name) {
  const folder = path.join(store(), name);
  try {
    return { path: folder, ...JSON.parse(readFileSync(path.join(folder, entryFile), 'utf8')) };
  } catch {
    return null;
  }
}

/**
 * An entry that was made for this pin from a newer version than the recorded one, or null.
 * @param {string} pin
 * @returns {Entry | null}
 */
export function findEntryForPin(pin) {
  for (const name of listEntries()) {
    const entry = readEntry(name);
    if (entry?.pin === pin) return entry;
  }
  return null;
}

/**
 * Makes an entry: `fill` gets an empty folder, which becomes the entry when it is done. When another process was faster, its entry is
 * taken and this one dropped: both were made from the same content.
 * @param {string} name
 * @param {Omit<Entry, 'path'>} record
 * @param {(folder: string) => Promise<void>} fill
 * @returns {Promise<Entry>}
 */
export async function makeEntry(name, record, fill) {
  return withScratchFolder(async (scratch) => {
    const staged = path.join(scratch, name);
    mkdirSync(staged);
    await fill(staged);
    writeFileSync(path.join(staged, entryFile), `${JSON.stringify(record, null, 2)}\n`);

    const folder = path.join(store(), name);
    for (;;) {
      try {
        renameSync(staged, folder);
      } catch (error) {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
        if (!readEntry(name)) {
          // Something has eaten at it, such as a cleaner of old files: put it out of the way and try again.
          renameSync(folder, path.join(scratch, `damaged-${randomBytes(4).toString('hex')}`));
          continue;
        }
      }
      return readEntry(name);
    }
  });
}

/**
 * Gives `use` a new folder on the cache's own file system and removes it afterwards, also after Ctrl-C. What a killed process left is
 * removed by the next one.
 * @template T
 * @param {(folder: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withScratchFolder(use) {
  const parent = path.join(store(), '.partial');
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const folder = path.join(parent, `${hostname()}@${process.pid}@${randomBytes(4).toString('hex')}`);
  mkdirSync(folder);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const forget = onInterrupt(remove);
  try {
    return await use(folder);
  } finally {
    forget();
    remove();
  }
}

/**
 * Points the symbolic link `place` at `target`, in one step. Does nothing when it does already.
 * @param {string} target
 * @param {string} place
 */
export function link(target, place) {
  if (linkedTo(place) === target) return;
  mkdirSync(path.dirname(place), { recursive: true });
  const temporary = `${place}.${process.pid}`;
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  try {
    renameSync(temporary, place);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new SetupError(`${place} is in the way: it should be a link into ${cacheFolder()}; move it elsewhere`, { cause: error });
  }
}

/**
 * Where a symbolic link points, or null.
 * @param {string} place
 */
export function linkedTo(place) {
  try {
    return readlinkSync(place);
  } catch {
    return null;
  }
}

function listEntries() {
  try {
    return readdirSync(store()).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

function removeAbandoned(parent) {
  for (const name of readdirSync(parent)) {
    const folder = path.join(parent, name);
    const [host, pid] = name.split('@');
    try {
      // The cache can be shared by machines or containers: another host's process cannot be asked for, only its folder's age.
      const abandoned = host === hostname() ? !isAlive(Number(pid)) : Date.now() - statSync(folder).mtimeMs > abandonedAfter;
      if (abandoned) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another process is removing it, or a child of the killed one still writes to it: the next run has another go.
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
