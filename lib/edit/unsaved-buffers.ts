import { readSource } from './source-set.js';

interface UnsavedBuffer {
  text: string;
  /** What the file on disk said when the buffer came; `undefined` if it could not be read. */
  savedDigest: Promise<string | undefined>;
}

/** What an editor holds and has not saved: it stands in for files on disk. */
export class UnsavedBuffers {
  #buffers = new Map<string, UnsavedBuffer>();

  /** From file to text. */
  get texts(): ReadonlyMap<string, string> {
    return new Map([...this.#buffers].map(([file, { text }]) => [file, text]));
  }

  /** Puts these buffers in the place of all before. */
  replace(contents: Record<string, string>): void {
    this.#buffers = new Map(Object.entries(contents).map(([file, text]) => [file, { text, savedDigest: digestOnDisk(file) }]));
  }

  /**
   * Drops the buffer of a file that was saved. Resolves with whether the file counts now: notice of a save that came before the buffer may
   * arrive after it, and then the buffer stays.
   */
  async drop(file: string): Promise<boolean> {
    const buffer = this.#buffers.get(file);
    if (buffer === undefined) return true;
    if ((await digestOnDisk(file)) === (await buffer.savedDigest)) return false;
    // Unless a newer one has come meanwhile.
    if (this.#buffers.get(file) === buffer) this.#buffers.delete(file);
    return true;
  }
}

async function digestOnDisk(file: string): Promise<string | undefined> {
  try {
    return (await readSource(file)).digest;
  } catch {
    return undefined;
  }
}
