import path from 'node:path';
import envPaths from 'env-paths';
import { HotswiftError } from '../errors.js';

/** Where compiled support modules and the dependencies of packages are kept: `HOTSWIFT_CACHE`, else `hotswift` in the user's cache folder. */
export function defaultCacheDirectory(): string {
  return process.env.HOTSWIFT_CACHE || path.join(envPaths('hotswift', { suffix: '' }).cache);
}

export function cacheNotWritable(folder: string, cause: unknown): HotswiftError {
  const why = `the cache folder ${folder} cannot be written: ${(cause as Error).message}`;
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `${why}. Choose another with the option \`cacheDirectory\`.`, { cause });
}
