import { open, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import path from 'node:path';
import { HotswiftError } from '../errors.js';
import { homeForTools } from '../project/home-folder.js';
import { killWithHost } from '../project/run-tool.js';
import { type Spawned, spawn } from '../project/spawn.js';
import { frontendEnvironment } from './frontend-environment.js';

export interface FrontendServerOptions {
  program: string;
  args: readonly string[];
  workingDirectory: string | undefined;
  /** For temporary files of compiles. */
  temporaryFolder: string;
  /** Of the server alone; it goes with it. It is there already. */
  folder: string;
  /** The last part of the path at which the frontend stops. */
  sentinel: string;
  /** The text of a file that it has mapped by then, and that forks are to see as it is when they start. */
  text?: string;
  /** The descriptor of native/warm_frontend.cpp, built. */
  image: number;
}

/** How a compile ended, and what it printed. `stale`: something that the server has read is another now. `broken`: it is of no use any more. */
export type ServerAnswer =
  | { kind: 'exit'; code: number; output: string }
  | { kind: 'signal' | 'stale' | 'broken'; reason: string; output: string };

/** As native/warm_frontend.cpp knows them. */
const controlDescriptor = 3;
const imageDescriptor = 4;
const outputName = 'output.txt';

/**
 * A `swift-frontend` that has stopped where it first asks for a certain path. Each compile is a fork of it, which goes on from there.
 *
 * It is as exact as a frontend that starts anew, or says that it is not: native/warm_frontend.cpp compares all that it has read with what is there now.
 */
export class FrontendServer {
  /** Resolves when neither the process nor a compile of it is there any more. */
  readonly ended: Promise<void>;
  readonly #folder: string;
  readonly #child: Spawned;
  readonly #control: Socket;
  #received = '';
  #waiting: ((answer: string) => void) | undefined;
  #hasEnded = false;
  #isBusy = false;
  #closing: Promise<void> | undefined;

  /**
   * Resolves when it waits for compiles. Rejects with what it said instead, and with the signal's reason.
   *
   * It has the priority of the host, for its forks inherit it, and no process without privileges can raise it again.
   */
  static async start(options: FrontendServerOptions, signal: AbortSignal): Promise<FrontendServer> {
    const { program, args, workingDirectory, temporaryFolder, folder, sentinel, text, image } = options;
    const output = await open(path.join(folder, outputName), 'w');
    try {
      signal.throwIfAborted();
      const child = spawn(program, args, {
        cwd: workingDirectory,
        env: {
          ...homeForTools(),
          ...frontendEnvironment(),
          TMPDIR: temporaryFolder,
          HOTSWIFT_WARM_SENTINEL: sentinel,
          HOTSWIFT_WARM_FOLDER: folder + path.sep,
          HOTSWIFT_WARM_TEXT: text,
          HOTSWIFT_WARM_PRELOAD: process.env.LD_PRELOAD ?? '',
          LD_PRELOAD: [`/proc/self/fd/${imageDescriptor}`, process.env.LD_PRELOAD ?? ''].filter(Boolean).join(':'),
        },
        stdio: ['ignore', 'pipe', output.fd, 'pipe', image],
        // A process group of its own: it can be ended together with its forks, and a Ctrl-C in the terminal is the host's alone.
        detached: true,
      });
      if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
      const server = new FrontendServer(folder, child);
      await server.#becomeReady(signal);
      return server;
    } finally {
      await output.close();
    }
  }

  private constructor(folder: string, child: Spawned) {
    this.#folder = folder;
    this.#child = child;
    this.#control = child.stdio[controlDescriptor] as Socket;
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

  /** Whether it can compile now. */
  get isIdle(): boolean {
    return !this.#hasEnded && !this.#isBusy;
  }

  /**
   * Compiles once `prepare` has written what is to be read. Rejects, and kills the compile, if the signal aborts, or with ERR_HOTSWIFT_TIMEOUT.
   */
  async compile(prepare: () => Promise<unknown>, { signal, timeout }: { signal?: AbortSignal; timeout: number }): Promise<ServerAnswer> {
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
        await prepare();
      } catch (error) {
        return { kind: 'broken', reason: (error as Error).message, output: '' };
      }
      signal?.throwIfAborted();
      const answer = this.#nextAnswer();
      this.#control.write('c');
      const result = parseAnswer(await answer, await this.#output().catch(() => ''));
      signal?.throwIfAborted();
      if (timedOut) {
        const message = `compile took longer than ${timeout} ms and was stopped`;
        throw new HotswiftError('ERR_HOTSWIFT_TIMEOUT', message, { phase: 'compile', ms: timeout });
      }
      return result;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      this.#control.unref();
      this.#isBusy = false;
    }
  }

  /** Ends it and what it compiles, and deletes its folder. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A host with nothing else to do waits for the end.
    this.#refer('ref');
    this.#kill();
    await this.ended;
    await rm(this.#folder, { recursive: true, force: true });
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

  #output(): Promise<string> {
    return readFile(path.join(this.#folder, outputName), 'utf8');
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

function parseAnswer(answer: string, output: string): ServerAnswer {
  const [kind = '', ...rest] = answer.split(' ');
  const reason = rest.join(' ');
  if (kind === 'exit') return { kind, code: Number(reason), output };
  if (kind === 'signal' || kind === 'stale') return { kind, reason, output };
  return { kind: 'broken', reason: answer, output };
}
