/** native/cache_files.h, as native/addon.cpp shows it. All of it is done on other threads. */
export interface NativeCacheFiles {
  /** Of each file, what tells that it was damaged; empty where it cannot be read. See native/file_digest.h. */
  fileDigests(paths: string[]): Promise<string[]>;
  /**
   * Locks an open file, without others or for oneself alone, until it is closed. `busy`: somebody else's lock was in the way for so many milliseconds;
   * `unsupported`: the file system has no locks. See native/file_lock.h.
   */
  lockFile(descriptor: number, isExclusive: boolean, milliseconds: number): Promise<'locked' | 'busy' | 'unsupported'>;
  /**
   * Measures what is in folders, until about `limit` files have been seen; `rest` are the folders that are left. `bytes` is without files of several names,
   * of which `shared` has device, inode and bytes, one after the other. See native/folder_walk.h.
   */
  measureFiles(folders: string[], limit: number): Promise<{ bytes: number; shared: Float64Array; rest: string[] }>;
  /** Removes what is in a folder, and the folder, until `limit` files are gone. Resolves with whether nothing is left to do. */
  removeFiles(folder: string, limit: number): Promise<boolean>;
}

let native: NativeCacheFiles | undefined;

/** The addon does what the cache needs from now on. */
export function cacheFilesWith(addon: NativeCacheFiles): void {
  native = addon;
}

export function cacheFiles(): NativeCacheFiles {
  if (native === undefined) throw new TypeError('the addon is loaded before the cache is used');
  return native;
}
