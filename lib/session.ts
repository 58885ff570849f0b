import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { Backstop } from './backstop.js';
import type { ModuleBuild } from './compile/module-build.js';
import type { StableLibrary } from './compile/stable-library.js';
import { type JobControl, LatestJob, type Relation } from './edit/latest-job.js';
import { changedFiles, type SourceSnapshot, sameTexts } from './edit/source-set.js';
import { HotswiftError, isHotswiftError, sessionClosed } from './errors.js';
import { Generations } from './generations.js';
import { checkReloadOptions, checkSnapshotOptions, checkSymbol, checkTraits } from './options.js';
import { PreviewPictures } from './preview/preview-pictures.js';
import type { AgentReloader } from './reload/agent-reloader.js';
import type { InProcessReloader } from './reload/in-process-reloader.js';
import type { LiteralValue } from './reload/structural-reloader.js';
import type { ModuleChange, SessionModule } from './session-module.js';
import { SessionSources } from './session-sources.js';
import { Stopwatch } from './stopwatch.js';
import type { TemporaryFolder } from './temporary-folder.js';
import type {
  CrashInfo,
  Diagnostic,
  PreviewInfo,
  Progress,
  ReloadOptions,
  ReloadResult,
  RespawnReason,
  SessionState,
  Snapshot,
  SnapshotOptions,
  Traits,
} from './types.js';
import { withSignal } from './with-signal.js';

/** The events of a {@link Session}. Nothing is emitted after `close`. */
export interface SessionEvents {
  /** New code runs, or after a failure the old text is back. Not emitted where nothing had changed. */
  reload: [ReloadResult];
  /** A reload that a save caused has failed; what ran before still runs. Explicit calls reject instead. */
  'reload-error': [HotswiftError];
  state: [SessionState];
  progress: [Progress];
  /** The agent was replaced. */
  respawn: [{ reason: RespawnReason; oldPid: number; newPid: number }];
  /** The agent ended unasked. The next call that needs one starts another. */
  crash: [CrashInfo];
  close: [];
}

/** What a session works with; put together by `createSession`. */
export interface SessionParts {
  module: SessionModule;
  reloader: AgentReloader | InProcessReloader;
  folder: TemporaryFolder;
  preview: number | string;
  traits: Traits;
  compileTimeout?: number;
}

/**
 * A Swift file that is compiled, run and drawn again whenever it changes. Made by `createSession`.
 *
 * A save that fails to compile, to link or to run changes nothing: what ran before still runs, and is drawn with `stale: true`.
 */
export class Session extends EventEmitter<SessionEvents> implements AsyncDisposable {
  readonly id: string = randomUUID();
  /** Absolute path of the previewed file. */
  readonly file: string;
  /** What the Swift code prints, agent after agent. Flows away unread; reading slowly slows Swift down. Empty when in-process. */
  readonly stdout: Readable;
  /** See {@link stdout}. */
  readonly stderr: Readable;

  readonly #parts: SessionParts;
  readonly #reloads: LatestJob<ReloadResult>;
  #state: SessionState = 'starting';
  #error: HotswiftError | null = null;
  readonly #generations: Generations;
  readonly #sources: SessionSources;
  /** The texts that the reload under way is about, and those that failed last. */
  #inFlight: SourceSnapshot | undefined;
  #failed: SourceSnapshot | undefined;
  /** Why the next reload has to use another agent, if it has to. */
  #fresh: RespawnReason | undefined;
  /** Why a part of the module that the preview does not need does not compile. */
  #restFailure: HotswiftError | undefined;
  /** Whether a save is among the reasons of the next reload. */
  #saved = false;
  /** Whether the reload before was superseded: more may be coming. */
  #isBurst = false;
  readonly #pictures: PreviewPictures;
  readonly #backstop: Backstop;
  /** Whether what was set is to be replaced by what was compiled. */
  #settle = false;
  #turn: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: SessionParts) {
    super();
    this.#parts = parts;
    this.#pictures = new PreviewPictures(parts.reloader, parts.preview, parts.traits);
    this.#generations = new Generations(parts, this.#pictures);
    this.#sources = new SessionSources(parts.module, {
      onChange: () => this.#onChange(),
      onError: (error) => this.#emit('reload-error', error),
    });
    this.file = parts.module.description.file;
    this.#reloads = new LatestJob((control) => this.#reload(control));
    this.#backstop = new Backstop((signal) => this.#compileWhatWasSet(signal));
    const { reloader } = parts;
    this.#listenTo(parts.module.build);
    reloader.on('crash', (crash) => this.#emit('crash', crash));
    reloader.on('respawn', (respawn) => this.#emit('respawn', respawn));
    if ('stdout' in reloader) {
      this.stdout = reloader.stdout;
      this.stderr = reloader.stderr;
    } else {
      this.stdout = new PassThrough().end();
      this.stderr = new PassThrough().end();
    }
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Why the newest source does not run; `null` as soon as a reload has succeeded. */
  get error(): HotswiftError | null {
    return this.#error;
  }

  /** Counts the source generations that ran, from 1. Replacing an agent does not change it. */
  get generation(): number {
    return this.#generations.number;
  }

  /** The process that runs Swift and how many generations it has linked; `null` when in-process, and while there is none. */
  get agent(): { pid: number; generations: number } | null {
    return this.#parts.reloader.agent;
  }

  /**
   * Brings what runs up to what the files, or the given buffers, say. Calls that come together are one reload; each gets a result at least as
   * new as itself.
   *
   * Rejects with ERR_HOTSWIFT_COMPILE, _LINK, _CRASH or _TIMEOUT if the new code did not make it (what ran before still runs), with _PROJECT if a
   * source is gone, and with _CLOSED.
   */
  async reload(options: ReloadOptions = {}): Promise<ReloadResult> {
    const { contents = {}, fresh = false, signal } = checkReloadOptions(options);
    signal?.throwIfAborted();
    if (fresh && this.#isInProcess) {
      throw new HotswiftError('ERR_HOTSWIFT_ARGUMENT', 'reload: `fresh`: there is no agent to replace in-process');
    }
    this.#sources.setBuffers(contents);
    if (fresh) this.#fresh = 'fresh';
    return withSignal(this.#request(), signal);
  }

  /**
   * Draws a preview. After a failed reload this is the last good generation's picture, and `stale` is true.
   *
   * Rejects with ERR_HOTSWIFT_PREVIEW if there is no such preview or if it threw, with _CRASH or _TIMEOUT if drawing ended the agent, with the
   * error of the first reload if nothing ever ran, and with _CLOSED.
   */
  async snapshot(options: SnapshotOptions = {}): Promise<Snapshot> {
    const { signal, ...request } = checkSnapshotOptions(options);
    signal?.throwIfAborted();
    return withSignal(
      this.#inTurn(async () => {
        await this.#requireGeneration();
        const snapshot = await this.#pictures.take(request, this.generation);
        return { ...snapshot, stale: this.#error !== null };
      }),
      signal,
    );
  }

  /** Shows the previews in another environment from the next snapshot on. Nothing is compiled. */
  setTraits(traits: Traits): void {
    this.#pictures.traits = checkTraits(traits);
  }

  /**
   * Calls a function of the newest generation, declared `@_cdecl("symbol") func name() -> Int32` in any file of the module.
   *
   * Rejects with ERR_HOTSWIFT_ARGUMENT if there is none, and with _CRASH, _TIMEOUT or _CLOSED.
   */
  async call(symbol: string, { signal }: { signal?: AbortSignal } = {}): Promise<number> {
    checkSymbol(symbol);
    signal?.throwIfAborted();
    return withSignal(
      this.#inTurn(async () => {
        await this.#requireGeneration();
        this.#pictures.forgetPrefetched();
        return this.#parts.reloader.call(symbol);
      }),
      signal,
    );
  }

  /** The previews of the file, as the newest generation lists them. */
  async previews(): Promise<PreviewInfo[]> {
    return this.#inTurn(async () => {
      await this.#requireGeneration();
      return structuredClone(await this.#pictures.list());
    });
  }

  /** Ends the agent, whatever it is doing, and everything else of the session. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal The first reload. A source that does not make it leaves the session open, in the state `failed`. */
  async open(watch: boolean): Promise<void> {
    if (watch) await this.#sources.watch();
    await this.#request().catch((error: unknown) => {
      if (!isHotswiftError(error) || this.#state === 'closed') throw error;
    });
  }

  /**
   * Resolves when nothing is being prepared in the background: what literal edits have set is compiled, and the rest of the module, and kept for
   * later sessions, and the agent that the next edit may need is ready.
   */
  async idle(): Promise<void> {
    const { module, reloader } = this.#parts;
    await this.#backstop.idle();
    await module.build.idle();
    if ('prepared' in reloader) await reloader.prepared();
  }

  get #isInProcess(): boolean {
    return !('stdout' in this.#parts.reloader);
  }

  #listenTo(build: ModuleBuild): void {
    build.on('progress', (progress) => this.#emit('progress', progress));
    build.on('failure', (failure) => this.#onBackgroundFailure(failure));
    build.on('rebased', () => void this.#rebase());
    // It starts while the rest is being built.
    build.on('needs-agent', (library) => void this.#prepareAgent(library));
  }

  /** A file that the preview does not need does not compile: the module is broken all the same. */
  #onBackgroundFailure(failure: HotswiftError): void {
    if (this.#state !== 'ready') return;
    this.#restFailure = this.#error = failure;
    this.#setState('failed');
    this.#emit('reload-error', failure);
  }

  /** Moves what runs to a fresh agent, with a library that saves each edit some linking. An edit that is under way goes first. */
  async #rebase(): Promise<void> {
    // Swift starts there while the old agent goes on.
    await this.#prepareAgent(this.#parts.module.build.library);
    this.#fresh ??= 'rebase';
    this.#reloads
      .request(async () => 'served')
      .catch(() => {
        // What runs goes on running; the next library is another chance.
      });
  }

  #prepareAgent(library: StableLibrary | undefined): Promise<void> {
    const { reloader, module } = this.#parts;
    return reloader.prepareFresh({ libraries: module.libraries, stableLibrary: library?.path });
  }

  /** Something on disk is another now. */
  #onChange(): void {
    this.#saved = true;
    this.#request().catch(() => {
      // Emitted by the reload itself.
    });
  }

  #request(): Promise<ReloadResult> {
    return this.#reloads.request(() => this.#relate());
  }

  async #relate(): Promise<Relation> {
    const { build } = this.#parts.module;
    const others = this.#inFlight;
    if (others === undefined || this.#fresh === 'fresh' || this.#sources.isRestructured) return 'supersedes';
    const sources = await this.#sources.read();
    if (sameTexts(sources, others)) return 'served';
    // Somebody turns a dial: what is being compiled is what the values will be set in.
    return build.isLiteralEdit(sources, others) ? 'follows' : 'supersedes';
  }

  /** In the background; the reload that follows has nothing left to compile. */
  async #compileWhatWasSet(signal: AbortSignal): Promise<void> {
    const { module, compileTimeout } = this.#parts;
    const { sources, hasValues } = this.#generations;
    if (sources === undefined || !hasValues) return;
    await module.build.compileAhead(sources, { signal, timeout: compileTimeout }).catch(() => {
      // The reload says what is wrong.
    });
    signal.throwIfAborted();
    this.#settle = true;
    await this.#request();
  }

  async #reload(control: JobControl): Promise<ReloadResult> {
    const fresh = this.#fresh;
    const saved = this.#saved;
    const settle = this.#settle;
    this.#fresh = undefined;
    this.#saved = false;
    this.#settle = false;
    if (!settle) this.#backstop.cancel();
    try {
      const result = await this.#bringUpToDate(control, { fresh, saved, settle }).catch((error) =>
        this.#explainCrash(error, control.signal),
      );
      const recovered = this.#error !== null;
      this.#error = null;
      this.#failed = undefined;
      this.#isBurst = false;
      this.#setState('ready');
      if (result.tier !== 'none' || recovered) this.#emit('reload', result);
      return result;
    } catch (error) {
      if (control.signal.aborted) {
        // Superseded: the next reload takes over what this one was asked for.
        this.#fresh ??= fresh;
        this.#saved ||= saved;
        this.#isBurst = true;
        throw error;
      }
      if (fresh === 'rebase' && this.#inFlight !== undefined && changedFiles(this.#inFlight, this.#generations.digests).length === 0) {
        // The old agent goes on.
        this.#setState('ready');
        throw error;
      }
      const failure = asHotswiftError(error);
      const known = this.#failed !== undefined && this.#inFlight !== undefined && sameTexts(this.#failed, this.#inFlight);
      this.#failed = this.#inFlight;
      this.#error = failure;
      this.#setState('failed');
      if ((saved || settle) && !known) this.#emit('reload-error', failure);
      throw failure;
    } finally {
      this.#inFlight = undefined;
      if (this.#generations.hasValues && this.#error === null && this.#state !== 'closed') this.#backstop.schedule();
    }
  }

  /** What the compiler would have said of the text, had it not been compiled so that its literals can be edited, explains some crashes. */
  async #explainCrash(error: unknown, signal: AbortSignal): Promise<never> {
    const { module, compileTimeout } = this.#parts;
    const sources = this.#inFlight;
    if (sources !== undefined && isHotswiftError(error) && error.code === 'ERR_HOTSWIFT_CRASH' && !signal.aborted) {
      await module.build.check(sources, { signal, timeout: compileTimeout });
    }
    throw error;
  }

  async #bringUpToDate(
    { signal, commit }: JobControl,
    { fresh, saved, settle }: { fresh?: RespawnReason; saved: boolean; settle: boolean },
  ): Promise<ReloadResult> {
    const { module, reloader, compileTimeout } = this.#parts;
    const clock = new Stopwatch();
    const moduleChange = await this.#refreshModule(signal);
    const sources = await (saved ? this.#sources.readSaved(signal) : this.#sources.read());
    this.#inFlight = sources;
    const { digests } = this.#generations;
    const gone = [...digests.keys()].filter((file) => !sources.has(file));
    const changed = [...changedFiles(sources, digests), ...gone];
    const isNew = changed.length > 0 || moduleChange === 'settings';
    const classify = clock.lap();
    if (!isNew && this.#restFailure !== undefined) throw this.#restFailure;
    this.#restFailure = undefined;
    const isSettling = settle && !isNew && this.#generations.hasValues;
    if (!isNew && fresh === undefined && reloader.loaded && !isSettling) {
      return unchanged(this.generation, { classify, compile: 0, link: 0, run: 0, total: clock.total });
    }
    const isPlain = isNew && fresh === undefined && moduleChange === 'none' && gone.length === 0;
    const values = isPlain ? this.#generations.valuesFor(sources) : undefined;
    const set = values && (await this.#inTurn(() => this.#generations.setValues(values, sources, clock)));
    if (typeof set === 'object') {
      const timings = { classify, compile: 0, ...set, total: clock.total };
      return { ...unchanged(this.generation, timings), tier: 'literal', reason: literalReason(values), changed };
    }

    // Compiles that nobody wants the result of would take turns at keeping the machine busy.
    if (this.#isBurst) await this.#sources.quiet(signal);
    signal.throwIfAborted();
    if (this.#state !== 'starting' && !isSettling) this.#setState('reloading');
    await module.provideKit();
    const cause = fresh ?? (moduleChange === 'settings' ? 'rebase' : undefined);
    const built = await module.build.build(sources, cause !== undefined ? undefined : this.#generations.pid, {
      signal,
      timeout: compileTimeout,
      onProgress: (done, total) => this.#emit('progress', { phase: 'compiling', done, total }),
    });
    const compile = clock.lap();
    commit();
    const before = this.#pictures.latest;
    const running = this.#inTurn(() => this.#generations.run(built, sources, { isEdit: isNew, fresh: cause, clock, signal }));
    const { ran, link, run } = await running.finally(() => module.build.continue());
    this.#sources.apply();
    const relinked = [...ran.objects.keys(), ...ran.patches.keys()];
    const timings = { classify, compile, link, run, total: clock.total };
    const isAnother = isSettling && !(before !== undefined && this.#pictures.latest?.equals(before));
    if (!isNew && !isAnother) return { ...unchanged(this.generation, timings), relinked };
    const { strategy, recompiled, warm } = ran;
    const reason = explain(ran.reason, { isAnother, set });
    const diagnostics = [...ran.diagnostics, ...ran.stale.map(staleConformances)];
    const tier = moduleChange === 'none' ? 'structural' : 'module';
    return { tier, strategy, reason, changed, recompiled, relinked, generation: this.generation, warm, timings, diagnostics };
  }

  /** What became of the module since the last reload that succeeded. */
  async #refreshModule(signal: AbortSignal): Promise<ModuleChange> {
    const { module, reloader } = this.#parts;
    const { build } = module;
    try {
      return await this.#sources.refresh({ signal, onProgress: (progress) => this.#emit('progress', progress) });
    } finally {
      if (module.build !== build) {
        this.#listenTo(module.build);
        if ('configure' in reloader) reloader.configure(module.runner);
      }
    }
  }

  /** Sees to it that the last good generation is loaded: its agent may have crashed meanwhile. */
  async #requireGeneration(): Promise<void> {
    if (await this.#generations.provide()) return;
    throw this.#error ?? new HotswiftError('ERR_HOTSWIFT_PREVIEW', 'nothing runs yet', { names: [] });
  }

  /** Runs one thing at a time on the reloader, so that a picture and its generation belong together. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(() => {
      if (this.#state === 'closed') throw sessionClosed();
      return work();
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  async #close(): Promise<void> {
    const closed = sessionClosed();
    this.#setState('closed');
    this.#backstop.cancel();
    const reloads = this.#reloads.end(closed);
    const { module, reloader } = this.#parts;
    await Promise.allSettled([this.#sources.close(), reloader.close(), module.build.close()]);
    await Promise.allSettled([reloads, this.#turn]);
    await this.#parts.folder.remove().catch(() => {
      // Tried again when the process ends.
    });
    this.#notify('close');
    this.removeAllListeners();
  }

  #setState(state: SessionState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#notify('state', state);
  }

  #emit<Name extends keyof SessionEvents>(name: Name, ...args: SessionEvents[Name]): void {
    if (this.#state !== 'closed') this.#notify(name, ...args);
  }

  /** A listener that throws is an uncaught exception of its own, and not this session's failure. */
  #notify<Name extends keyof SessionEvents>(name: Name, ...args: SessionEvents[Name]): void {
    try {
      (super.emit as (event: Name, ...values: SessionEvents[Name]) => boolean).call(this, name, ...args);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}

function unchanged(generation: number, timings: ReloadResult['timings']): ReloadResult {
  const reason = 'the sources are what already runs';
  return { tier: 'none', reason, changed: [], recompiled: [], relinked: [], generation, warm: false, timings, diagnostics: [] };
}

function literalReason(values: readonly LiteralValue[] | undefined): string {
  return values?.length === 0 ? 'all literals have their values back' : 'only values of literals differ';
}

/** `set`: why values could not be set. */
function explain(reason: string, { isAnother, set }: { isAnother: boolean; set: string | undefined }): string {
  if (isAnother) return 'compiled, the values that were set draw another picture: the code had kept some of the values before';
  return set === undefined ? reason : `${set}; ${reason}`;
}

function staleConformances(file: string): Diagnostic {
  const message =
    'a conformance of a type of another module to a protocol of another module cannot be replaced in-process: dynamic casts find the first one';
  return { severity: 'warning', message, file, line: 0, column: 0, notes: [] };
}

function asHotswiftError(error: unknown): HotswiftError {
  if (isHotswiftError(error)) return error;
  // For example a full disk.
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `the reload failed: ${(error as Error).message}`, { cause: error });
}
