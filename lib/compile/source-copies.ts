import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SourceText } from '../edit/source-set.js';

/** An overlay in use. */
export interface Overlay {
  /** For `-vfsoverlay`. */
  file: string;
  /** To be called when nothing reads it any more. */
  release(): void;
}

interface Copy {
  path: string;
  written: Promise<void>;
  /** Overlays that show it. */
  uses: number;
}

/**
 * Private copies of sources, and the overlays that show them to the compiler under their users' paths: what is compiled is then what was
 * compared, whatever is saved meanwhile, and paths in `#file` and diagnostics stay the user's.
 */
export class SourceCopies {
  readonly #folder: string;
  /** By digest. */
  #copies = new Map<string, Copy>();
  /** The newest text of each file stays, for the next overlay will show it again. */
  #newest = new Map<string, string>();
  #overlays = 0;
  #written = 0;

  /** `folder` belongs to the copies. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Writes what is not written yet.
   *
   * Format: LLVM's VirtualFileSystem.h, RedirectingFileSystem (JSON is YAML).
   */
  async overlay(texts: readonly SourceText[]): Promise<Overlay> {
    const isNew = (await mkdir(this.#folder, { recursive: true })) !== undefined;
    // Something cleans temporary folders up: what is left of ours is not worth trusting.
    if (isNew) this.forget();
    this.#overlays += 1;
    const file = path.join(this.#folder, `${this.#overlays}.yaml`);
    const shown = texts.map((text) => this.#use(text));
    for (const text of texts) this.#keepNewest(text);
    const release = () => {
      for (const { digest } of texts) this.#release(digest);
      rm(file, { force: true }).catch(() => {
        // It goes with the session's folder.
      });
    };
    try {
      await Promise.all([...shown.map(({ written }) => written), writeFile(file, describe(texts, shown))]);
    } catch (error) {
      release();
      this.forget();
      throw error;
    }
    return { file, release };
  }

  /** Writes everything again the next time. */
  forget(): void {
    this.#copies = new Map();
    this.#newest = new Map();
  }

  #use({ digest, bytes }: SourceText): Copy {
    const known = this.#copies.get(digest);
    if (known !== undefined) {
      known.uses += 1;
      return known;
    }
    this.#written += 1;
    const file = path.join(this.#folder, `${this.#written}.swift`);
    const copy = { path: file, written: writeFile(file, bytes), uses: 1 };
    this.#copies.set(digest, copy);
    return copy;
  }

  #keepNewest({ file, digest }: SourceText): void {
    const former = this.#newest.get(file);
    if (former === digest) return;
    const copy = this.#copies.get(digest);
    if (copy !== undefined) copy.uses += 1;
    this.#newest.set(file, digest);
    if (former !== undefined) this.#release(former);
  }

  #release(digest: string): void {
    const copy = this.#copies.get(digest);
    if (copy === undefined) return;
    copy.uses -= 1;
    if (copy.uses > 0) return;
    this.#copies.delete(digest);
    rm(copy.path, { force: true }).catch(() => {
      // It goes with the session's folder.
    });
  }
}

function describe(texts: readonly SourceText[], copies: readonly Copy[]): string {
  const folders = new Map<string, { name: string; type: 'file'; 'external-contents': string }[]>();
  for (const [index, { file }] of texts.entries()) {
    const entries = folders.get(path.dirname(file)) ?? [];
    entries.push({ name: path.basename(file), type: 'file', 'external-contents': copies[index]?.path ?? '' });
    folders.set(path.dirname(file), entries);
  }
  return JSON.stringify({
    version: 0,
    'case-sensitive': true,
    'use-external-names': false,
    roots: [...folders].map(([name, contents]) => ({ name, type: 'directory', contents })),
  });
}
