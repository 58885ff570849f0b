import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HotswiftError } from './errors.js';
import { isPlain } from './project/paths.js';
import { reapFolder } from './project/reaper.js';

const folders = new Set<string>();
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** In the place of a temporary folder that the compiler cannot use. */
const plainFolder = '/tmp';

/** A private folder that goes when it is removed, or with the process. */
export class TemporaryFolder {
  readonly path: string;
  readonly #takeBack: () => Promise<void>;

  /** Rejects with ERR_HOTSWIFT_PROJECT if the system's temporary folder cannot be written. */
  static async create(): Promise<TemporaryFolder> {
    try {
      // The compiler names files by their real paths.
      const usual = await realpath(tmpdir());
      return new TemporaryFolder(await mkdtemp(path.join(isPlain(usual) ? usual : plainFolder, 'hotswift-')));
    } catch (cause) {
      const message = `no temporary folder can be made: ${(cause as Error).message}. Set TMPDIR to a folder that can be written, of ASCII letters`;
      throw new HotswiftError('ERR_HOTSWIFT_PROJECT', message, { cause });
    }
  }

  private constructor(folder: string) {
    this.path = folder;
    folders.add(folder);
    this.#takeBack = reapFolder(folder);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    folders.delete(this.path);
    await this.#takeBack();
  }
}
