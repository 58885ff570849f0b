import { statSync } from 'node:fs';

/** A module, header or library of others: its path, size in bytes, and time of change in milliseconds. */
export type ExternalFile = [path: string, size: number, time: number];

/** What results were made with besides the module's sources: modules and headers that the compiler has read, libraries that are loaded. */
export class ExternalFiles {
  readonly #noted = new Map<string, ExternalFile>();
  readonly #isOwn: (file: string) => boolean;

  /** `isOwn`: of files that change with nobody's results. */
  constructor(isOwn: (file: string) => boolean) {
    this.#isOwn = isOwn;
  }

  /** As they were when they were first heard of, or noted again. */
  get all(): ExternalFile[] {
    return [...this.#noted.values()];
  }

  /** Notes files that have just been read, unless they are known. */
  note(files: readonly string[]): void {
    for (const file of files) if (!this.#noted.has(file)) this.noteAgain([file]);
  }

  /** Notes files as they are now: what was made with the former ones is made again. */
  noteAgain(files: readonly string[]): void {
    for (const file of files) {
      // Compilers keep what they make of headers, which are noted themselves.
      if (file.endsWith('.pcm') || this.#isOwn(file)) continue;
      const stamp = stampOf(file);
      if (stamp === undefined) this.#noted.delete(file);
      else this.#noted.set(file, stamp);
    }
  }

  /** Nothing is made with these any more. */
  forget(files: readonly string[]): void {
    for (const file of files) this.#noted.delete(file);
  }

  /** Those of an earlier session. */
  restore(files: readonly ExternalFile[]): void {
    for (const file of files) this.#noted.set(file[0], file);
  }

  /** Those that are others now, or gone. */
  changed(): string[] {
    return this.all.filter((file) => !isUnchanged(file)).map(([file]) => file);
  }
}

export function isUnchanged([file, size, time]: ExternalFile): boolean {
  const now = stampOf(file);
  return now !== undefined && now[1] === size && now[2] === time;
}

function stampOf(file: string): ExternalFile | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && [file, stats.size, stats.mtimeMs];
}
