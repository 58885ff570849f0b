/** Numbers for the sources of a module. A file keeps its number, whatever is added or removed. */
export class Slots {
  readonly #slots = new Map<string, number>();
  readonly #files: string[] = [];

  /** The number of a file; a new one for one that has none. */
  of(file: string): number {
    const known = this.#slots.get(file);
    if (known !== undefined) return known;
    this.#slots.set(file, this.#files.length);
    return this.#files.push(file) - 1;
  }

  files(slots: readonly number[]): string[] {
    return slots.flatMap((slot) => this.#files[slot] ?? []);
  }
}
