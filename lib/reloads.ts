import { AgentKeeper, type AgentPolicy } from './agent-keeper.js';
import { Backstop } from './backstop.js';
import type { ModuleBuild } from './compile/module-build.js';
import type { StableLibrary } from './compile/stable-library.js';
import { type JobControl, LatestJob, type Relation } from './edit/latest-job.js';
import { changedFiles, type SourceSnapshot, sameTexts } from './edit/source-set.js';
import { HotswiftError, isHotswiftError } from './errors.js';
import type { Generations } from './generations.js';
import type { PreviewPictures } from './preview/preview-pictures.js';
import { isAgentsOwn, isKilled, mayBeAgentsOwn } from './reload/agent-failures.js';
import type { AgentReloader } from './reload/agent-reloader.js';
import type { InProcessReloader } from './reload/in-process-reloader.js';
import type { LiteralValue } from './reload/structural-reloader.js';
import type { ModuleChange, SessionModule } from './session-module.js';
import { SessionSources } from './session-sources.js';
import { Stopwatch } from './stopwatch.js';
import type { Diagnostic, Progress, ReloadResult, RespawnReason } from './types.js';

export interface ReloadsParts {
  module: SessionModule;
  reloader: AgentReloader | InProcessReloader;
  generations: Generations;
  pictures: PreviewPictures;
  policy: AgentPolicy;
  /** Milliseconds. */
  compileTimeout?: number;
}

/** Told what becomes of the session. */
export interface ReloadsListeners {
  onProgress(progress: Progress): void;
  /** A reload does more than look, or it is over: `error` says whether it succeeded. */
  onState(state: 'reloading' | 'ready' | 'failed'): void;
  onReload(result: ReloadResult): void;
  /** What nobody has asked for has failed. */
  onError(error: HotswiftError): void;
}

/** What a reload is asked for besides the newest texts. */
interface Cause {
  /** Why it has to use another agent, if it has to. */
  fresh?: RespawnReason;
  /** Whether a save is among its reasons. */
  saved: boolean;
  /** Whether what was set is to be replaced by what was compiled. */
  settle: boolean;
}

/** Brings what runs up to what the sources say, one reload at a time: by setting values of literals, or by a new generation. */
export class Reloads {
  /** Why the newest source does not run; `null` as soon as a reload has succeeded. */
  error: HotswiftError | null = null;
  readonly sources: SessionSources;
  readonly #parts: ReloadsParts;
  readonly #listeners: ReloadsListeners;
  readonly #jobs: LatestJob<ReloadResult>;
  readonly #backstop: Backstop;
  /** Missing in-process. */
  readonly #keeper: AgentKeeper | undefined;
  /** What the reload under way is about, and what failed last. */
  #inFlight: Attempt | undefined;
  #failed: Attempt | undefined;
  /** What crashed when it was run, which is not tried again. */
  #crashed: (Attempt & { error: HotswiftError }) | undefined;
  /** Of the next reload. */
  #cause: Cause = { saved: false, settle: false };
  /** Why a part of the module that the preview does not need does not compile. */
  #restFailure: HotswiftError | undefined;
  /** How many reloads and changes of agents there were. */
  #activities = 0;
  /** Moves what runs to an agent with a new library. */
  #rebasing: Promise<void> = Promise.resolve();
  /** Whether the reload before was superseded: more may be coming. */
  #isBurst = false;
  #state: 'starting' | 'reloading' | 'ready' | 'failed' | 'closed' = 'starting';

  constructor(parts: ReloadsParts, listeners: ReloadsListeners) {
    this.#parts = parts;
    this.#listeners = listeners;
    this.sources = new SessionSources(parts.module, {
      onChange: () => this.#onChange(),
      onError: (error) => listeners.onError(error),
    });
    this.#jobs = new LatestJob((control) => this.#reload(control));
    this.#backstop = new Backstop((signal) => this.#compileWhatWasSet(signal));
    this.#listenTo(parts.module.build);
    const { reloader, generations, policy } = parts;
    if ('rehearse' in reloader) {
      this.#keeper = new AgentKeeper(
        { reloader, generations, policy },
        {
          onError: (error) => listeners.onError(asHotswiftError(error)),
          onGone: (reason) => this.#replaceAgent(reason),
          onGivenUp: (error) => this.#giveUp(error),
        },
      );
    }
  }

  /** Resolves with the result of a reload at least as new as the call. `fresh`: in a new agent. */
  request({ fresh = false }: { fresh?: boolean } = {}): Promise<ReloadResult> {
    if (fresh) this.#cause.fresh = 'fresh';
    return this.#jobs.request(() => this.#relate());
  }

  /** Resolves when no reload is under way and nothing is being prepared in the background. */
  async idle(): Promise<void> {
    const { module, reloader } = this.#parts;
    let former: number;
    do {
      former = this.#activities;
      await this.#jobs.idle();
      await this.#backstop.idle();
      await module.build.idle();
      await this.#keeper?.idle();
      if ('prepared' in reloader) await reloader.prepared();
      await this.#rebasing;
      // Each may have been the cause of another.
    } while (former !== this.#activities || !this.#jobs.isIdle || !this.#backstop.isIdle);
  }

  /** Aborts what is under way and rejects every request with `reason`, also later ones. Resolves when nothing goes on. */
  async end(reason: HotswiftError): Promise<void> {
    this.#state = 'closed';
    this.#backstop.cancel();
    await Promise.allSettled([this.#jobs.end(reason), this.sources.close(), this.#backstop.idle(), this.#keeper?.end()]);
  }

  /** What runs is not run again as it is. */
  #giveUp(reason: HotswiftError): void {
    this.#parts.generations.giveUp(reason);
    this.error = reason;
    this.#setState('failed');
    this.#listeners.onError(reason);
  }

  #setState(state: 'reloading' | 'ready' | 'failed'): void {
    if (this.#state === 'closed') return;
    this.#state = state;
    this.#listeners.onState(state);
  }

  #listenTo(build: ModuleBuild): void {
    build.on('progress', (progress) => this.#listeners.onProgress(progress));
    build.on('failure', (failure) => this.#onBackgroundFailure(failure));
    build.on('rebased', () => {
      this.#activities += 1;
      this.#rebasing = this.#rebase();
    });
    // It starts while the rest is being built.
    build.on('needs-agent', (library) => void this.#prepareAgent(library));
  }

  /** A file that the preview does not need does not compile: the module is broken all the same. */
  #onBackgroundFailure(failure: HotswiftError): void {
    if (this.#state !== 'ready') return;
    this.#restFailure = this.error = failure;
    this.#setState('failed');
    this.#listeners.onError(failure);
  }

  /** Moves what runs to a fresh agent, with a library that saves each edit some linking. An edit that is under way goes first. */
  async #rebase(): Promise<void> {
    // Swift starts there while the old agent goes on.
    await this.#prepareAgent(this.#parts.module.build.library);
    await this.#moveToFreshAgent('rebase').catch(() => {
      // What runs goes on running; the next library is another chance.
    });
  }

  async #replaceAgent(reason: RespawnReason): Promise<void> {
    await this.#moveToFreshAgent(reason).catch((error) => {
      if (this.#state !== 'closed') this.#listeners.onError(asHotswiftError(error));
    });
  }

  #moveToFreshAgent(reason: RespawnReason): Promise<unknown> {
    this.#cause.fresh ??= reason;
    return this.#jobs.request(async () => 'served');
  }

  #prepareAgent(library: StableLibrary | undefined): Promise<void> {
    const { reloader, module } = this.#parts;
    return reloader.prepareFresh({ libraries: module.libraries, stableLibrary: library?.path });
  }

  /** Something on disk is another now. */
  #onChange(): void {
    this.#cause.saved = true;
    this.request().catch(() => {
      // Emitted by the reload itself.
    });
  }

  async #relate(): Promise<Relation> {
    const { build } = this.#parts.module;
    const others = this.#inFlight?.sources;
    if (others === undefined || this.#cause.fresh === 'fresh' || this.sources.isRestructured) return 'supersedes';
    const sources = await this.sources.read();
    if (sameTexts(sources, others)) return 'served';
    // Somebody turns a dial: what is being compiled is what the values will be set in.
    return build.isLiteralEdit(sources, others) ? 'follows' : 'supersedes';
  }

  /** In the background; the reload that follows has nothing left to compile. */
  async #compileWhatWasSet(signal: AbortSignal): Promise<void> {
    const { module, generations, pictures, compileTimeout } = this.#parts;
    const { sources, hasValues } = generations;
    if (!hasValues) return;
    await module.build.compileAhead(sources, { signal, timeout: compileTimeout }).catch(() => {
      // The reload says what is wrong.
    });
    signal.throwIfAborted();
    if (generations.hasValues) await generations.inTurn(() => pictures.drawOthers(generations.number));
    signal.throwIfAborted();
    this.#cause.settle = true;
    // One that was under way may have done.
    await this.request().finally(() => {
      this.#cause.settle = false;
    });
  }

  async #reload(control: JobControl): Promise<ReloadResult> {
    this.#activities += 1;
    const { generations } = this.#parts;
    const cause = this.#cause;
    this.#cause = { saved: false, settle: false };
    if (!cause.settle) this.#backstop.cancel();
    try {
      const result = await this.#bringUpToDate(control, cause)
        .catch((error) => this.#tryElsewhere(error, control, cause))
        .catch((error) => this.#explainCrash(error, control.signal));
      const recovered = this.error !== null;
      this.error = null;
      this.#failed = this.#crashed = undefined;
      this.#isBurst = false;
      if (result.tier !== 'none') this.#keeper?.forgive();
      this.#keeper?.check();
      this.#setState('ready');
      if (result.tier !== 'none' || recovered) this.#listeners.onReload(result);
      return result;
    } catch (error) {
      if (control.signal.aborted) {
        // Superseded: the next reload takes over what this one was asked for.
        this.#cause.fresh ??= cause.fresh;
        this.#cause.saved ||= cause.saved;
        this.#isBurst = true;
        throw error;
      }
      if (
        cause.fresh !== undefined &&
        cause.fresh !== 'fresh' &&
        this.#inFlight !== undefined &&
        changedFiles(this.#inFlight.sources, generations.sources).length === 0
      ) {
        // The old agent goes on.
        this.#setState('ready');
        throw error;
      }
      const failure = asHotswiftError(error);
      const attempt = this.#inFlight;
      const known = this.#failed !== undefined && attempt !== undefined && isSame(this.#failed, attempt);
      this.#failed = attempt;
      this.#crashed = attempt !== undefined && isOwnFault(failure) ? { ...attempt, error: failure } : undefined;
      this.error = failure;
      // The texts are what was asked for, and go on failing.
      if (cause.settle) this.#restFailure = failure;
      this.#setState('failed');
      if ((cause.saved || cause.settle) && !known) this.#listeners.onError(failure);
      throw failure;
    } finally {
      this.#inFlight = undefined;
      if (generations.hasValues && this.error === null && this.#state !== 'closed') this.#backstop.schedule();
    }
  }

  /** Where it is the agent that has failed, and not the text, the text is tried in another one. */
  async #tryElsewhere(error: unknown, control: JobControl, cause: Cause): Promise<ReloadResult> {
    if (control.signal.aborted) throw error;
    if (isAgentsOwn(error)) return this.#bringUpToDate(control, cause);
    const ranInFormer = this.#inFlight?.ranInFormer === true && cause.fresh === undefined;
    if (!ranInFormer || this.#keeper === undefined || !mayBeAgentsOwn(error)) throw error;
    return this.#bringUpToDate(control, { ...cause, fresh: 'exhausted' });
  }

  /** What the compiler would have said of the text, had it not been compiled so that its literals can be edited, explains some crashes. */
  async #explainCrash(error: unknown, signal: AbortSignal): Promise<never> {
    const { module, compileTimeout } = this.#parts;
    const sources = this.#inFlight?.sources;
    if (sources !== undefined && isHotswiftError(error) && error.code === 'ERR_HOTSWIFT_CRASH' && !signal.aborted) {
      await module.build.check(sources, { signal, timeout: compileTimeout });
    }
    throw error;
  }

  async #bringUpToDate({ signal, commit }: JobControl, { fresh, saved, settle }: Cause): Promise<ReloadResult> {
    const { module, reloader, generations, pictures, compileTimeout } = this.#parts;
    const clock = new Stopwatch();
    const moduleChange = await this.#refreshModule(signal);
    const sources = await (saved ? this.sources.readSaved(signal) : this.sources.read());
    const attempt: Attempt = { sources, version: this.sources.version, ranInFormer: false };
    this.#inFlight = attempt;
    const { outdated } = module.build;
    const isCrashed = this.#crashed !== undefined && isSame(attempt, this.#crashed) && outdated.length === 0;
    if (fresh !== 'fresh' && isCrashed) throw this.#crashed?.error;
    const former = generations.sources;
    const changed = changedFiles(sources, former);
    for (const file of former.keys()) if (!sources.has(file)) changed.push(file);
    changed.push(...outdated);
    const needsAgent = (moduleChange !== 'none' && moduleChange !== 'sources') || outdated.length > 0;
    const isNew = changed.length > 0 || needsAgent;
    const classify = clock.lap();
    const restFailure = this.#restFailure;
    if (!isNew && restFailure !== undefined) throw restFailure;
    this.#restFailure = undefined;
    if (!isNew && fresh !== 'fresh' && generations.givenUp !== undefined) throw generations.givenUp;
    const isSettling = settle && !isNew && generations.hasValues;
    if (!isNew && fresh === undefined && reloader.loaded && !isSettling) {
      return unchanged(generations.number, { classify, compile: 0, link: 0, run: 0, total: clock.total });
    }
    const isEdit = isNew && fresh === undefined && moduleChange === 'none' && outdated.length === 0;
    const values = isEdit ? generations.valuesFor(sources, changed) : undefined;
    const set = values && (await generations.inTurn(() => generations.setValues(values, sources, clock)));
    if (typeof set === 'object') {
      // Whether what was at fault still is, shows where it is compiled.
      if (restFailure !== undefined) module.build.continue();
      const timings = { classify, compile: 0, link: 0, ...set, total: clock.total };
      return { ...unchanged(generations.number, timings), tier: 'literal', reason: literalReason(values), changed };
    }

    // Compiles that nobody wants the result of would take turns at keeping the machine busy.
    if (this.#isBurst) await this.sources.quiet(signal);
    signal.throwIfAborted();
    if (!isSettling) this.#setState('reloading');
    await module.provideKit();
    const cause = fresh ?? (needsAgent && this.#keeper !== undefined ? 'rebase' : undefined);
    const built = await module.build.build(sources, cause !== undefined ? undefined : generations.pid, outdated, {
      signal,
      timeout: compileTimeout,
      onProgress: (done, total) => this.#listeners.onProgress({ phase: 'compiling', done, total }),
    });
    const compile = clock.lap();
    commit();
    const wasSet = !isNew && generations.hasValues;
    const before = pictures.latest;
    attempt.ranInFormer = cause === undefined && !built.fresh && (reloader.agent?.generations ?? 0) > 0;
    const running = generations.inTurn(() => generations.run(built, sources, { isEdit: isNew, fresh: cause, clock, signal }));
    const { ran, setupFailure, link, run } = await running.finally(() => module.build.continue());
    this.sources.apply();
    const relinked = [...ran.objects.keys(), ...ran.patches.keys()];
    const timings = { classify, compile, link, run, total: clock.total };
    const isAnother = wasSet && (await generations.inTurn(() => this.#differs(before)));
    const warnings = [
      ...ran.stale.map(staleConformances),
      ...(setupFailure === undefined ? [] : [warning(setupFailure)]),
      ...(moduleChange === 'resources' && cause === undefined ? [warning(staleResources)] : []),
      ...(outdated.length > 0 && cause === undefined ? outdated.map(staleExternal) : []),
    ];
    if (!isNew && !isAnother) return { ...unchanged(generations.number, timings), relinked, diagnostics: warnings };
    const { strategy, recompiled, warm } = ran;
    const reason = explain(reasonFor(moduleChange, changed, ran.reason), { isAnother, set });
    const diagnostics = [...ran.diagnostics, ...warnings];
    const tier = moduleChange === 'none' && outdated.length === 0 ? 'structural' : 'module';
    return { tier, strategy, reason, changed, recompiled, relinked, generation: generations.number, warm, timings, diagnostics };
  }

  /** Whether what runs draws something else than these pictures. */
  async #differs(before: ReadonlyMap<string, Buffer>): Promise<boolean> {
    const { generations, pictures } = this.#parts;
    await pictures.drawOthers(generations.number);
    const { latest } = pictures;
    return [...before].some(([key, data]) => !latest.get(key)?.equals(data));
  }

  /** What became of the module since the last reload that succeeded. */
  async #refreshModule(signal: AbortSignal): Promise<ModuleChange> {
    const { module, reloader } = this.#parts;
    const { build } = module;
    let change: ModuleChange | undefined;
    try {
      change = await this.sources.refresh({
        signal,
        hasFailed: this.error !== null,
        onProgress: (progress) => this.#listeners.onProgress(progress),
      });
      return change;
    } finally {
      const isAnother = module.build !== build;
      if (isAnother) this.#listenTo(module.build);
      if ((isAnother || change === 'libraries') && 'configure' in reloader) reloader.configure(module.runner);
    }
  }
}

/** What was tried: texts, of a module that had changed so many times. */
interface Attempt {
  sources: SourceSnapshot;
  version: number;
  /** Whether it was given to an agent that had run other texts. */
  ranInFormer: boolean;
}

function isSame(one: Attempt, other: Attempt): boolean {
  return one.version === other.version && sameTexts(one.sources, other.sources);
}

function unchanged(generation: number, timings: ReloadResult['timings']): ReloadResult {
  const reason = 'the sources are what already runs';
  return { tier: 'none', reason, changed: [], recompiled: [], relinked: [], generation, warm: false, timings, diagnostics: [] };
}

function literalReason(values: readonly LiteralValue[] | undefined): string {
  return values?.length === 0 ? 'all literals have their values back' : 'only values of literals differ';
}

/** With what of the package changed. Where its settings did, what was compiled before is of no use. */
function reasonFor(change: ModuleChange, changed: readonly string[], reason: string): string {
  if (change === 'settings') return `flags or dependencies of the package changed: ${reason}`;
  if (change === 'libraries') return `dependencies of the package changed: ${reason}`;
  return change === 'resources' && changed.length === 0 ? 'resources of the package changed' : reason;
}

/** `set`: why values could not be set. */
function explain(reason: string, { isAnother, set }: { isAnother: boolean; set: string | undefined }): string {
  if (isAnother) return 'compiled, the values that were set draw another picture: the code had kept some of the values before';
  return set === undefined ? reason : `${set}; ${reason}`;
}

const staleResources = 'resources changed, and what the code has kept of the old ones cannot be replaced in-process';

function staleExternal(file: string): Diagnostic {
  return warning('this changed, and what the process has loaded of it cannot be replaced in-process', file);
}

function staleConformances(file: string): Diagnostic {
  const message =
    'a conformance of a type of another module to a protocol of another module cannot be replaced in-process: dynamic casts find the first one';
  return warning(message, file);
}

function warning(message: string, file = ''): Diagnostic {
  return { severity: 'warning', message, file, line: 0, column: 0, notes: [] };
}

function isOwnFault(error: HotswiftError): boolean {
  return error.code === 'ERR_HOTSWIFT_CRASH' && !isKilled(error);
}

function asHotswiftError(error: unknown): HotswiftError {
  if (isHotswiftError(error)) return error;
  // For example a full disk.
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `the reload failed: ${(error as Error).message}`, { cause: error });
}
