import { type Dirent, existsSync } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { watch } from 'chokidar';
import type { HotswiftError } from '../errors.js';
import type { PackageWatch } from '../project/swift-package.js';
import { FolderWatches, watchError } from './folder-watches.js';

/** Tells when files are saved. */
export interface Watcher {
  /** Folders that were not there: of what will be in them, nothing is told. */
  readonly missing: readonly string[];
  close(): Promise<void>;
}

export interface WatchListeners {
  /** Given the absolute path of a source; may be called more than once for one save, and for saves that change nothing. */
  onSave(file: string): void;
  /** The module may consist of other files now, or have other flags or dependencies. */
  onRestructured(): void;
  /** A folder was removed, or another took its place. The watcher has closed: what it held on to might be the old one. */
  onGone(): void;
  onError(error: HotswiftError): void;
}

/** Milliseconds in which a file that has gone is back: many editors move the old one away before they write the new one. */
const momentOfASave = 100;

/**
 * Watches the sources of a module and what its description hangs on: by their folders, so that a save by rename, which replaces a file, is seen as well as one
 * in place.
 *
 * Resolves once changes are noticed. Rejects with ERR_HOTSWIFT_PROJECT if nothing can be watched.
 */
export async function watchModule(
  sources: readonly string[],
  structure: PackageWatch | undefined,
  listeners: WatchListeners,
): Promise<Watcher> {
  const watcher = new ModuleWatcher(sources, structure, listeners);
  try {
    await watcher.start(sources);
    return watcher;
  } catch (error) {
    await watcher.close();
    throw error;
  }
}

class ModuleWatcher implements Watcher {
  readonly missing: string[] = [];
  readonly #listeners: WatchListeners;
  readonly #structure: PackageWatch | undefined;
  readonly #watches: FolderWatches;
  /** From the path that the system tells of to the sources that lie there: one may be a link. */
  readonly #sources = new Map<string, string[]>();
  /** Those that are watched for their own sake, or lie above these: if one goes, everything is watched anew. */
  readonly #roots: ReadonlySet<string>;
  /** Those of them that are watched for their own sake. */
  readonly #wanted: ReadonlySet<string>;
  readonly #trees: readonly string[];
  /** Files whose contents are part of the structure, wherever they lie. */
  readonly #described: readonly string[];
  /** What is in the folders of targets, those in them among them: what comes and goes there is part of the structure. */
  readonly #contents = new Map<string, Set<string>>();
  /** Folders to look at again in a moment. */
  readonly #looks = new Map<string, NodeJS.Timeout>();
  #isClosed = false;

  constructor(sources: readonly string[], structure: PackageWatch | undefined, listeners: WatchListeners) {
    this.#listeners = listeners;
    this.#structure = structure;
    this.#watches = new FolderWatches({
      onEvent: (folder, name, isEdit) => this.#onEvent(folder, name, isEdit),
      onGone: (folder) => this.#onGone(folder),
      onError: listeners.onError,
    });
    const { targetFolders = [], dependencyFolders = [] } = structure ?? {};
    this.#described = structure === undefined ? [] : [...structure.manifests, ...structure.pluginInputs];
    this.#trees = [...targetFolders, ...dependencyFolders];
    this.#wanted = new Set([...[...sources, ...this.#described].map((file) => path.dirname(file)), ...this.#trees]);
    this.#roots = new Set([...this.#wanted, ...ancestors([...this.#wanted])]);
  }

  async start(sources: readonly string[]): Promise<void> {
    for (const folder of this.#roots) {
      if (!(await this.#watches.add(folder)) && this.#wanted.has(folder)) this.missing.push(folder);
    }
    for (const folder of this.#trees) await this.#addTree(folder);
    await Promise.all(sources.map((file) => this.#addSource(file)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const look of this.#looks.values()) clearTimeout(look);
    this.#looks.clear();
    await this.#watches.close();
  }

  async #addSource(file: string): Promise<void> {
    this.#knowAs(file, file);
    const folder = path.dirname(file);
    const [found, around, real] = await Promise.all([orNothing(lstat(file)), orNothing(stat(folder)), orNothing(realpath(file))]);
    if (found === undefined || this.#isClosed) return;
    if (found.isSymbolicLink() && real !== undefined) {
      this.#knowAs(real, file);
      await this.#watches.add(path.dirname(real));
    }
    // What has another name, or is mounted here, is written to elsewhere, too.
    if (found.nlink > 1 || found.dev !== around?.dev) await this.#watches.addFile(file, () => this.#listeners.onSave(file));
  }

  #knowAs(told: string, file: string): void {
    this.#sources.set(told, [...(this.#sources.get(told) ?? []), file]);
  }

  /** Watches a folder and those in it, hidden ones apart, and remembers what is there. */
  async #addTree(folder: string, above: readonly string[] = []): Promise<void> {
    if (this.#isClosed || this.#contents.has(folder) || !(await this.#watches.add(folder))) return;
    try {
      const real = await realpath(folder);
      // Nothing of what a link leads back to.
      const entries = above.includes(real) ? [] : await visibleEntries(folder);
      this.#contents.set(folder, new Set(entries.map(({ name }) => name)));
      for (const entry of entries) if (await isFolder(entry)) await this.#addTree(path.join(folder, entry.name), [...above, real]);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  #onEvent(folder: string, name: string | null, isEdit: boolean): void {
    // Of a folder that is moved, those in it are not told.
    if (!isEdit && (name === null || this.#roots.has(path.join(folder, name)))) this.#watches.look();
    if (!this.#watches.has(folder)) return;
    const files = name === null ? [...this.#sources.keys()].filter((file) => path.dirname(file) === folder) : [path.join(folder, name)];
    for (const file of files) for (const source of this.#sources.get(file) ?? []) this.#listeners.onSave(source);
    if (this.#described.some((file) => (name === null ? path.dirname(file) === folder : file === files[0]))) {
      this.#listeners.onRestructured();
    }
    if (this.#contents.has(folder) && !name?.startsWith('.')) this.#onTreeEvent(folder, name, isEdit);
  }

  #onTreeEvent(folder: string, name: string | null, isEdit: boolean): void {
    // A folder tells itself of what is in it. Its times are told of as if it had come or gone.
    const isKnownFolder = name !== null && this.#contents.has(path.join(folder, name));
    const isKnown = name !== null && this.#contents.get(folder)?.has(name);
    // What a source of the target says is no part of the description; that is watched as a save.
    const isOwnSource = name?.endsWith('.swift') && !this.#isOfDependency(folder);
    if (isKnown && !isOwnSource && !isKnownFolder) this.#listeners.onRestructured();
    if (!isEdit || !isKnown) this.#lookSoon(folder);
  }

  #lookSoon(folder: string): void {
    if (this.#looks.has(folder)) return;
    this.#looks.set(
      folder,
      setTimeout(() => void this.#lookAgain(folder), momentOfASave),
    );
  }

  /** Whether something has come or gone. */
  async #lookAgain(folder: string): Promise<void> {
    this.#looks.delete(folder);
    const known = this.#contents.get(folder);
    try {
      const entries = await visibleEntries(folder);
      if (known === undefined || this.#isClosed) return;
      this.#contents.set(folder, new Set(entries.map(({ name }) => name)));
      let isSame = entries.length === known.size && entries.every(({ name }) => known.has(name));
      for (const entry of entries) {
        const below = path.join(folder, entry.name);
        if (this.#contents.has(below) || !(await isFolder(entry))) continue;
        isSame = false;
        await this.#addTree(below);
      }
      if (isSame) return;
    } catch (error) {
      // Of one that is gone, the folder that it was in tells.
      if (isMissing(error)) return;
      this.#listeners.onError(watchError(error as Error));
    }
    if (!this.#isClosed) this.#listeners.onRestructured();
  }

  #isOfDependency(folder: string): boolean {
    return (this.#structure?.dependencyFolders ?? []).some((each) => isWithin(folder, each));
  }

  #onGone(folder: string): void {
    this.#contents.delete(folder);
    // One in a target's folder: another may have taken its place.
    if (!this.#roots.has(folder)) {
      this.#watches.look();
      this.#lookSoon(path.dirname(folder));
    } else if (!this.#isClosed) {
      void this.close();
      this.#listeners.onGone();
    }
  }
}

/** Resolves when a folder is there. Rejects if `signal` aborts. */
export async function folderIsThere(folder: string, signal: AbortSignal): Promise<void> {
  while (!existsSync(folder)) {
    signal.throwIfAborted();
    let missing = folder;
    while (!existsSync(path.dirname(missing))) missing = path.dirname(missing);
    const ancestor = path.dirname(missing);
    const watcher = watch(ancestor, { depth: 0, ignored: (candidate) => candidate !== ancestor && candidate !== missing });
    try {
      await new Promise<void>((resolve, reject) => {
        const look = () => (existsSync(missing) || !existsSync(ancestor)) && resolve();
        watcher
          .on('ready', look)
          .on('all', look)
          .on('raw', look)
          .on('error', (error) => reject(watchError(error as Error)));
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    } finally {
      await watcher.close();
    }
  }
}

async function visibleEntries(folder: string): Promise<Dirent[]> {
  return (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
}

async function isFolder(entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path.join(entry.parentPath, entry.name)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function orNothing<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  return promise.catch(() => undefined);
}

/** The folders from these up to the one that has them all: when one of them is moved, those in it are not told. */
function ancestors(folders: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const folder of folders) {
    let above = folder;
    while (!folders.every((other) => isWithin(other, above)) && path.dirname(above) !== above) {
      above = path.dirname(above);
      found.add(above);
    }
  }
  return found;
}

function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}
