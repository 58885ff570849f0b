import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
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

/**
 * Watches folders, not what is in them: one watch of the system's each, whatever the number of files.
 *
 * chokidar reads a folder again at most once a second, and so overlooks a save that soon follows a rename. What the system told it is passed on at once.
 */
export class FolderWatches {
  readonly #listeners: FolderListeners;
  readonly #watched = new Map<string, Watched>();
  /** Watches of single files, see {@link addFile}. */
  readonly #files: FSWatcher[] = [];
  readonly #closed = new AbortController();

  constructor(listeners: FolderListeners) {
    this.#listeners = listeners;
  }

  has(folder: string): boolean {
    return this.#watched.has(folder);
  }

  /** Resolves with whether the folder is there and changes are noticed. Rejects with ERR_HOTSWIFT_PROJECT if it cannot be watched. */
  async add(folder: string): Promise<boolean> {
    if (this.#watched.has(folder)) return true;
    const identity = identityOf(folder);
    if (identity === undefined) return false;
    const watcher = await this.#open(folder, (event, name) => this.#onEvent(folder, name, event === 'change'));
    if (watcher === undefined) return false;
    // Another one may have taken its place, or somebody else may have added it.
    if (this.#watched.has(folder) || identityOf(folder) !== identity) void watcher.close();
    else this.#watched.set(folder, { watcher, identity });
    return this.#watched.has(folder) || this.add(folder);
  }

  /** Watches a file itself, which may be written to under another name, in another folder. */
  async addFile(file: string, onEdit: () => void): Promise<void> {
    const watcher = await this.#open(file, onEdit);
    if (watcher !== undefined) this.#files.push(watcher);
  }

  /** Tells of those that are gone by now: of a folder that was moved, those in it are not told. */
  look(): void {
    for (const [folder, { identity }] of this.#watched) {
      if (identityOf(folder) !== identity) this.#end(folder);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    const watchers = [...[...this.#watched.values()].map(({ watcher }) => watcher), ...this.#files];
    this.#watched.clear();
    this.#files.length = 0;
    await Promise.all(watchers.map((watcher) => watcher.close()));
  }

  /** `undefined` if these watches are closed meanwhile. */
  async #open(watched: string, listener: (event: string, name: string | null) => void): Promise<FSWatcher | undefined> {
    if (this.#closed.signal.aborted) return undefined;
    const watcher = watch(watched, { depth: 0, ignoreInitial: true, ignored: (candidate) => candidate !== watched });
    watcher.on('raw', listener);
    try {
      await once(watcher, 'ready', { signal: this.#closed.signal });
    } catch (error) {
      await watcher.close();
      if (this.#closed.signal.aborted) return undefined;
      throw watchError(error as Error);
    }
    return watcher.on('error', (error) => this.#listeners.onError(watchError(error as Error)));
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
    // chokidar shares what it holds on to among all who watch a path; each lets go of it before anybody watches the path again.
    void this.#watched.get(folder)?.watcher.close();
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
