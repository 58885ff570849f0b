import { once } from 'node:events';
import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { HotswiftError } from '../errors.js';

/** Tells when files are saved. */
export interface Watcher {
  close(): Promise<void>;
}

/**
 * Watches files by way of their folders, so that a save by rename, which replaces the file, is seen as well as one in place.
 * `onSave` gets the absolute path; it may be called more than once for one save, and for saves that change nothing.
 *
 * Resolves once changes are noticed; `onError` is told what goes wrong later. Rejects with ERR_HOTSWIFT_PROJECT if nothing can be watched.
 */
export async function watchFiles(
  files: readonly string[],
  onSave: (file: string) => void,
  onError: (error: HotswiftError) => void,
): Promise<Watcher> {
  const wanted = new Set(files);
  const folders = new Set(files.map((file) => path.dirname(file)));
  const watcher: FSWatcher = watch([...folders], {
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
  watcher.on('add', report).on('change', report);
  try {
    await once(watcher, 'ready');
  } catch (error) {
    await watcher.close();
    throw watchError(error as Error);
  }
  watcher.on('error', (error) => onError(watchError(error as Error)));
  return { close: () => watcher.close() };
}

function watchError(cause: Error): HotswiftError {
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `the sources cannot be watched: ${cause.message}`, { cause });
}
