import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { providePreviewKit } from '../../lib/compile/preview-kit.js';
import { defaultCacheDirectory } from '../../lib/project/cache-directory.js';
import { findToolchain } from '../../lib/project/toolchain.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from './fixture';

const folderIn = (cacheDirectory: string) => path.join(cacheDirectory, 'preview-kit');

/** Where the usual cache has it. */
let entry: string | undefined;

/** Has PreviewKit in the usual cache before the first test of a file that copies it from there: a machine that has drawn nothing yet has none. */
export function needPreviewKit(): void {
  beforeAll(async () => {
    loadAddon();
    const kit = await providePreviewKit(await findToolchain({}, new Fixture().folder), defaultCacheDirectory(), () => {});
    entry = kit.importPath;
  });
}

/** Puts a copy of the usual cache's PreviewKit in another cache, to be called after {@link needPreviewKit}. */
export function copyPreviewKit(cacheDirectory: string): void {
  if (entry === undefined) throw new Error('no PreviewKit was asked for');
  mkdirSync(cacheDirectory, { recursive: true, mode: 0o700 });
  cpSync(entry, path.join(folderIn(cacheDirectory), path.basename(entry)), { recursive: true, preserveTimestamps: true });
}

/** Has a cache share its PreviewKit with the usual one, which may have none yet. */
export function linkPreviewKit(cacheDirectory: string): void {
  const shared = folderIn(defaultCacheDirectory());
  for (const folder of [cacheDirectory, shared]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  symlinkSync(shared, folderIn(cacheDirectory));
}
