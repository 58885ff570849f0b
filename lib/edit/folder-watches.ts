import { type FSWatcher, readFileSync, statSync, watch } from 'node:fs';
import path from 'node:path';
import { HotswiftError } from '../errors.js';

export interface FolderListeners {
  /** Something happened to what is in a folder: `isEdit` if it was written to, else it may have come, gone or been replaced. No name: it may be anything. */
  onEvent(folder: string, name: string | null, isEdit: boolean): void;
  /** A folder was removed, or another has its path now. Of what happens there, nothing is told any more. */
  onGone(folder: string): void;
  onError(error: HotswiftError): void;
}

interface Watched {
  watcher: FSWatcher;
  identity: string;
}

/** Watches folders, not those in them: one watch of the system's each, whatever the number of files. */
export class FolderWatches {
  readonly #listeners: FolderListeners;
  readonly #watched = new Map<string, Watched>();
  /** Watches of single files, see {@link addFile}. */
  readonly #files: FSWatcher[] = [];

  constructor(listeners: FolderListeners) {
    this.#listeners = listeners;
  }

  get folders(): Iterable<string> {
    return this.#watched.keys();
  }

  has(folder: string): boolean {
    return this.#watched.has(folder);
  }

  /** Returns whether the folder is there. Throws ERR_HOTSWIFT_PROJECT if it cannot be watched. */
  add(folder: string): boolean {
    if (this.#watched.has(folder)) return true;
    const watcher = this.#open(folder, (event, name) => this.#onEvent(folder, name, event === 'change'));
    if (watcher === undefined) return false;
    const identity = identityOf(folder);
    if (identity === undefined) watcher.close();
    else this.#watched.set(folder, { watcher, identity });
    return identity !== undefined;
  }

  /** Watches a file itself, which may be written to under another name, in another folder. */
  addFile(file: string, onEdit: () => void): void {
    const watcher = this.#open(file, onEdit);
    if (watcher !== undefined) this.#files.push(watcher);
  }

  /** Tells of those that are gone by now: of a folder that was moved, those in it are not told. */
  look(): void {
    for (const [folder, { identity }] of this.#watched) {
      if (identityOf(folder) !== identity) this.#end(folder);
    }
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close();
    for (const watcher of this.#files) watcher.close();
    this.#watched.clear();
    this.#files.length = 0;
  }

  #open(file: string, listener: (event: string, name: string | null) => void): FSWatcher | undefined {
    try {
      return watch(file, listener).on('error', (error) => this.#listeners.onError(watchError(error)));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw watchError(error as Error);
    }
  }

  #onEvent(folder: string, name: string | null, isEdit: boolean): void {
    const watched = this.#watched.get(folder);
    if (watched === undefined) return;
    // The system tells of the end of a folder by the folder's own name; one in it may have the same.
    const isOwn = name === null || name === path.basename(folder);
    if (isOwn && identityOf(folder) !== watched.identity) this.#end(folder);
    else this.#listeners.onEvent(folder, name, isEdit);
  }

  #end(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
    this.#listeners.onGone(folder);
  }
}

/** Tells a folder from another one of the same path. */
function identityOf(folder: string): string | undefined {
  const found = statSync(folder, { throwIfNoEntry: false, bigint: true });
  return found?.isDirectory() ? `${found.dev} ${found.ino}` : undefined;
}

/** What to do where the system has no room for another watch (inotify_add_watch(2), inotify_init(2)). */
const limits: Record<string, string> = { ENOSPC: 'max_user_watches', EMFILE: 'max_user_instances' };

export function watchError(cause: Error): HotswiftError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const limit = process.platform === 'linux' ? limits[code] : undefined;
  const remedy =
    limit === undefined
      ? ''
      : `. Other programs of this user watch files, too: raise the limit fs.inotify.${limit}${currently(limit)}, for example with ` +
        `\`sudo sysctl fs.inotify.${limit}=524288\`, or open the session without \`watch\` and call \`reload()\``;
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `the sources cannot be watched: ${cause.message}${remedy}`, { cause });
}

function currently(limit: string): string {
  try {
    return `, which is ${readFileSync(`/proc/sys/fs/inotify/${limit}`, 'utf8').trim()}`;
  } catch {
    return '';
  }
}
