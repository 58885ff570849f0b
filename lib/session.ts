import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { ModuleCompiler } from './compile/module-compiler.js';
import { type JobControl, LatestJob } from './edit/latest-job.js';
import { changedFiles, readSources, type SourceSnapshot, sameTexts } from './edit/source-set.js';
import { UnsavedBuffers } from './edit/unsaved-buffers.js';
import { type Watcher, watchFiles } from './edit/watcher.js';
import { HotswiftError, isHotswiftError, sessionClosed } from './errors.js';
import { checkReloadOptions, checkSnapshotOptions, checkSymbol, checkTraits } from './options.js';
import { PreviewPictures } from './preview/preview-pictures.js';
import type { ModuleDescription } from './project/module.js';
import type { AgentReloader } from './reload/agent-reloader.js';
import type { InProcessReloader } from './reload/in-process-reloader.js';
import type { GenerationPlan } from './reload/structural-reloader.js';
import { Stopwatch } from './stopwatch.js';
import type { TemporaryFolder } from './temporary-folder.js';
import type {
  CrashInfo,
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
  module: ModuleDescription;
  compiler: ModuleCompiler;
  reloader: AgentReloader | InProcessReloader;
  folder: TemporaryFolder;
  /** Libraries that every generation is linked with. */
  libraries: string[];
  preview: number | string;
  traits: Traits;
  compileTimeout?: number;
  /** Sees to it that the support module is still there. */
  providePreviewKit(): Promise<unknown>;
}

/** A generation that linked, ran and drew. */
interface GoodGeneration {
  plan: GenerationPlan;
  digests: ReadonlyMap<string, string>;
}

type Timings = ReloadResult['timings'];

/** Milliseconds; editors rename, write and rename within a few. */
const momentOfASave = 150;

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
  #generation = 0;
  #good: GoodGeneration | undefined;
  /** The texts that the reload under way is about, and those that failed last. */
  #inFlight: SourceSnapshot | undefined;
  #failed: SourceSnapshot | undefined;
  readonly #buffers = new UnsavedBuffers();
  #fresh = false;
  /** Whether a save is among the reasons of the next reload. */
  #saved = false;
  readonly #pictures: PreviewPictures;
  #turn: Promise<unknown> = Promise.resolve();
  #watching: Promise<Watcher> | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: SessionParts) {
    super();
    this.#parts = parts;
    this.#pictures = new PreviewPictures(parts.reloader, parts.preview, parts.traits);
    this.file = parts.module.file;
    this.#reloads = new LatestJob((control) => this.#reload(control));
    const { reloader } = parts;
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
    return this.#generation;
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
    this.#checkBuffers(contents);
    if (fresh && this.#isInProcess) {
      throw new HotswiftError('ERR_HOTSWIFT_ARGUMENT', 'reload: `fresh`: there is no agent to replace in-process');
    }
    this.#buffers.replace(contents);
    this.#fresh ||= fresh;
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
        const snapshot = await this.#pictures.take(request, this.#generation);
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
    if (watch) {
      this.#watching = watchFiles(
        this.#parts.module.sources,
        (file) => void this.#onSave(file),
        (error) => this.#emit('reload-error', error),
      );
      await this.#watching;
    }
    await this.#request().catch((error: unknown) => {
      if (!isHotswiftError(error) || this.#state === 'closed') throw error;
    });
  }

  get #isInProcess(): boolean {
    return !('stdout' in this.#parts.reloader);
  }

  #checkBuffers(contents: Record<string, string>): void {
    for (const file of Object.keys(contents)) {
      if (!this.#parts.module.sources.includes(file)) {
        throw new HotswiftError(
          'ERR_HOTSWIFT_ARGUMENT',
          `reload: \`contents\`: ${file} is not the absolute path of a source of the module`,
        );
      }
    }
  }

  async #onSave(file: string): Promise<void> {
    if (!(await this.#buffers.drop(file))) return;
    this.#saved = true;
    await this.#request().catch(() => {
      // Emitted by the reload itself.
    });
  }

  #readSources(): Promise<SourceSnapshot> {
    return readSources(this.#parts.module.sources, this.#buffers.texts);
  }

  /** A save that moves the old file away leaves a moment without any; the notice of the new one ends the wait. */
  async #readSavedSources(signal: AbortSignal): Promise<SourceSnapshot> {
    try {
      return await this.#readSources();
    } catch (error) {
      if (!isHotswiftError(error) || (error.cause as NodeJS.ErrnoException)?.code !== 'ENOENT') throw error;
      await setTimeout(momentOfASave, undefined, { signal });
      return this.#readSources();
    }
  }

  #request(): Promise<ReloadResult> {
    return this.#reloads.request(async () => {
      if (this.#inFlight === undefined || this.#fresh) return false;
      return sameTexts(await this.#readSources(), this.#inFlight);
    });
  }

  async #reload(control: JobControl): Promise<ReloadResult> {
    const fresh = this.#fresh;
    const saved = this.#saved;
    this.#fresh = this.#saved = false;
    try {
      const result = await this.#bringUpToDate(control, { fresh, saved });
      const recovered = this.#error !== null;
      this.#error = null;
      this.#failed = undefined;
      this.#setState('ready');
      if (result.tier !== 'none' || recovered) this.#emit('reload', result);
      return result;
    } catch (error) {
      if (control.signal.aborted) {
        // Superseded: the next reload takes over what this one was asked for.
        this.#fresh ||= fresh;
        this.#saved ||= saved;
        throw error;
      }
      const failure = asHotswiftError(error);
      const known = this.#failed !== undefined && this.#inFlight !== undefined && sameTexts(this.#failed, this.#inFlight);
      this.#failed = this.#inFlight;
      this.#error = failure;
      this.#setState('failed');
      if (saved && !known) this.#emit('reload-error', failure);
      throw failure;
    } finally {
      this.#inFlight = undefined;
    }
  }

  async #bringUpToDate({ signal, commit }: JobControl, { fresh, saved }: { fresh: boolean; saved: boolean }): Promise<ReloadResult> {
    const { module, compiler, reloader, compileTimeout } = this.#parts;
    const clock = new Stopwatch();
    const sources = await (saved ? this.#readSavedSources(signal) : this.#readSources());
    this.#inFlight = sources;
    const changed = changedFiles(sources, this.#good?.digests ?? new Map());
    const classify = clock.lap();
    if (changed.length === 0 && !fresh && reloader.loaded) {
      return this.#unchanged({ classify, compile: 0, link: 0, run: 0, total: clock.total });
    }

    signal.throwIfAborted();
    if (this.#state !== 'starting') this.#setState('reloading');
    await this.#parts.providePreviewKit();
    const compiled = await compiler.compile(sources, {
      signal,
      timeout: compileTimeout,
      onProgress: (done, total) => this.#emit('progress', { phase: 'compiling', done, total }),
    });
    const compile = clock.lap();
    commit();

    const objects = [...compiled.objects.values()];
    const plan = { objects, previewed: module.sources.indexOf(module.file), script: module.script, libraries: this.#parts.libraries };
    const generation = this.#generation + (changed.length > 0 ? 1 : 0);
    const digests = new Map([...sources].map(([file, { digest }]) => [file, digest]));
    const [link, run] = await this.#inTurn(async () => {
      this.#pictures.forget();
      await reloader.load(plan, { fresh });
      const linked = clock.lap();
      try {
        await this.#pictures.prefetch(generation);
        await reloader.accept();
        this.#generation = generation;
        this.#good = { plan, digests };
        return [linked, clock.lap()] as const;
      } catch (error) {
        this.#pictures.forget();
        await reloader.revert();
        throw error;
      }
    });
    compiler.discard(objects).catch(() => {
      // What cannot be deleted now goes with the session's folder.
    });
    if (changed.length === 0) {
      return { ...this.#unchanged({ classify, compile, link, run, total: clock.total }), relinked: [...compiled.objects.keys()] };
    }
    return {
      tier: 'structural',
      strategy: compiled.strategy,
      reason: compiled.reason,
      changed,
      recompiled: compiled.recompiled,
      relinked: [...compiled.objects.keys()],
      generation: this.#generation,
      timings: { classify, compile, link, run, total: clock.total },
      diagnostics: compiled.diagnostics,
    };
  }

  #unchanged(timings: Timings): ReloadResult {
    const reason = 'the sources are what already runs';
    return { tier: 'none', reason, changed: [], recompiled: [], relinked: [], generation: this.#generation, timings, diagnostics: [] };
  }

  /** Sees to it that the last good generation is loaded: its agent may have crashed meanwhile. */
  async #requireGeneration(): Promise<void> {
    if (this.#parts.reloader.loaded) return;
    if (this.#good === undefined) throw this.#error ?? new HotswiftError('ERR_HOTSWIFT_PREVIEW', 'nothing runs yet', { names: [] });
    this.#pictures.forget();
    await this.#parts.reloader.load(this.#good.plan);
    await this.#parts.reloader.accept();
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
    const reloads = this.#reloads.end(closed);
    await Promise.allSettled([this.#watching?.then((watcher) => watcher.close()), this.#parts.reloader.close()]);
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

function asHotswiftError(error: unknown): HotswiftError {
  if (isHotswiftError(error)) return error;
  // For example a full disk.
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `the reload failed: ${(error as Error).message}`, { cause: error });
}
