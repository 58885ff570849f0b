import { mkdir } from 'node:fs/promises';
import debug from 'debug';
import type { CompiledFile } from './compiled-file.js';
import { type LinkOptions, linkStableLibrary, type StableLibrary } from './stable-library.js';

/** After so many libraries that could not be linked or loaded, generations hold what they need themselves. */
const mostFailures = 3;

const log = debug('hotswift:build');

export interface StableLibrariesOptions {
  link: LinkOptions;
  /** What goes into a library that is linked now. */
  files(): Promise<ReadonlyMap<string, CompiledFile>>;
  onLink(): void;
}

/** Links the stable library of a module, and another one when too much has changed since. */
export class StableLibraries {
  readonly #options: StableLibrariesOptions;
  #newest: StableLibrary | undefined;
  #wantsRebase = false;
  /** Libraries that could not be linked or loaded. */
  #failures = 0;
  /** Objects that the linker reads. */
  #linking: readonly string[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: StableLibrariesOptions) {
    this.#options = options;
  }

  get newest(): StableLibrary | undefined {
    return this.#newest;
  }

  /** Objects that are being linked. */
  get linking(): readonly string[] {
    return this.#linking;
  }

  /** Puts one of an earlier session, or none, in the place of the newest. */
  restore(library: StableLibrary | undefined): void {
    this.#newest = library;
  }

  /** One that cannot be loaded: generations go without. */
  refuse(library: StableLibrary): void {
    if (this.#newest === library) this.#newest = undefined;
    this.#failures += 1;
  }

  /** Has `provide` link another one. */
  requestRebase(): void {
    this.#wantsRebase = true;
  }

  /**
   * Links a library of what there is now. Resolves with `undefined` if that is nothing, and rejects as {@link linkStableLibrary} does.
   *
   * One at a time: the newest objects make the newest library.
   */
  link(signal: AbortSignal | undefined, givesWay: boolean): Promise<StableLibrary | undefined> {
    const linked = this.#turn.then(() => this.#linkNow(signal, givesWay));
    this.#turn = linked.catch(() => {});
    return linked;
  }

  /**
   * Links one in the background if there is none, or another one was requested; nothing once too many have failed. Resolves with whether one that was
   * requested has other objects than the newest had. Rejects if aborted. `givesWay`: to other programs.
   */
  async provide(signal: AbortSignal, givesWay: boolean): Promise<boolean> {
    const isRebase = this.#wantsRebase;
    if (this.#failures >= mostFailures || (this.#newest !== undefined && !isRebase)) return false;
    const former = this.#newest;
    try {
      const library = await this.link(signal, givesWay);
      this.#wantsRebase = false;
      return library !== undefined && isRebase && !haveEqualObjects(library, former);
    } catch (error) {
      signal.throwIfAborted();
      // Generations hold more of the module then.
      this.#failures += 1;
      log('%s', (error as Error).message);
      return false;
    }
  }

  async #linkNow(signal: AbortSignal | undefined, givesWay: boolean): Promise<StableLibrary | undefined> {
    const { link, files, onLink } = this.#options;
    const inside = await files();
    if (inside.size === 0) return undefined;
    this.#linking = [...inside.values()].map(({ object }) => object);
    try {
      onLink();
      await mkdir(link.folder, { recursive: true });
      this.#newest = await linkStableLibrary(inside, { ...link, givesWay }, signal);
      return this.#newest;
    } finally {
      this.#linking = [];
    }
  }
}

function haveEqualObjects(one: StableLibrary, other: StableLibrary | undefined): boolean {
  return one.objects.size === other?.objects.size && [...one.objects].every(([file, object]) => other.objects.get(file) === object);
}
