import path from 'node:path';
import debug from 'debug';
import type { PrimaryFile, ReadAlong } from './frontend-job.js';
import { ReadyFrontend, type ReadyFrontendOptions } from './ready-frontend.js';

/** After so many failures without a success between them, there is something about this compiler or this machine. */
const mostFailures = 3;

/** Milliseconds; it takes some hundred. */
const longestStart = 60_000;

const log = debug('hotswift:compile');

/** Keeps a frontend that waits for whatever is to be compiled next. */
export class ReadyFrontends {
  readonly #options: Omit<ReadyFrontendOptions, 'hasScript'>;
  readonly #closing = new Set<Promise<void>>();
  readonly #controller = new AbortController();
  #current: ReadyFrontend | undefined;
  #starting: Promise<void> | undefined;
  #started = 0;
  #failures = 0;

  /** `folder` belongs to them. */
  constructor(options: Omit<ReadyFrontendOptions, 'hasScript'>) {
    this.#options = options;
  }

  /** Starts one, if none waits that is of use for a module with, or without, a script. Resolves when it waits; never rejects. */
  async provide(hasScript: boolean): Promise<void> {
    if (this.#current?.hasScript === hasScript || this.#failures >= mostFailures || this.#controller.signal.aborted) return;
    this.#starting ??= this.#start(hasScript).finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  /**
   * Compiles, as a frontend would that starts anew. `undefined`: none waits, or it came to no end. Rejects if the compile was killed or took too long.
   */
  async compile(
    hasScript: boolean,
    primaries: readonly PrimaryFile[],
    along: ReadAlong,
    overlay: string,
    options: { signal?: AbortSignal; timeout: number },
  ): Promise<{ exitCode: number; output: string } | undefined> {
    const frontend = this.#current;
    if (frontend?.hasScript !== hasScript || !frontend.isIdle) return undefined;
    const answer = await frontend.compile(primaries, along, overlay, options);
    if (answer.kind === 'exit') {
      this.#failures = 0;
      return { exitCode: answer.code, output: answer.output };
    }
    log('the frontend that was ready: %s %s', answer.kind, answer.reason);
    // That the compiler crashed over a text is not the server's fault.
    if (answer.kind === 'signal') return undefined;
    if (answer.kind === 'broken') this.#failures += 1;
    this.#end(frontend);
    return undefined;
  }

  /** Ends it, and deletes what it used. */
  async close(): Promise<void> {
    this.#controller.abort();
    await this.#starting;
    this.#end(this.#current);
    await Promise.all(this.#closing);
  }

  async #start(hasScript: boolean): Promise<void> {
    this.#end(this.#current);
    this.#started += 1;
    const folder = path.join(this.#options.folder, String(this.#started));
    try {
      const signal = AbortSignal.any([this.#controller.signal, AbortSignal.timeout(longestStart)]);
      const frontend = await ReadyFrontend.start({ ...this.#options, folder, hasScript }, signal);
      this.#current = frontend;
      // Unasked: something killed it.
      void frontend.ended.then(() => this.#end(frontend));
    } catch (error) {
      if (this.#controller.signal.aborted) return;
      log('no frontend is ready: %s', (error as Error).message);
      this.#failures += 1;
    }
  }

  #end(frontend: ReadyFrontend | undefined): void {
    if (frontend === undefined || this.#current !== frontend) return;
    this.#current = undefined;
    const closing = frontend.close().catch((error: Error) => log('%s', error.message));
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }
}
