import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SourceSnapshot } from '../edit/source-set.js';
import type { CompiledFile } from './compiled-file.js';
import type { FrontendJobs } from './frontend-jobs.js';

/** A module of the declarations of several files. */
export interface MergedModule {
  /** The modules of the files that it was made of. */
  members: readonly string[];
  module: string;
}

/**
 * One prebuilt module that stands in for all files but the previewed one: the compiler's cost of an edit of that file then does not grow with the
 * module.
 *
 * Every compile of a file also leaves a module of what it declares; in the background they are merged into one. That works as long as no other file
 * declares anything in terms of the previewed one: a merged module cannot refer to what it leaves out.
 */
export class StandInModule {
  readonly #folder: string;
  readonly #previewed: string;
  readonly #smallest: number;
  #files: ReadonlyMap<string, CompiledFile> = new Map();
  /** Of these files; `undefined`: nobody has asked. */
  #known: readonly string[] | undefined;
  #merged: MergedModule | undefined;
  /** What could not be merged. */
  #refused: readonly string[] = [];
  #count = 0;

  /** `folder` belongs to the module. `smallest`: bytes of other sources from which on it stands in for them. */
  constructor(folder: string, previewed: string, smallest: number) {
    this.#folder = folder;
    this.#previewed = previewed;
    this.#smallest = smallest;
  }

  /** What was merged and is up to date, for a later session. */
  get merged(): MergedModule | undefined {
    return this.#merged !== undefined && areEqual(this.#merged.members, this.#members) ? this.#merged : undefined;
  }

  restore(merged: MergedModule | undefined): void {
    this.#merged = merged;
  }

  /** The module's results, after a compile. */
  update(files: ReadonlyMap<string, CompiledFile>): void {
    this.#files = files;
    this.#known = undefined;
  }

  get #members(): readonly string[] {
    this.#known ??= [...this.#files].flatMap(([file, { module }]) => (file === this.#previewed ? [] : [module]));
    return this.#known;
  }

  /** The path of the module, for a compile of these files; `undefined` if it cannot stand in for the others, or if reading them is no slower. */
  for(edited: readonly string[], sources: SourceSnapshot): string | undefined {
    if (edited.length !== 1 || edited[0] !== this.#previewed || !this.#isWorthIt(sources)) return undefined;
    return this.merged?.module;
  }

  /**
   * Merges what is not merged yet, if it is of use. `hasUsers`: tells whether another file uses the previewed one; `onMerge` is called before it
   * begins.
   */
  async merge(
    jobs: FrontendJobs,
    sources: SourceSnapshot,
    { hasUsers, onMerge, ...options }: { hasUsers: () => Promise<boolean>; onMerge: () => void; signal: AbortSignal; givesWay: boolean },
  ): Promise<void> {
    const members = this.#members;
    if (this.merged !== undefined || areEqual(members, this.#refused) || !this.#isWorthIt(sources) || (await hasUsers())) return;
    onMerge();
    await mkdir(this.#folder, { recursive: true });
    this.#count += 1;
    const module = path.join(this.#folder, `${this.#count}.swiftmodule`);
    const former = this.#merged?.module;
    if (await jobs.merge(members, module, options)) this.#merged = { members, module };
    else this.#refused = members;
    if (former?.startsWith(this.#folder + path.sep)) await rm(former, { force: true });
  }

  #isWorthIt(sources: SourceSnapshot): boolean {
    let bytes = 0;
    for (const [file, text] of sources) {
      // Top-level code is no declaration.
      if (path.basename(file) === 'main.swift') return false;
      if (file !== this.#previewed) bytes += text.bytes.length;
    }
    return bytes > 0 && bytes >= this.#smallest;
  }
}

function areEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((member, index) => member === other[index]);
}
