import path from 'node:path';
import debug from 'debug';
import type { PrimaryFile } from './frontend-job.js';
import { type CompileInputs, WarmFrontend, type WarmFrontendOptions } from './warm-frontend.js';

/** One is of the previewed file, one of the file that was edited last. */
const mostServers = 2;

/** After so many failures without a success between them, there is something about this compiler or this machine. */
const mostFailures = 3;

const log = debug('hotswift:compile');

/** The warm frontends of a module: a file's next edit is compiled by one if there is one that knows everything else that the compile would read. */
export class WarmFrontends {
  readonly #options: WarmFrontendOptions;
  /** By file. */
  readonly #servers = new Map<string, WarmFrontend>();
  readonly #closing = new Set<Promise<void>>();
  #starting: { controller: AbortController; done: Promise<void> } | undefined;
  #started = 0;
  #failures = 0;
  /** What a server refused, until it is known who was right. */
  #refused: string | undefined;
  #closed = false;

  /** `folder` belongs to them. */
  constructor(options: WarmFrontendOptions) {
    this.#options = options;
  }

  /**
   * Compiles a file. Resolves with what the compiler printed, and whether it compiled: if not, a frontend of its own has the last word. `undefined`: there
   * is no warm one that would do the same.
   *
   * Rejects if the compile was killed or took too long.
   */
  async compile(
    inputs: CompileInputs,
    made: PrimaryFile,
    options: { signal?: AbortSignal; timeout: number },
  ): Promise<{ output: string; isCompiled: boolean } | undefined> {
    this.interrupt();
    this.#refused = undefined;
    const server = this.#servers.get(inputs.file);
    const text = inputs.sources.get(inputs.file);
    if (text === undefined || !server?.serves(inputs)) return undefined;
    const outcome = await server.compile(text, made, options);
    if (outcome.kind === 'done') {
      this.#failures = 0;
      return { output: outcome.output, isCompiled: true };
    }
    log('the warm frontend of %s: %s %s', path.basename(inputs.file), outcome.kind, outcome.reason);
    if (outcome.kind === 'refused') {
      this.#refused = inputs.file;
      return { output: outcome.output, isCompiled: false };
    }
    this.#end(inputs.file);
    if (outcome.kind === 'broken') this.#countFailure();
    return undefined;
  }

  /** A frontend of its own has compiled the file: a warm one that refused to was wrong. `isOther`: it may have been right, about another text. */
  noteSuccess(file: string, isOther: boolean): void {
    if (this.#refused !== file) return;
    log('the warm frontend of %s refused what compiles', path.basename(file));
    this.#end(file);
    if (!isOther) this.#countFailure();
  }

  /**
   * Starts what is missing for the first so many of the next edits, one after the other, and ends what is of no use for any of them. Resolves when that
   * is done, or when it was interrupted; never rejects.
   */
  async provide(edits: readonly CompileInputs[], count: number): Promise<void> {
    const wanted = edits.slice(0, mostServers);
    for (const [file, server] of this.#servers) if (!wanted.some((inputs) => server.isFor(inputs))) this.#end(file);
    const missing = wanted.slice(0, count).filter(({ file }) => !this.#servers.has(file));
    if (missing.length === 0 || this.#closed || this.#starting !== undefined) return;
    const controller = new AbortController();
    const done = this.#start(missing, controller.signal);
    this.#starting = { controller, done };
    await done;
    this.#starting = undefined;
  }

  /** What is being started has to give way. */
  interrupt(): void {
    this.#starting?.controller.abort();
  }

  /** Ends all of them, and deletes what they used. */
  async close(): Promise<void> {
    this.#closed = true;
    this.interrupt();
    await this.#starting?.done;
    for (const file of [...this.#servers.keys()]) this.#end(file);
    await Promise.all(this.#closing);
  }

  async #start(missing: readonly CompileInputs[], signal: AbortSignal): Promise<void> {
    for (const inputs of missing) {
      if (this.#failures >= mostFailures || signal.aborted) return;
      this.#started += 1;
      const folder = path.join(this.#options.folder, String(this.#started));
      const began = performance.now();
      try {
        const server = await WarmFrontend.start(inputs, { ...this.#options, folder }, signal);
        log('a warm frontend of %s, %d ms', path.basename(inputs.file), performance.now() - began);
        this.#servers.set(inputs.file, server);
        void server.ended.then(() => this.#onEnd(server));
      } catch (error) {
        if (signal.aborted) return;
        log('no warm frontend of %s: %s', path.basename(inputs.file), (error as Error).message);
        this.#countFailure();
      }
    }
  }

  #onEnd(server: WarmFrontend): void {
    const { file } = server.inputs;
    // Unasked: something killed it.
    if (this.#servers.get(file) === server) this.#end(file);
  }

  #end(file: string): void {
    const server = this.#servers.get(file);
    if (server === undefined) return;
    this.#servers.delete(file);
    const closing = server.close().catch((error: Error) => log('%s', error.message));
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  #countFailure(): void {
    this.#failures += 1;
    if (this.#failures === mostFailures) log('no more warm frontends: %d failures', this.#failures);
  }
}
