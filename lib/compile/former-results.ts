import { createHash } from 'node:crypto';
import type { SourceSnapshot } from '../edit/source-set.js';
import type { CompiledFile } from './compiled-file.js';

/** Results of one file that are kept. */
const keptResults = 4;

/** Texts of the module of which it is known which results were good with them. */
const keptStates = 64;

/**
 * What texts that may come back were compiled to.
 *
 * Between two changes of interfaces lies an epoch. A result is good in the one that it was compiled in, and in those after it as long as nothing touches it.
 * So a text that is taken back finds its result, and so do all the files of a branch that is checked out again.
 */
export class FormerResults {
  /** The newest first. */
  readonly #results = new Map<string, CompiledFile[]>();
  #goodIn = new WeakMap<CompiledFile, Set<number>>();
  /** By the texts of the whole module, the least recent first. */
  readonly #epochs = new Map<string, number>();
  #last = 0;

  /** What is kept. */
  get all(): CompiledFile[] {
    return [...this.#results.values()].flat();
  }

  /** A number for an epoch that begins. The first is 0. */
  nextEpoch(): number {
    this.#last += 1;
    return this.#last;
  }

  /** The epoch in which the module had these texts; `undefined` if it never had. */
  epochOf(sources: SourceSnapshot): number | undefined {
    return this.#epochs.get(stateOf(sources));
  }

  /** These results are good in an epoch. */
  note(files: Iterable<CompiledFile>, epoch: number): void {
    for (const made of files) {
      const known = this.#goodIn.get(made);
      if (known === undefined) this.#goodIn.set(made, new Set([epoch]));
      else known.add(epoch);
    }
  }

  /** The module has these texts in an epoch; `files` are its results. */
  noteTexts(sources: SourceSnapshot, epoch: number, files: Iterable<CompiledFile>): void {
    const state = stateOf(sources);
    this.#epochs.delete(state);
    this.#epochs.set(state, epoch);
    if (this.#epochs.size > keptStates) this.#forgetOldest(files);
  }

  isGoodIn(made: CompiledFile, epoch: number): boolean {
    return this.#goodIn.get(made)?.has(epoch) ?? false;
  }

  /** A kept result of this text that was good in an epoch. */
  find(file: string, digest: string | undefined, epoch: number): CompiledFile | undefined {
    return this.#results.get(file)?.find((made) => made.digest === digest && this.isGoodIn(made, epoch));
  }

  /** Keeps a result whose place another one takes. */
  keep(file: string, before: CompiledFile, after: CompiledFile): void {
    const others = (this.#results.get(file) ?? []).filter((made) => made !== before && made !== after);
    this.#results.set(file, [before, ...others].slice(0, keptResults));
  }

  clear(): void {
    this.#results.clear();
    this.#epochs.clear();
    this.#goodIn = new WeakMap();
  }

  /** What an epoch was is not worth knowing any more, once no texts of it are known. */
  #forgetOldest(files: Iterable<CompiledFile>): void {
    const [oldest] = this.#epochs;
    if (oldest === undefined) return;
    const [state, epoch] = oldest;
    this.#epochs.delete(state);
    if ([...this.#epochs.values()].includes(epoch)) return;
    for (const made of [...files, ...this.all]) this.#goodIn.get(made)?.delete(epoch);
  }
}

/** Equal for equal texts of a module. */
function stateOf(sources: SourceSnapshot): string {
  const state = createHash('sha256');
  for (const { file, digest } of sources.values()) state.update(file).update('\0').update(digest);
  return state.digest('hex');
}
