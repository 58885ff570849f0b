import path from 'node:path';
import envPaths from 'env-paths';

/** Where compiled support modules and the dependencies of packages are kept: `HOTSWIFT_CACHE`, else `hotswift` in the user's cache folder. */
export function defaultCacheDirectory(): string {
  return process.env.HOTSWIFT_CACHE || path.join(envPaths('hotswift', { suffix: '' }).cache);
}
