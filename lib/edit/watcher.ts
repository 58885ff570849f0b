import { once } from 'node:events';
import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { HotswiftError } from '../errors.js';
import type { PackageWatch } from '../project/swift-package.js';

/** Tells when files are saved. */
export interface Watcher {
  close(): Promise<void>;
}

export interface WatchListeners {
  /** Given the absolute path of a source; may be called more than once for one save, and for saves that change nothing. */
  onSave(file: string): void;
  /** The module may consist of other files now, or have other flags or dependencies. */
  onRestructured(): void;
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
  { onSave, onRestructured, onError }: WatchListeners,
): Promise<Watcher> {
  const saves = watchSaves(sources, onSave);
  const changes = structure === undefined ? [] : [watchStructure(structure, onRestructured)];
  const watchers = [saves, ...changes];
  try {
    await Promise.all(watchers.map((watcher) => once(watcher, 'ready')));
  } catch (error) {
    await Promise.all(watchers.map((watcher) => watcher.close()));
    throw watchError(error as Error);
  }
  for (const watcher of watchers) watcher.on('error', (error) => onError(watchError(error as Error)));
  return {
    close: async () => {
      await Promise.all(watchers.map((watcher) => watcher.close()));
    },
  };
}

/** Watches files by way of their folders, so that a save by rename, which replaces the file, is seen as well as one in place. */
function watchSaves(files: readonly string[], onSave: (file: string) => void): FSWatcher {
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
  return watcher.on('add', report).on('change', report);
}

function watchStructure({ manifests, targetFolders, dependencyFolders }: PackageWatch, onRestructured: () => void): FSWatcher {
  const isHidden = (candidate: string) => path.basename(candidate).startsWith('.');
  const isWithin = (file: string, folders: readonly string[]) => folders.some((folder) => file.startsWith(folder + path.sep));
  const watcher = watch([...manifests, ...targetFolders, ...dependencyFolders], { ignoreInitial: true, ignored: isHidden });
  return watcher.on('all', (event, file) => {
    // What a source says is no part of the description; that is watched as a save.
    const isOwnEdit = event === 'change' && file.endsWith('.swift') && isWithin(file, targetFolders);
    if (!isOwnEdit || manifests.includes(file) || isWithin(file, dependencyFolders)) onRestructured();
  });
}

function watchError(cause: Error): HotswiftError {
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `the sources cannot be watched: ${cause.message}`, { cause });
}
