import { type BuiltGeneration, filesOfGeneration } from './compile/module-build.js';
import type { SourceSnapshot } from './edit/source-set.js';
import { isHotswiftError } from './errors.js';
import type { PreviewPictures } from './preview/preview-pictures.js';
import type { AgentReloader } from './reload/agent-reloader.js';
import type { InProcessReloader } from './reload/in-process-reloader.js';
import type { GenerationPlan } from './reload/structural-reloader.js';
import type { SessionModule } from './session-module.js';
import type { Stopwatch } from './stopwatch.js';
import type { RespawnReason } from './types.js';

export interface GenerationsParts {
  module: SessionModule;
  reloader: AgentReloader | InProcessReloader;
}

/** A generation that linked, ran and drew. */
interface GoodGeneration {
  built: BuiltGeneration;
  sources: SourceSnapshot;
}

/** Runs generations, remembers the last good one, and brings it back. One call at a time is the caller's business. */
export class Generations {
  /** Counts the generations of source texts that ran, from 1. */
  number = 0;
  readonly #parts: GenerationsParts;
  readonly #pictures: PreviewPictures;
  #good: GoodGeneration | undefined;

  constructor(parts: GenerationsParts, pictures: PreviewPictures) {
    this.#parts = parts;
    this.#pictures = pictures;
  }

  /** The digests of the texts of the last good generation, by file; empty before the first. */
  get digests(): ReadonlyMap<string, string> {
    return new Map([...(this.#good?.sources ?? [])].map(([file, { digest }]) => [file, digest]));
  }

  /** The process that the next generation would run in; `undefined` if there is none yet. */
  get pid(): number | undefined {
    const { reloader } = this.#parts;
    return 'stdout' in reloader ? reloader.agent?.pid : process.pid;
  }

  /**
   * Links, runs and draws; goes back to the generation before if that fails. `isEdit`: whether the texts are new; `fresh`: why it has to be in a new agent, if it has to.
   * Resolves with what ran, and milliseconds.
   */
  async run(
    built: BuiltGeneration,
    sources: SourceSnapshot,
    { isEdit, fresh, clock, signal }: { isEdit: boolean; fresh?: RespawnReason; clock: Stopwatch; signal: AbortSignal },
  ): Promise<{ ran: BuiltGeneration; link: number; run: number }> {
    const number = this.number + (isEdit ? 1 : 0);
    const ran = await this.#loadPatched(built, fresh, signal);
    const link = clock.lap();
    await this.#prove(number);
    this.number = number;
    this.#remember(ran, sources);
    return { ran, link, run: clock.lap() };
  }

  /** Sees to it that the last good generation is loaded: its agent may have crashed meanwhile. Resolves with whether there is one. */
  async provide(): Promise<boolean> {
    if (this.#parts.reloader.loaded) return true;
    if (this.#good === undefined) return false;
    await this.#load(this.#good.built, undefined);
    await this.#parts.reloader.accept();
    return true;
  }

  /** Loads a generation as it was planned; if its patches are at fault, without those. */
  async #loadPatched(built: BuiltGeneration, fresh: RespawnReason | undefined, signal: AbortSignal): Promise<BuiltGeneration> {
    const reasonOf = (generation: BuiltGeneration) => {
      // Another agent came up since it was planned, because a picture was asked for: what that one holds, the plan does not know.
      const isOther = this.#parts.reloader.loaded && this.pid !== generation.pid;
      return fresh ?? (generation.fresh || isOther ? 'rebase' : undefined);
    };
    try {
      await this.#load(built, reasonOf(built));
      return built;
    } catch (error) {
      if (built.patches.size === 0 || !isHotswiftError(error) || error.code !== 'ERR_HOTSWIFT_LINK') throw error;
      const linked = await this.#parts.module.build.withoutPatches(built, fresh === undefined ? this.pid : undefined, signal);
      await this.#load(linked, reasonOf(linked));
      return linked;
    }
  }

  async #load(built: BuiltGeneration, fresh: RespawnReason | undefined): Promise<void> {
    const { reloader, module } = this.#parts;
    this.#pictures.forget();
    try {
      await reloader.load(this.#planOf(built), { fresh });
    } catch (error) {
      module.build.failedToLoad(built, this.pid, error as Error);
      throw error;
    }
    if (this.pid !== undefined) module.build.loaded(built, this.pid);
  }

  async #prove(number: number): Promise<void> {
    const { reloader } = this.#parts;
    try {
      await this.#pictures.prefetch(number);
      await reloader.accept();
    } catch (error) {
      this.#pictures.forget();
      await reloader.revert();
      throw error;
    }
  }

  #remember(built: BuiltGeneration, sources: SourceSnapshot): void {
    this.#good = { built, sources };
    this.#parts.module.build.discard(filesOfGeneration(built)).catch(() => {
      // What cannot be deleted now goes with the session's folder.
    });
  }

  #planOf({ objects, library, patches }: BuiltGeneration): GenerationPlan {
    const { description: module, libraries } = this.#parts.module;
    const files = [...objects.keys()];
    const script = module.script === undefined ? -1 : files.indexOf(module.sources[module.script] ?? '');
    return {
      objects: [...objects.values()],
      previewed: files.indexOf(module.file),
      script: script < 0 ? undefined : script,
      libraries,
      stableLibrary: library?.path,
      patches: [...patches.values()],
    };
  }
}
