import { existsSync } from 'node:fs';
import { type BuiltGeneration, filesOfGeneration } from './compile/module-build.js';
import { literalEdits } from './edit/literals.js';
import type { SourceSnapshot } from './edit/source-set.js';
import { type HotswiftError, isHotswiftError } from './errors.js';
import type { PreviewPictures } from './preview/preview-pictures.js';
import type { AgentReloader } from './reload/agent-reloader.js';
import type { InProcessReloader } from './reload/in-process-reloader.js';
import type { AgentNeeds, GenerationPlan, LiteralValue } from './reload/structural-reloader.js';
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
  /** What the running code says, values that were set included. */
  sources: SourceSnapshot;
  /** The text of the previewed file that was compiled. */
  compiled: Buffer;
  /** What was set since. */
  values: LiteralValue[];
}

/** Runs generations, remembers the last good one, and brings it back. Whoever uses the process that runs them does so in turn. */
export class Generations {
  /** Counts the generations of source texts that ran, from 1. */
  number = 0;
  readonly #parts: GenerationsParts;
  readonly #pictures: PreviewPictures;
  #good: GoodGeneration | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #ended: HotswiftError | undefined;
  #givenUp: HotswiftError | undefined;

  constructor(parts: GenerationsParts, pictures: PreviewPictures) {
    this.#parts = parts;
    this.#pictures = pictures;
    parts.reloader.on('crash', ({ pid }) => parts.module.build.ended(pid));
    parts.reloader.on('respawn', ({ oldPid }) => parts.module.build.ended(oldPid));
  }

  /** Whether what the newest good generation was loaded from is gone, as when somebody empties the cache: no other agent can load it. */
  get isGone(): boolean {
    return this.#good !== undefined && !filesOfGeneration(this.#good.built).every((file) => existsSync(file));
  }

  /** Runs one thing at a time, so that a picture and its generation belong together. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const { reloader } = this.#parts;
    const result = this.#turn.then(async () => {
      if ('settled' in reloader) await reloader.settled();
      if (this.#ended !== undefined) throw this.#ended;
      return work();
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Rejects what has not had its turn yet. Resolves when nothing runs. */
  async end(reason: HotswiftError): Promise<void> {
    this.#ended = reason;
    await this.#turn;
  }

  /** The texts of the last good generation; empty before the first. */
  get sources(): SourceSnapshot {
    return this.#good?.sources ?? new Map();
  }

  /** Whether some of what runs was set, and not compiled. */
  get hasValues(): boolean {
    return (this.#good?.values.length ?? 0) > 0;
  }

  /** What the newest good generation has loaded besides its own code. */
  get needs(): AgentNeeds {
    return { libraries: this.#parts.module.libraries, stableLibrary: this.#good?.built.library?.path };
  }

  /** Why the newest good generation is not run again, if it is not. */
  get givenUp(): HotswiftError | undefined {
    return this.#givenUp;
  }

  /** The newest good generation is not run again. */
  giveUp(reason: HotswiftError): void {
    this.#givenUp = reason;
  }

  /** The process that the next generation would run in; `undefined` if there is none yet. */
  get pid(): number | undefined {
    const { reloader } = this.#parts;
    return 'stdout' in reloader ? reloader.agent?.pid : process.pid;
  }

  /**
   * Links, runs and draws; goes back to the generation before if that fails. `isEdit`: whether the texts are new; `fresh`: why it has to be in a new agent, if it has to.
   * Resolves with what ran, what the module's `PreviewSetup` types threw, and milliseconds.
   */
  async run(
    built: BuiltGeneration,
    sources: SourceSnapshot,
    { isEdit, fresh, clock, signal }: { isEdit: boolean; fresh?: RespawnReason; clock: Stopwatch; signal: AbortSignal },
  ): Promise<{ ran: BuiltGeneration; setupFailure?: string; link: number; run: number }> {
    const number = this.number + (isEdit ? 1 : 0);
    const { ran, setupFailure } = await this.#loadPatched(built, fresh, signal);
    // What was compiled has the values of its text.
    if (this.hasValues) await this.#parts.reloader.setLiterals([]);
    const link = clock.lap();
    await this.#prove(number);
    this.number = number;
    this.#remember(ran, sources);
    return { ran, setupFailure, link, run: clock.lap() };
  }

  /** The values that make of the code that runs what these texts say; `undefined` if more than values is needed. `changed`: the files that differ. */
  valuesFor(sources: SourceSnapshot, changed: readonly string[]): LiteralValue[] | undefined {
    const { file } = this.#parts.module.description;
    const [good, text] = [this.#good, sources.get(file)];
    if (good?.built.literals === undefined || text === undefined || !this.#parts.reloader.loaded) return undefined;
    if (changed.some((other) => other !== file)) return undefined;
    const { first, literals } = good.built.literals;
    const edits = literalEdits(good.compiled, literals, text.bytes);
    return edits?.map(({ index, value }) => ({ id: first + index, kind: literals[index]?.kind ?? 'string', text: value }));
  }

  /**
   * Gives literals other values, and draws. Resolves with milliseconds; or, if the code has not used all of the new values, with why it has to be compiled: its
   * values are then what they were.
   */
  async setValues(values: LiteralValue[], sources: SourceSnapshot, clock: Stopwatch): Promise<{ run: number } | string> {
    const { reloader } = this.#parts;
    const good = this.#good;
    if (good === undefined || !reloader.loaded) return 'the agent has ended';
    const changed = changedLiterals(good.values, values);
    const takeBack = async () => {
      this.#pictures.forget();
      if (reloader.loaded) await reloader.setLiterals(good.values);
    };
    let obstacle: string | undefined;
    try {
      obstacle = await this.#drawUntilRead(values, changed);
    } catch (error) {
      await takeBack();
      throw error;
    }
    if (obstacle !== undefined) {
      await takeBack();
      return obstacle;
    }
    this.number += 1;
    this.#good = { ...good, sources, values };
    return { run: clock.lap() };
  }

  /**
   * Sets values and draws the usual picture, and others if it takes them to read all of these literals. Resolves with what keeps a value from being
   * used.
   */
  async #drawUntilRead(values: LiteralValue[], literals: number[]): Promise<string | undefined> {
    const { reloader } = this.#parts;
    const { before, after } = await this.#pictures.redraw(values, literals, this.number + 1);
    if (before.some(({ isTainted }) => isTainted)) return takenOnce;
    // Drawn again, the only picture that there is did without it: its value was kept. In a process that is shared, others draw, too.
    const isOnly = this.#pictures.variety === 1 && reloader.agent !== null;
    if (isOnly && before.some(({ isRead, wasRead }) => wasRead && !isRead)) return notRead;
    const unread = new Set(literals);
    const others = this.#pictures.prefetchOthers(this.number + 1);
    for (let reads = after; ; reads = await reloader.literalReads(literals)) {
      for (const { id, isTainted, isRead, isConvertible } of reads) {
        if (!isConvertible) return 'a literal has a value that its type does not take';
        if (isTainted) return takenOnce;
        if (isRead) unread.delete(id);
      }
      if (unread.size === 0) return undefined;
      if ((await others.next()).done) return notRead;
    }
  }

  /**
   * Sees to it that the last good generation is loaded: its agent may have crashed meanwhile. Resolves with whether there is one; rejects if it was given up.
   */
  async provide(): Promise<boolean> {
    if (this.#parts.reloader.loaded) return true;
    if (this.#givenUp !== undefined) throw this.#givenUp;
    if (this.#good === undefined) return false;
    await this.#parts.module.provideKit();
    await this.#load(this.#good.built, undefined);
    if (this.hasValues) await this.#parts.reloader.setLiterals(this.#good.values);
    await this.#parts.reloader.accept();
    return true;
  }

  /**
   * Puts another agent in the place of the one in use, which goes on until the other one has drawn what it draws. Edits do not wait for that: what they
   * load meanwhile is loaded in the other one, too. Gives up if the agent in use ends, or is replaced for another reason.
   *
   * Rejects if the other one does not come up or does not draw; the one in use goes on.
   */
  async replaceAgent(reason: RespawnReason): Promise<void> {
    const { reloader, module } = this.#parts;
    const { pid } = this;
    if (!('rehearse' in reloader) || pid === undefined) return;
    let other: number | undefined;
    try {
      for (let good = this.#good; good !== undefined && this.pid === pid && this.#ended === undefined; good = this.#good) {
        const { built, values } = good;
        await module.provideKit();
        other = await reloader.rehearse(this.#planOf(built), this.#pictures.usualRequest(values));
        module.build.loaded(built, other);
        const isOver = await this.inTurn(async () => {
          if (this.pid !== pid || this.#good?.built !== built) return false;
          await reloader.takeOver(this.#good.values, reason);
          return true;
        });
        if (isOver) return;
      }
    } finally {
      await reloader.endRehearsal();
      if (other !== undefined && other !== this.pid) module.build.ended(other);
    }
  }

  /** Loads a generation as it was planned; if its patches are at fault, without those. */
  async #loadPatched(planned: BuiltGeneration, fresh: RespawnReason | undefined, signal: AbortSignal) {
    const reasonOf = (generation: BuiltGeneration) => fresh ?? (generation.fresh ? 'rebase' : undefined);
    // Another agent is in use since it was planned: it holds something else.
    const isOther = this.#parts.reloader.loaded && this.pid !== undefined && this.pid !== planned.pid && reasonOf(planned) === undefined;
    const built = isOther ? await this.#parts.module.build.replan(planned, this.pid, signal) : planned;
    try {
      return { ran: built, setupFailure: await this.#load(built, reasonOf(built)) };
    } catch (error) {
      if (built.patches.size === 0 || !isHotswiftError(error) || error.code !== 'ERR_HOTSWIFT_LINK') throw error;
      const linked = await this.#parts.module.build.withoutPatches(built, fresh === undefined ? this.pid : undefined, signal);
      return { ran: linked, setupFailure: await this.#load(linked, reasonOf(linked)) };
    }
  }

  async #load(built: BuiltGeneration, fresh: RespawnReason | undefined): Promise<string | undefined> {
    const { reloader, module } = this.#parts;
    this.#pictures.forget();
    let setupFailure: string | undefined;
    try {
      setupFailure = await reloader.load(this.#planOf(built), { fresh });
    } catch (error) {
      module.build.failedToLoad(built, this.pid, error as Error);
      throw error;
    }
    if (this.pid !== undefined) module.build.loaded(built, this.pid);
    return setupFailure;
  }

  async #prove(number: number): Promise<void> {
    const { reloader } = this.#parts;
    try {
      await this.#pictures.prefetch(number);
      await reloader.accept();
    } catch (error) {
      this.#pictures.forget();
      await reloader.revert();
      if (this.hasValues && reloader.loaded) await reloader.setLiterals(this.#good?.values ?? []);
      throw error;
    }
  }

  #remember(built: BuiltGeneration, sources: SourceSnapshot): void {
    const compiled = sources.get(this.#parts.module.description.file)?.bytes ?? Buffer.alloc(0);
    this.#good = { built, sources, compiled, values: [] };
    this.#givenUp = undefined;
    // Whoever waits for the generation has it first. This is over before the next compile ends, the files of which would be taken for left-overs until they are
    // known as its results.
    setImmediate(() => {
      this.#parts.module.build.discard(filesOfGeneration(built)).catch(() => {
        // What cannot be deleted now goes with the session's folder.
      });
    });
  }

  #planOf({ objects, library, patches, literals }: BuiltGeneration): GenerationPlan {
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
      literals: literals && { first: literals.first, count: literals.literals.length },
    };
  }
}

const takenOnce = 'a literal was read when a global or static variable got its value';
const notRead = 'the picture does not read all of the literals that were edited';

/** Numbers of literals of which the values differ. */
function changedLiterals(before: readonly LiteralValue[], after: readonly LiteralValue[]): number[] {
  const former = new Map(before.map(({ id, text }) => [id, text]));
  const present = new Map(after.map(({ id, text }) => [id, text]));
  return [...new Set([...former.keys(), ...present.keys()])].filter((id) => former.get(id) !== present.get(id));
}
