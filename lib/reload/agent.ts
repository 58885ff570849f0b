import path from 'node:path';
import { type Duplex, Readable } from 'node:stream';
import { deserializeError, HotswiftError } from '../errors.js';
import { homeForTools } from '../project/home-folder.js';
import { killTree } from '../project/process-tree.js';
import { type Spawned, spawn } from '../project/spawn.js';
import type { CrashInfo } from '../types.js';
import { agentEnvironment } from './agent-environment.js';
import { asAgentsOwn, unresponsive, withPlace } from './agent-failures.js';
import {
  type AgentOperation,
  type AgentReply,
  type AgentRequest,
  channelDescriptor,
  channelLost,
  MessageChannel,
} from './agent-protocol.js';
import { readReply } from './agent-replies.js';
import { type CrashPlace, CrashRecord, type SymbolSources } from './crash-record.js';
import type { GenerationPlan } from './structural-reloader.js';
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
  op: AgentOperation['op'];
  /** Whether the agent has told that it is at work on it. */
  hasBegun: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Milliseconds. An agent that nothing else is asked of begins with a request at once, unless Swift code that ran before holds its main thread, or it was stopped.
 */
const longestSilence = 1500;

/** Milliseconds from the end of an agent's channel to that of its process, if the process is what ended. */
const longestEnd = 500;

/** Milliseconds in which an agent that is interrupted writes down where it was. */
const longestWriting = 300;

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
  /** Missing if the process could not be started. */
  readonly #channel: MessageChannel<AgentReply, AgentRequest> | undefined;
  readonly #record = new CrashRecord();
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  /** When the agent was last heard of, or had nothing to do; as `performance.now()`. */
  #heardAt = 0;
  #started = false;
  #exited = false;
  #stableLibrary: string | undefined;
  /** What it was given to link, and what of that came last. */
  readonly #objects = new Set<string>();
  #newestObjects: ReadonlySet<string> = new Set();
  #endedBy: HotswiftError | undefined;

  /** `onEnd` is told how the process ended, with `null` if it was asked to or never came up, before anybody who waits for an answer is. */
  constructor(options: AgentOptions, onEnd: (crash: CrashInfo | null) => void) {
    this.#options = options;
    this.#child = spawn(process.execPath, [entryPoint], {
      cwd: options.cwd,
      env: agentEnvironment({ ...process.env, ...homeForTools() }, options.env),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', this.#record.descriptor ?? 'ignore'],
      // A session of its own: what Swift starts ends with the agent, and a Ctrl-C in the terminal is the host's alone.
      detached: true,
      // Who debugs may want to look at one.
      leavesCore: options.runner.debug,
    });
    // A process that could not be started may have no streams.
    this.stdout = this.#child.stdout ?? Readable.from([]);
    this.stderr = this.#child.stderr ?? Readable.from([]);
    const stream = this.#child.stdio?.[channelDescriptor] as Duplex | null | undefined;
    this.#channel = stream ? this.#open(stream) : undefined;
    this.ended = new Promise((resolve) => {
      const end = (crash: CrashInfo | null) => {
        this.#record.close();
        onEnd(crash);
        for (const { reject, hasBegun } of this.#pending.values()) reject(this.#reasonFor(hasBegun));
        resolve();
      };
      this.#child.once('exit', (exitCode, signal) => {
        this.#killGroup();
        this.#exited = true;
        // What the process has forked may hold the other end for as long as it likes.
        stream?.destroy();
        void this.#lookInto({ pid: this.pid, exitCode, signal }).then(end);
      });
      this.#child.once('error', (cause) => {
        this.#endedBy = new HotswiftError('ERR_HOTSWIFT_NATIVE', `the agent could not be started: ${cause.message}`, { cause });
        end(null);
      });
    });
  }

  /** Why the process has ended, or is being ended. */
  get endedBy(): HotswiftError | undefined {
    return this.#endedBy;
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
    if (operation.op === 'load') this.#noteGeneration(operation.plan);
    if ('state' in operation && operation.state !== undefined) this.state = operation.state;
    this.#requests += 1;
    const id = this.#requests;
    const ms = this.#options.timeouts[limit];
    const giveUp = () => {
      const message = `${limit} took longer than ${ms} ms; the agent was ended`;
      this.#interrupt(new HotswiftError('ERR_HOTSWIFT_TIMEOUT', message, { phase: limit, ms }));
    };
    const timer = ms === undefined ? undefined : setTimeout(giveUp, ms);
    const silence = ms === undefined || limit === 'start' ? undefined : this.#watchSilence(id, Math.min(longestSilence, ms / 2));
    if (this.isIdle) this.#heardAt = performance.now();
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { op: operation.op, hasBegun: false, resolve, reject });
        this.#channel?.send({ id, ...operation });
      });
    } finally {
      clearTimeout(timer);
      clearInterval(silence);
      this.#pending.delete(id);
    }
  }

  #noteGeneration({ objects, stableLibrary }: GenerationPlan): void {
    this.generations += 1;
    this.#stableLibrary = stableLibrary ?? this.#stableLibrary;
    this.#newestObjects = new Set(objects.filter((object) => !this.#objects.has(object)));
    for (const object of objects) this.#objects.add(object);
  }

  /** Ends an agent that has done what it was asked for before, and does not begin with this. */
  #watchSilence(id: number, ms: number): NodeJS.Timeout {
    return setInterval(() => {
      const [oldest] = this.#pending.keys();
      if (oldest !== id || this.#pending.get(id)?.hasBegun !== false) return;
      if (performance.now() - this.#heardAt >= ms) this.#interrupt(unresponsive(ms));
    }, ms / 4);
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
    this.#killAll();
  }

  /** Ends a process that takes too long, once it has written down where it was. */
  #interrupt(reason: HotswiftError): void {
    if (this.#exited || this.#endedBy !== undefined) return;
    this.#endedBy = reason;
    try {
      process.kill(this.pid, 'SIGABRT');
      // It may have been stopped.
      process.kill(this.pid, 'SIGCONT');
    } catch {
      // It has just ended.
    }
    setTimeout(() => {
      if (!this.#exited) this.#killAll();
    }, longestWriting);
  }

  #killAll(): void {
    if (this.pid !== 0) killTree(this.pid);
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

  #open(stream: Duplex): MessageChannel<AgentReply, AgentRequest> {
    // A process that dies while it is written to: `ended` tells it.
    stream.on('error', () => {});
    // If the process has ended, its end comes now. If not, its code has closed the descriptor, or runs another program.
    stream.once('close', () => {
      const timer = setTimeout(() => this.#kill(channelIsLost()), longestEnd);
      void this.ended.then(() => clearTimeout(timer));
    });
    return new MessageChannel(stream, {
      read: (value) => readReply(value, (id) => this.#pending.get(id)?.op),
      onMessage: (reply) => this.#settle(reply),
      onDamage: () => this.#kill(channelIsLost()),
    });
  }

  #settle(reply: AgentReply): void {
    const pending = this.#pending.get(reply.id);
    this.#heardAt = performance.now();
    if ('began' in reply) {
      if (pending) pending.hasBegun = true;
    } else if ('error' in reply) {
      pending?.reject(deserializeError(reply.error));
    } else {
      this.state = reply.state ?? this.state;
      pending?.resolve(reply.value);
    }
  }

  /** Finds out why the process has ended. Resolves with the crash, if it is one. */
  async #lookInto(end: CrashInfo): Promise<CrashInfo | null> {
    const timeout = this.timedOut ? this.#endedBy : undefined;
    const isCrash = this.#started && (this.#endedBy === undefined || this.#endedBy.code === 'ERR_HOTSWIFT_CRASH');
    const isWritten = (isCrash || timeout !== undefined) && this.#record.holdsCrash;
    const place = isWritten ? await this.#record.takePlace(this.#stableLibrary, this.#options.symbols) : undefined;
    if (timeout !== undefined && place !== undefined) this.#endedBy = withPlace(timeout, place, this.#isFormerCode(place));
    const crash = { ...end, ...(place && { backtrace: place.backtrace }) };
    this.#endedBy ??= this.#crashError(crash);
    return isCrash ? crash : null;
  }
  /** Whether code is at work that was linked before what was linked last, and nothing of that. */
  #isFormerCode({ objects }: CrashPlace): boolean {
    return objects.size > 0 && [...objects].every((object) => !this.#newestObjects.has(object));
  }

  /** What whoever waits for an answer is told. What the agent had not begun with when it ended is not at fault. */
  #reasonFor(hasBegun: boolean): HotswiftError {
    const reason = this.#endedBy ?? new HotswiftError('ERR_HOTSWIFT_CLOSED', 'the agent was ended');
    return hasBegun || !this.#started ? reason : asAgentsOwn(reason);
  }

  #crashError({ exitCode, signal, backtrace }: CrashInfo): HotswiftError {
    if (exitCode === channelLost) return channelIsLost();
    const how = signal === null ? `exited with code ${exitCode}` : `crashed (${signal})`;
    const what = this.#started ? 'the Swift code' : 'the agent, while it started,';
    return new HotswiftError('ERR_HOTSWIFT_CRASH', `${what} ${how}`, { signal, exitCode, ...(backtrace && { backtrace }) });
  }
}

/** The Swift code has closed the channel, or written to it. */
function channelIsLost(): HotswiftError {
  const message = `the Swift code wrote to, or closed, descriptor ${channelDescriptor}, which is not its own`;
  return new HotswiftError('ERR_HOTSWIFT_CRASH', message, { signal: null });
}
