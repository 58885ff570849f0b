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
  digest: string;
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
  #newest = new Map<string, Copy>();
  #overlays = 0;
  #written = 0;

  /** `folder` belongs to the copies. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Writes what is not written yet. `others`: what else is shown, from its path to the file whose contents it seems to have.
   *
   * Format: LLVM's VirtualFileSystem.h, RedirectingFileSystem (JSON is YAML).
   */
  async overlay(texts: readonly SourceText[], others: ReadonlyMap<string, string> = new Map()): Promise<Overlay> {
    const isNew = (await mkdir(this.#folder, { recursive: true })) !== undefined;
    // Something cleans temporary folders up: what is left of ours is not worth trusting.
    if (isNew) this.forget();
    this.#overlays += 1;
    const file = path.join(this.#folder, `${this.#overlays}.yaml`);
    const shown = texts.map((text) => this.#use(text));
    for (const text of texts) this.#keepNewest(text);
    const release = () => {
      for (const copy of shown) this.#release(copy);
      rm(file, { force: true }).catch(() => {
        // It goes with the session's folder.
      });
    };
    const contents = new Map([...texts.map((text, index): [string, string] => [text.file, shown[index]?.path ?? '']), ...others]);
    try {
      await Promise.all([...shown.map(({ written }) => written), writeFile(file, describe(contents))]);
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
    const copy = { digest, path: file, written: writeFile(file, bytes), uses: 1 };
    this.#copies.set(digest, copy);
    return copy;
  }

  #keepNewest({ file, digest }: SourceText): void {
    const former = this.#newest.get(file);
    if (former?.digest === digest) return;
    const copy = this.#copies.get(digest);
    if (copy === undefined) return;
    copy.uses += 1;
    this.#newest.set(file, copy);
    if (former !== undefined) this.#release(former);
  }

  #release(copy: Copy): void {
    copy.uses -= 1;
    if (copy.uses > 0) return;
    if (this.#copies.get(copy.digest) === copy) this.#copies.delete(copy.digest);
    rm(copy.path, { force: true }).catch(() => {
      // It goes with the session's folder.
    });
  }
}

/** `contents`: from the paths that the compiler sees to the files behind them. */
function describe(contents: ReadonlyMap<string, string>): string {
  const folders = new Map<string, { name: string; type: 'file'; 'external-contents': string }[]>();
  for (const [file, behind] of contents) {
    const entries = folders.get(path.dirname(file)) ?? [];
    entries.push({ name: path.basename(file), type: 'file', 'external-contents': behind });
    folders.set(path.dirname(file), entries);
  }
  return JSON.stringify({
    version: 0,
    'case-sensitive': true,
    'use-external-names': false,
    roots: [...folders].map(([name, entries]) => ({ name, type: 'directory', contents: entries })),
  });
}
