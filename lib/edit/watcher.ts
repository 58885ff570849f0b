import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { HotswiftError } from '../errors.js';
import type { PackageWatch } from '../project/swift-package.js';

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

/**
 * Watches the sources of a module and what its description hangs on.
 *
 * Resolves once changes are noticed. Rejects with ERR_HOTSWIFT_PROJECT if nothing can be watched.
 */
export async function watchModule(
  sources: readonly string[],
  structure: PackageWatch | undefined,
  { onSave, onRestructured, onGone, onError }: WatchListeners,
): Promise<Watcher> {
  const watched = [watchSaves(sources, onSave)];
  if (structure !== undefined) watched.push(watchStructure(structure, onRestructured));
  const roots = (structure?.manifests ?? []).map((manifest) => path.dirname(manifest));
  watched.push(...watchAncestors([...roots, ...watched.flatMap(({ folders }) => [...folders])]));

  const watchers = watched.map(({ watcher }) => watcher);
  const close = async () => {
    await Promise.all(watchers.map((watcher) => watcher.close()));
  };
  try {
    await Promise.all(watchers.map((watcher) => once(watcher, 'ready')));
  } catch (error) {
    await close();
    throw watchError(error as Error);
  }
  let isGone = false;
  const end = () => {
    if (isGone) return;
    isGone = true;
    // chokidar shares what it holds on to among all who watch a path; each lets go of it before anybody watches the path again.
    void close();
    onGone();
  };
  for (const { watcher, folders } of watched) {
    watcher.on('error', (error) => onError(watchError(error as Error)));
    watcher.on('unlinkDir', (folder) => folders.has(folder) && end());
    // The system tells of the end of a folder by the folder's own name.
    watcher.on('raw', (event, name, details) => {
      const { watchedPath } = details as { watchedPath: string };
      if (event === 'rename' && folders.has(watchedPath) && name === path.basename(watchedPath)) end();
    });
  }
  const missing = watched.flatMap(({ folders }) => [...folders]).filter((folder) => !existsSync(folder));
  return { missing, close };
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

interface WatchedFolders {
  watcher: FSWatcher;
  /** Those that are watched for their own sake, and not as part of another. */
  folders: ReadonlySet<string>;
}

/** Watches files by way of their folders, so that a save by rename, which replaces the file, is seen as well as one in place. */
function watchSaves(files: readonly string[], onSave: (file: string) => void): WatchedFolders {
  const wanted = new Set(files);
  const folders = new Set(files.map((file) => path.dirname(file)));
  const watcher = watch([...folders], {
    depth: 0,
    ignoreInitial: true,
    ignored: (candidate) => !wanted.has(candidate) && !folders.has(candidate),
  });
  const report = (file: string) => {
    if (wanted.has(file)) onSave(file);
  };
  // chokidar reads a folder again at most once a second, and so overlooks a save that soon follows a rename. What the system told it is
  // passed on at once; whether anything changed is for the digests to say.
  watcher.on('raw', (_event, name: string | null, details) => {
    const { watchedPath } = details as { watchedPath: string };
    report(folders.has(watchedPath) && name !== null ? path.join(watchedPath, name) : watchedPath);
  });
  return { watcher: watcher.on('add', report).on('change', report), folders };
}

function watchStructure({ manifests, targetFolders, dependencyFolders }: PackageWatch, onRestructured: () => void): WatchedFolders {
  const isHidden = (candidate: string) => path.basename(candidate).startsWith('.');
  const isWithinAny = (file: string, folders: readonly string[]) => folders.some((folder) => isWithin(file, folder));
  const folders = new Set([...targetFolders, ...dependencyFolders]);
  const watcher = watch([...manifests, ...folders], { ignoreInitial: true, ignored: isHidden });
  watcher.on('all', (event, file) => {
    // What a source says is no part of the description; that is watched as a save.
    const isOwnEdit = event === 'change' && file.endsWith('.swift') && isWithinAny(file, targetFolders);
    if (!isOwnEdit || manifests.includes(file) || isWithinAny(file, dependencyFolders)) onRestructured();
  });
  return { watcher, folders };
}

/** Watches the folders from these up to the one that has them all: when one of them is moved, those in it are not told. */
function watchAncestors(folders: readonly string[]): WatchedFolders[] {
  const ancestors = new Set<string>();
  for (const folder of folders) {
    let above = folder;
    while (!folders.every((other) => isWithin(other, above)) && path.dirname(above) !== above) {
      above = path.dirname(above);
      ancestors.add(above);
    }
  }
  // Of nothing to watch, no watcher says that it is ready.
  if (ancestors.size === 0) return [];
  const watcher = watch([...ancestors], { depth: 0, ignoreInitial: true, ignored: (candidate) => !ancestors.has(candidate) });
  return [{ watcher, folders: ancestors }];
}

function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder + path.sep);
}

function watchError(cause: Error): HotswiftError {
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `the sources cannot be watched: ${cause.message}`, { cause });
}
