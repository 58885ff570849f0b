import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import path from 'node:path';
import type { SourceSnapshot, SourceText } from '../edit/source-set.js';
import { HotswiftError } from '../errors.js';
import { killWithHost } from '../project/run-tool.js';
import { type Spawned, spawn } from '../project/spawn.js';
import { frontendEnvironment } from './frontend-environment.js';
import { type FrontendTemplate, frontendJob, type PrimaryFile, primaryFile } from './frontend-job.js';
import { plainImports } from './plain-imports.js';
import type { Overlay, SourceCopies } from './source-copies.js';

/** What a compile of one file reads. */
export interface CompileInputs {
  file: string;
  sources: SourceSnapshot;
  /** These stand in for the other sources; missing: the other sources are read along. */
  modules?: readonly string[];
}

export interface WarmFrontendOptions {
  template: FrontendTemplate;
  /** The module's own name, which a file may import to no effect. */
  moduleName: string;
  workingDirectory: string | undefined;
  /** Of the server alone; it goes with it. */
  folder: string;
  copies: SourceCopies;
  /** The descriptor of native/warm_frontend.cpp, built. */
  image: number;
}

/**
 * What became of a compile. `done`: as `swift-frontend` would have done it, with what it printed. `refused`: the frontend failed or crashed, with what it printed. `stale`:
 * something that it has read is another now. `broken`: it is of no use any more.
 */
export type WarmOutcome =
  | { kind: 'done'; output: string }
  | { kind: 'refused'; reason: string; output: string }
  | { kind: 'stale' | 'broken'; reason: string };

/** As native/warm_frontend.cpp knows them. */
const controlDescriptor = 3;
const imageDescriptor = 4;

/** A name for `canImport` that makes the compiler look at everything there is to find a module in, and one that makes it stop. */
const nameThatIsSearched = 'HotswiftNoSuchModule';
const sentinel = 'HotswiftSentinel';

/** The compiler maps files into memory that are larger than a page of any machine and no multiple of one; what is written to them later, it sees. */
const largestPage = 65_536;

/** Until a text is written. It must never be compiled. */
const noText = Buffer.from('#error("hotswift: there is no text yet")\n');

/**
 * A `swift-frontend` that has done all that comes before it looks at the edited file: started, read the other files, loaded what is imported. Each
 * compile is a fork of it.
 *
 * It is as exact as a frontend that starts anew, or says that it is not: native/warm_frontend.cpp compares all that it has read with what is there now.
 */
export class WarmFrontend {
  readonly inputs: CompileInputs;
  /** What it has imported on behalf of the file. */
  readonly imports: readonly string[];
  /** Resolves when neither the process nor a compile of it is there any more. */
  readonly ended: Promise<void>;
  readonly #options: WarmFrontendOptions;
  readonly #capacity: number;
  readonly #made: PrimaryFile;
  readonly #overlay: Overlay;
  readonly #text: FileHandle;
  readonly #child: Spawned;
  readonly #control: Socket;
  #received = '';
  #waiting: ((answer: string) => void) | undefined;
  #hasEnded = false;
  #isBusy = false;
  #closing: Promise<void> | undefined;

  /**
   * Resolves when it is ready. Rejects with what it said instead if it cannot be of use, and with the signal's reason.
   *
   * It has the priority of the host, for its forks inherit it, and no process without privileges can raise it again.
   */
  static async start(inputs: CompileInputs, options: WarmFrontendOptions, signal: AbortSignal): Promise<WarmFrontend> {
    const { folder, copies, image } = options;
    const { file, sources, modules } = inputs;
    const edited = sources.get(file);
    if (edited === undefined) throw new TypeError(`${file} is no source of the module`);
    await mkdir(folder, { recursive: true });
    const imports = plainImports(edited.bytes.toString()).filter((name) => name !== options.moduleName);
    const others = modules === undefined ? [...sources.values()].filter((source) => source.file !== file) : [];
    const capacity = (Math.ceil(edited.bytes.length / largestPage) + 1) * largestPage + 1;
    const place = (name: string) => path.join(folder, name);
    const opened: { close(): Promise<void> }[] = [];
    let overlay: Overlay | undefined;
    try {
      await writeFile(place('text.swift'), padded(noText, capacity));
      await writeFile(place('HotswiftImports.swift'), imports.map((name) => `import ${name}\n`).join(''));
      await writeFile(
        place('HotswiftSentinel.swift'),
        `#if canImport(${nameThatIsSearched})\n#endif\n#if canImport(${sentinel})\n#endif\n`,
      );
      overlay = await copies.overlay(others, new Map([[file, place('text.swift')]]));
      const made = primaryFile(file, place('made'));
      const generated = [place('HotswiftImports.swift'), place('HotswiftSentinel.swift')];
      const along = { sources: [...others.map((source) => source.file), ...generated, file], modules: modules ?? [] };
      const args = await frontendJob(options.template, [made], along, overlay.file, folder);
      const output = await open(place('output.txt'), 'w');
      opened.push(output);
      const text = await open(place('text.swift'), 'r+');
      opened.push(text);
      signal.throwIfAborted();
      const child = spawn(options.template.program, args, {
        cwd: options.workingDirectory,
        env: {
          ...frontendEnvironment(),
          HOTSWIFT_WARM_SENTINEL: sentinel,
          HOTSWIFT_WARM_FOLDER: folder + path.sep,
          HOTSWIFT_WARM_PRELOAD: process.env.LD_PRELOAD ?? '',
          LD_PRELOAD: [`/proc/self/fd/${imageDescriptor}`, process.env.LD_PRELOAD ?? ''].filter(Boolean).join(':'),
        },
        stdio: ['ignore', 'pipe', output.fd, 'pipe', image],
        // A process group of its own: it can be ended together with its forks, and a Ctrl-C in the terminal is the host's alone.
        detached: true,
      });
      if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
      const server = new WarmFrontend(inputs, options, { imports, capacity, made, overlay, text, child });
      // They are the server's now.
      opened.splice(opened.indexOf(text), 1);
      overlay = undefined;
      await server.#becomeReady(signal);
      return server;
    } catch (error) {
      overlay?.release();
      await rm(folder, { recursive: true, force: true });
      throw error;
    } finally {
      for (const handle of opened) await handle.close();
    }
  }

  private constructor(
    inputs: CompileInputs,
    options: WarmFrontendOptions,
    parts: {
      imports: readonly string[];
      capacity: number;
      made: PrimaryFile;
      overlay: Overlay;
      text: FileHandle;
      child: Spawned;
    },
  ) {
    this.inputs = inputs;
    this.imports = parts.imports;
    this.#options = options;
    this.#capacity = parts.capacity;
    this.#made = parts.made;
    this.#overlay = parts.overlay;
    this.#text = parts.text;
    this.#child = parts.child;
    this.#control = parts.child.stdio[controlDescriptor] as Socket;
    this.#control.on('data', (chunk: Buffer) => this.#receive(chunk.toString()));
    // Its end tells.
    this.#control.on('error', () => {});
    // Nothing comes; forks have it open, and it closes when the last of them has ended.
    this.#child.stdout?.resume();
    const forget = killWithHost(this.#child, () => this.#kill());
    this.ended = new Promise((resolve) => {
      const end = () => {
        forget();
        this.#hasEnded = true;
        this.#waiting?.('ended');
        resolve();
      };
      this.#child.once('error', end).once('close', end);
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether a compile of these inputs can be left to it: it knows what the compile would read, the text of the file excepted. */
  serves({ file, sources, modules }: CompileInputs): boolean {
    const own = this.inputs;
    const text = sources.get(file);
    if (file !== own.file || text === undefined || text.bytes.length > this.#capacity) return false;
    if (this.#hasEnded || this.#isBusy) return false;
    // In Swift, members of a module are visible to files that do not import it, as soon as anything has loaded it.
    const imports = new Set(plainImports(text.bytes.toString()));
    return this.imports.every((name) => imports.has(name)) && readSame(own, { file, sources, modules });
  }

  /** Whether it is what would be started for these inputs. */
  isFor(inputs: CompileInputs): boolean {
    const text = inputs.sources.get(inputs.file)?.bytes.toString() ?? '';
    const imports = plainImports(text).filter((name) => name !== this.#options.moduleName);
    return this.serves(inputs) && imports.length === this.imports.length;
  }

  /**
   * Compiles the file as `text` says; what is made goes where `made` says. Rejects, and kills the compile, if the signal aborts, or with ERR_HOTSWIFT_TIMEOUT.
   */
  async compile(text: SourceText, made: PrimaryFile, { signal, timeout }: { signal?: AbortSignal; timeout: number }): Promise<WarmOutcome> {
    signal?.throwIfAborted();
    let timedOut = false;
    const kill = () => this.#control.write('k');
    // What does not answer does not answer to that either.
    const timer = setTimeout(() => {
      timedOut = true;
      this.#kill();
    }, timeout);
    signal?.addEventListener('abort', kill, { once: true });
    this.#control.ref();
    this.#isBusy = true;
    try {
      try {
        await this.#text.write(padded(text.bytes, this.#capacity), 0, this.#capacity, 0);
      } catch (error) {
        return { kind: 'broken', reason: (error as Error).message };
      }
      const answer = this.#nextAnswer();
      this.#control.write('c');
      if (signal?.aborted) kill();
      const outcome = await this.#outcome(await answer, made);
      signal?.throwIfAborted();
      if (timedOut) {
        const message = `compile took longer than ${timeout} ms and was stopped`;
        throw new HotswiftError('ERR_HOTSWIFT_TIMEOUT', message, { phase: 'compile', ms: timeout });
      }
      return outcome;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      this.#control.unref();
      this.#isBusy = false;
    }
  }

  /** Ends it and what it compiles, and deletes what it used. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A host with nothing else to do waits for the end.
    this.#refer('ref');
    this.#kill();
    await this.ended;
    this.#overlay.release();
    await this.#text.close();
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  /** Whether the host's event loop goes on as long as the process is there. */
  #refer(how: 'ref' | 'unref'): void {
    this.#child[how]();
    this.#control[how]();
    (this.#child.stdout as Socket | null)?.[how]();
  }

  #kill(): void {
    if (this.#hasEnded || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }

  async #becomeReady(signal: AbortSignal): Promise<void> {
    const kill = () => this.#kill();
    signal.addEventListener('abort', kill, { once: true });
    try {
      const answer = await this.#nextAnswer();
      signal.throwIfAborted();
      if (answer !== 'ready') throw new Error(await this.#whyNot(answer));
      // A host with nothing left to do ends, and takes it along.
      this.#refer('unref');
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }

  async #whyNot(answer: string): Promise<string> {
    const output = await this.#output().catch(() => '');
    return `${answer}: ${output.trim().slice(0, 1000)}`;
  }

  async #outcome(answer: string, made: PrimaryFile): Promise<WarmOutcome> {
    const [kind = '', ...rest] = answer.split(' ');
    const reason = rest.join(' ');
    if (kind === 'stale') return { kind, reason };
    if (kind !== 'signal' && kind !== 'exit') return { kind: 'broken', reason: answer };
    if (kind === 'signal' || reason !== '0') return { kind: 'refused', reason: answer, output: await this.#output().catch(() => '') };
    const { object, dependencies, module } = this.#made;
    // Against prebuilt modules none is made.
    const moved = [
      [object, made.object],
      [dependencies, made.dependencies],
      ...(this.inputs.modules === undefined ? [[module, made.module]] : []),
    ] as [string, string][];
    try {
      const output = await this.#output();
      await Promise.all(moved.map(([from, to]) => rename(from, to)));
      return { kind: 'done', output };
    } catch (error) {
      return { kind: 'broken', reason: (error as Error).message };
    }
  }

  #output(): Promise<string> {
    return readFile(path.join(this.#options.folder, 'output.txt'), 'utf8');
  }

  #nextAnswer(): Promise<string> {
    if (this.#hasEnded) return Promise.resolve('ended');
    return new Promise((resolve) => {
      this.#waiting = (answer) => {
        this.#waiting = undefined;
        resolve(answer);
      };
    });
  }

  #receive(text: string): void {
    this.#received += text;
    const lines = this.#received.split('\n');
    this.#received = lines.pop() ?? '';
    for (const line of lines) this.#waiting?.(line);
  }
}

/** Whether two compiles of a file read the same, the file excepted. */
function readSame(one: CompileInputs, other: CompileInputs): boolean {
  if (one.modules !== undefined || other.modules !== undefined) {
    const modules = other.modules ?? [];
    return one.modules?.length === other.modules?.length && (one.modules ?? []).every((module, index) => module === modules[index]);
  }
  if (one.sources.size !== other.sources.size) return false;
  const files = other.sources.values();
  for (const { file, digest } of one.sources.values()) {
    const next = files.next().value;
    if (next?.file !== file || (file !== one.file && next.digest !== digest)) return false;
  }
  return true;
}

function padded(text: Buffer, capacity: number): Buffer {
  const buffer = Buffer.alloc(capacity, '\n');
  text.copy(buffer);
  return buffer;
}
