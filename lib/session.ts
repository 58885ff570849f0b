import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import type { AgentPolicy } from './agent-keeper.js';
import { HotswiftError, isHotswiftError, sessionClosed } from './errors.js';
import { Generations } from './generations.js';
import { checkReloadOptions, checkSnapshotOptions, checkSymbol, checkTraits, checkTraitValues, checkVariantOptions } from './options.js';
import { PreviewPictures } from './preview/preview-pictures.js';
import { combine } from './preview/trait-combinations.js';
import type { CacheLeases } from './project/cache-lease.js';
import { isAgentsOwn } from './reload/agent-failures.js';
import type { AgentReloader } from './reload/agent-reloader.js';
import type { InProcessReloader } from './reload/in-process-reloader.js';
import { Reloads } from './reloads.js';
import type { SessionModule } from './session-module.js';
import type { TemporaryFolder } from './temporary-folder.js';
import type {
  AgentInfo,
  CrashInfo,
  PreviewInfo,
  Progress,
  ReloadOptions,
  ReloadResult,
  RespawnInfo,
  SessionState,
  Snapshot,
  SnapshotOptions,
  Traits,
  TraitValues,
  Variant,
  VariantOptions,
} from './types.js';
import { withSignal } from './with-signal.js';

/** Whether an error is of what a preview did, rather than of which one was asked for. */
function isOfDrawing({ code, names }: HotswiftError): boolean {
  return code === 'ERR_HOTSWIFT_CRASH' || code === 'ERR_HOTSWIFT_TIMEOUT' || (code === 'ERR_HOTSWIFT_PREVIEW' && names === undefined);
}

/** The events of a {@link Session}. Nothing is emitted after `close`. */
export interface SessionEvents {
  /** New code runs, or after a failure the old text is back. Not emitted where nothing had changed. */
  reload: [ReloadResult];
  /** A reload that nobody has asked for has failed, after a save or in the background; what ran before still runs. Explicit calls reject instead. */
  'reload-error': [HotswiftError];
  /** The session's state has changed, to this one. */
  state: [SessionState];
  /** How far a reload has come, or what is made ready in the background. */
  progress: [Progress];
  /** The agent was replaced. */
  respawn: [RespawnInfo];
  /** An agent ended unasked. If it was the one in use, another takes its place, with the newest generation that ran. */
  crash: [CrashInfo];
  /** The session is closed, and nothing of it is left. */
  close: [];
}

/** What a session works with; put together by `createSession`. */
export interface SessionParts {
  module: SessionModule;
  reloader: AgentReloader | InProcessReloader;
  folder: TemporaryFolder;
  /** What of the cache the session uses. */
  leases: CacheLeases;
  preview: number | string;
  traits: Traits;
  policy: AgentPolicy;
  compileTimeout?: number;
}

/**
 * A Swift file that is compiled, run and drawn again whenever it changes. Made by `createSession`.
 *
 * A save that fails to compile, to link or to run changes nothing: what ran before still runs, and is drawn with `stale: true`.
 */
export class Session extends EventEmitter<SessionEvents> implements AsyncDisposable {
  /** A UUID, for logs. */
  readonly id: string = randomUUID();
  /** Absolute path of the previewed file. */
  readonly file: string;
  /**
   * What the Swift code prints, agent after agent. Flows away where nobody reads. Swift never waits for who reads slowly: beyond 8 MB that were not read, what
   * is printed is lost, and a line in its place says so. Empty when in-process.
   */
  readonly stdout: Readable;
  /** See {@link stdout}. */
  readonly stderr: Readable;

  readonly #parts: SessionParts;
  readonly #reloads: Reloads;
  readonly #generations: Generations;
  readonly #pictures: PreviewPictures;
  #state: SessionState = 'starting';
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: SessionParts) {
    super();
    this.#parts = parts;
    const { module, reloader, policy, compileTimeout } = parts;
    this.file = module.description.file;
    this.#pictures = new PreviewPictures(reloader, parts.preview, parts.traits);
    this.#generations = new Generations({ module, reloader }, this.#pictures);
    const shared = { module, reloader, generations: this.#generations, pictures: this.#pictures, policy, compileTimeout };
    this.#reloads = new Reloads(shared, {
      onProgress: (progress) => this.#emit('progress', progress),
      onState: (state) => this.#onReloadState(state),
      onReload: (result) => this.#emit('reload', result),
      onError: (error) => this.#emit('reload-error', error),
    });
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

  /** Where the session stands; the event `state` tells of changes. */
  get state(): SessionState {
    return this.#state;
  }

  /** Why the newest source does not run; `null` as soon as a reload has succeeded. */
  get error(): HotswiftError | null {
    return this.#reloads.error;
  }

  /** Counts the source generations that ran, from 1. Replacing an agent does not change it. */
  get generation(): number {
    return this.#generations.number;
  }

  /** The process that runs Swift and how many generations it has linked; `null` when in-process, and while there is none. */
  get agent(): AgentInfo | null {
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
    this.#reloads.sources.setBuffers(contents);
    return withSignal(this.#reloads.request({ fresh }), signal);
  }

  /**
   * Draws a preview. After a failed reload this is the last good generation's picture, and `stale` is true; if that one crashed again and again, it
   * is a picture that was drawn before.
   *
   * Rejects with ERR_HOTSWIFT_PREVIEW if there is no such preview or if it threw, with _CRASH or _TIMEOUT if drawing ended the agent, with the
   * error of the first reload if nothing ever ran, and with _CLOSED.
   */
  async snapshot(options: SnapshotOptions = {}): Promise<Snapshot> {
    const { signal, ...request } = checkSnapshotOptions(options);
    signal?.throwIfAborted();
    return withSignal(
      this.#lookInTurn(async () => {
        const last = this.#generations.givenUp && this.#pictures.lastOf(request);
        if (last !== undefined) return { ...last, stale: true };
        await this.#requireGeneration();
        const snapshot = await this.#pictures.take(request, this.generation);
        return { ...snapshot, stale: this.error !== null };
      }),
      signal,
    );
  }

  /**
   * Draws a preview in every combination of some traits, one after the other, the last trait changing fastest:
   *
   * ```js
   * for await (const { traits, snapshot, error } of session.variants({ colorScheme: ['light', 'dark'], textScale: [1, 1.5] })) …
   * ```
   *
   * Nothing is compiled. A combination whose preview throws, crashes or takes too long has its `error`, and the others follow. Whoever stops asking, stops the
   * drawing.
   *
   * Throws ERR_HOTSWIFT_ARGUMENT at once. The iteration ends with ERR_HOTSWIFT_CLOSED, with the error of the first reload if nothing ever ran, with
   * ERR_HOTSWIFT_PREVIEW if there is no such preview, and with the reason of `signal`.
   */
  variants(values: TraitValues, options: VariantOptions = {}): AsyncIterableIterator<Variant> {
    const combinations = combine(checkTraitValues(values));
    return this.#draw(combinations, checkVariantOptions(options));
  }

  async *#draw(combinations: Iterable<Traits>, options: VariantOptions): AsyncGenerator<Variant, undefined> {
    for (const traits of combinations) {
      const drawn = this.snapshot({ ...options, traits: { ...options.traits, ...traits } });
      yield await drawn.then(
        (snapshot): Variant => ({ traits, snapshot }),
        (error: unknown): Variant => {
          if (isHotswiftError(error) && this.generation > 0 && isOfDrawing(error)) return { traits, error };
          throw error;
        },
      );
    }
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
    return this.#lookInTurn(async () => {
      await this.#requireGeneration();
      return structuredClone(await this.#pictures.list());
    });
  }

  /** Ends the agent, whatever it is doing, and everything else of the session. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal The first reload. A source that does not make it leaves the session open, in the state `failed`. */
  async open(watch: boolean): Promise<void> {
    if (watch) await this.#reloads.sources.watch();
    await this.#reloads.request().catch((error: unknown) => {
      if (!isHotswiftError(error) || this.#state === 'closed') throw error;
    });
  }

  /**
   * Resolves when no reload is under way and nothing is being prepared in the background: what literal edits have set is compiled, and the rest of the module, and kept for
   * later sessions, and the agent that the next edit may need is ready.
   */
  async idle(): Promise<void> {
    await this.#reloads.idle();
  }

  get #isInProcess(): boolean {
    return !('stdout' in this.#parts.reloader);
  }

  /** Does something with the last good generation. Where its files are gone, a reload makes them again. */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (!this.#parts.reloader.loaded && this.#generations.isGone) {
      await this.#reloads.request().catch(() => {
        // What is asked for then says what is missing.
      });
    }
    return this.#generations.inTurn(work);
  }

  /** As {@link #inTurn}, for what changes nothing: is done again where the agent was ended meanwhile, or stuck before. */
  #lookInTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#inTurn(work).catch((error) => (isAgentsOwn(error) ? this.#inTurn(work) : Promise.reject(error)));
  }

  /** Sees to it that the last good generation is loaded: its agent may have crashed meanwhile. */
  async #requireGeneration(): Promise<void> {
    if (await this.#generations.provide()) return;
    throw this.error ?? new HotswiftError('ERR_HOTSWIFT_PREVIEW', 'nothing runs yet', { names: [] });
  }

  #onReloadState(state: 'reloading' | 'ready' | 'failed'): void {
    // Until the first reload is over, the session starts.
    if (state !== 'reloading' || this.#state !== 'starting') this.#setState(state);
  }

  async #close(): Promise<void> {
    const closed = sessionClosed();
    this.#setState('closed');
    const ended = this.#reloads.end(closed);
    const turns = this.#generations.end(closed);
    const { module, reloader } = this.#parts;
    await Promise.allSettled([reloader.close(), module.build.close()]);
    await Promise.allSettled([ended, turns]);
    await this.#parts.leases.release();
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
