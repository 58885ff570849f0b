import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SourceSnapshot } from '../edit/source-set.js';

/**
 * Private copies of sources, and the overlays that show them to the compiler under their users' paths: what is compiled is then what was
 * compared, whatever is saved meanwhile, and paths in `#file` and diagnostics stay the user's.
 */
export class SourceCopies {
  readonly #folder: string;
  /** By digest, the copies that exist. */
  #copies = new Map<string, string>();
  #overlays = 0;

  /** `folder` belongs to the copies. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Writes what is not written yet and forgets what these sources do not need. Resolves with the path of a file for `-vfsoverlay`.
   *
   * Format: LLVM's VirtualFileSystem.h, RedirectingFileSystem (JSON is YAML).
   */
  async overlay(sources: SourceSnapshot): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    const before = this.#copies;
    const writes: Promise<void>[] = [];
    this.#copies = new Map();
    const folders = new Map<string, { name: string; type: 'file'; 'external-contents': string }[]>();
    for (const { file, bytes, digest } of sources.values()) {
      const copy = before.get(digest) ?? path.join(this.#folder, `${digest}.swift`);
      if (!before.has(digest) && !this.#copies.has(digest)) writes.push(writeFile(copy, bytes));
      this.#copies.set(digest, copy);
      const entries = folders.get(path.dirname(file)) ?? [];
      entries.push({ name: path.basename(file), type: 'file', 'external-contents': copy });
      folders.set(path.dirname(file), entries);
    }
    this.#overlays += 1;
    const overlay = path.join(this.#folder, `${this.#overlays}.yaml`);
    const description = {
      version: 0,
      'case-sensitive': true,
      'use-external-names': false,
      roots: [...folders].map(([name, contents]) => ({ name, type: 'directory', contents })),
    };
    const unneeded = [...before].filter(([digest]) => !this.#copies.has(digest)).map(([, copy]) => copy);
    unneeded.push(path.join(this.#folder, `${this.#overlays - 1}.yaml`));
    await Promise.all([
      ...writes,
      writeFile(overlay, JSON.stringify(description)),
      ...unneeded.map((file) => rm(file, { force: true })),
    ]).catch((error) => {
      this.forget();
      throw error;
    });
    return overlay;
  }

  /** Writes everything again the next time. */
  forget(): void {
    this.#copies = new Map();
  }
}
