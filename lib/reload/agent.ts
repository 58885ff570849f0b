import path from 'node:path';
import { type Duplex, PassThrough, Readable } from 'node:stream';
import { deserializeError, HotswiftError } from '../errors.js';
import { type Spawned, spawn } from '../project/spawn.js';
import type { CrashInfo } from '../types.js';
import { type AgentOperation, type AgentReply, type AgentRequest, channelDescriptor, MessageChannel } from './agent-protocol.js';
import { CrashRecord, type SymbolSources } from './crash-record.js';
import type { RunnerOptions } from './swift-runner.js';

export interface AgentOptions {
  runner: RunnerOptions;
  symbols: SymbolSources;
  env?: Record<string, string>;
  cwd?: string;
  /** Milliseconds; missing where there is no limit. */
  timeouts: { start: number; render?: number };
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const entryPoint = path.join(__dirname, '..', 'agent', 'main.js');

/** A child process that runs Swift. It is there from the constructor on, and of use when `start` has resolved. */
export class Agent {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  /** The values of `@Persisted` variables, as far as they are known here. */
  state: Uint8Array | undefined;
  /** Generations that were linked, or that the agent tried to link. */
  generations = 0;

  readonly #options: AgentOptions;
  readonly #child: Spawned;
  readonly #channel: MessageChannel<AgentReply, AgentRequest>;
  readonly #record = new CrashRecord();
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  #started = false;
  #exited = false;
  #stableLibrary: string | undefined;
  #endedBy: HotswiftError | undefined;

  /** `onEnd` is told how the process ended, with `null` if it was asked to or never came up, before anybody who waits for an answer is. */
  constructor(options: AgentOptions, onEnd: (crash: CrashInfo | null) => void) {
    this.#options = options;
    this.#child = spawn(process.execPath, [entryPoint], {
      cwd: options.cwd,
      // Swift's own backtracer would hold up the end of a crashed agent; under Electron, its executable is to act as Node.
      env: { ...process.env, SWIFT_BACKTRACE: 'enable=no', ELECTRON_RUN_AS_NODE: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', this.#record.descriptor ?? 'ignore'],
      // A process group of its own: what Swift starts ends with the agent, and a Ctrl-C in the terminal is the host's alone.
      detached: true,
    });
    // A process that could not be started may have no streams.
    this.stdout = this.#child.stdout ?? Readable.from([]);
    this.stderr = this.#child.stderr ?? Readable.from([]);
    const stream = (this.#child.stdio?.[channelDescriptor] as Duplex | undefined) ?? new PassThrough();
    // A process that dies while it is written to: `ended` tells it.
    stream.on('error', () => {});
    this.#channel = new MessageChannel(
      stream,
      (reply) => this.#settle(reply),
      () =>
        this.#kill(new HotswiftError('ERR_HOTSWIFT_CRASH', 'the Swift code wrote to a descriptor that is not its own', { signal: null })),
    );
    this.ended = new Promise((resolve) => {
      const end = (reason: HotswiftError, crash: CrashInfo | null) => {
        this.#record.close();
        this.#endedBy ??= reason;
        onEnd(crash);
        for (const { reject } of this.#pending.values()) reject(this.#endedBy);
        resolve();
      };
      this.#child.once('exit', (exitCode, signal) => {
        this.#killGroup();
        this.#exited = true;
        const isCrash = this.#endedBy === undefined && this.#started;
        const tell = (backtrace?: string[]) => {
          const crash = { pid: this.pid, signal, exitCode, ...(backtrace && { backtrace }) };
          end(this.#crashError(crash), isCrash ? crash : null);
        };
        if (isCrash && this.#record.holdsCrash) void this.#record.takeBacktrace(this.#stableLibrary, options.symbols).then(tell);
        else tell();
      });
      this.#child.once('error', (cause) => {
        end(new HotswiftError('ERR_HOTSWIFT_NATIVE', `the agent could not be started: ${cause.message}`, { cause }), null);
      });
    });
  }

  /** Whether nobody waits for an answer. */
  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  /** Whether the process was ended because it took too long. */
  get timedOut(): boolean {
    return this.#endedBy?.code === 'ERR_HOTSWIFT_TIMEOUT';
  }

  /** Resolves at once while the process runs; when it has exited, once all who wait for it are told. */
  async settled(): Promise<void> {
    if (this.#exited) await this.ended;
  }

  /** The process's number; 0 if it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Rejects with ERR_HOTSWIFT_NATIVE, _CRASH, _TIMEOUT or _CLOSED if the agent does not come up; it has ended then. */
  async start(): Promise<void> {
    try {
      await this.request({ op: 'start', runner: this.#options.runner }, 'start');
      this.#started = true;
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Asks the agent for something. `limit`: which of the timeouts applies; at its end the agent is killed. */
  async request(operation: AgentOperation, limit: keyof AgentOptions['timeouts']): Promise<unknown> {
    if (this.#endedBy !== undefined) throw this.#endedBy;
    if (operation.op === 'load') this.generations += 1;
    if ('state' in operation && operation.state !== undefined) this.state = operation.state;
    if (operation.op === 'load') this.#stableLibrary = operation.plan.stableLibrary ?? this.#stableLibrary;
    this.#requests += 1;
    const id = this.#requests;
    const ms = this.#options.timeouts[limit];
    const giveUp = () => {
      const message = `${limit} took longer than ${ms} ms; the agent was ended`;
      this.#kill(new HotswiftError('ERR_HOTSWIFT_TIMEOUT', message, { phase: limit, ms }));
    };
    const timer = ms === undefined ? undefined : setTimeout(giveUp, ms);
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        this.#channel.send({ id, ...operation });
      });
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
    }
  }

  /** Ends the process, whatever it is doing. Idempotent. */
  async kill(): Promise<void> {
    this.#kill(new HotswiftError('ERR_HOTSWIFT_CLOSED', 'the agent was ended'));
    await this.ended;
  }

  /** Requests are rejected when the process has really ended: whoever then starts another finds this one gone. */
  #kill(reason: HotswiftError): void {
    // What it ended of is being found out.
    if (this.#exited) return;
    this.#endedBy ??= reason;
    this.#killGroup();
  }

  #killGroup(): void {
    if (this.pid === 0) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
  }

  #settle(reply: AgentReply): void {
    const pending = this.#pending.get(reply.id);
    if ('error' in reply) {
      pending?.reject(deserializeError(reply.error));
    } else {
      this.state = reply.state ?? this.state;
      pending?.resolve(reply.value);
    }
  }

  #crashError({ exitCode, signal, backtrace }: CrashInfo): HotswiftError {
    const how = signal === null ? `exited with code ${exitCode}` : `crashed (${signal})`;
    const what = this.#started ? 'the Swift code' : 'the agent, while it started,';
    return new HotswiftError('ERR_HOTSWIFT_CRASH', `${what} ${how}`, { signal, exitCode, ...(backtrace && { backtrace }) });
  }
}
