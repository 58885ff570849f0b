import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folders = new Set<string>();
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A private folder that goes when it is removed, or with the process. */
export class TemporaryFolder {
  readonly path: string;

  static async create(): Promise<TemporaryFolder> {
    // The compiler names files by their real paths.
    return new TemporaryFolder(await mkdtemp(path.join(await realpath(tmpdir()), 'hotswift-')));
  }

  private constructor(folder: string) {
    this.path = folder;
    folders.add(folder);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    folders.delete(this.path);
  }
}
