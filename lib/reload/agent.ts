import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { deserializeError, HotswiftError } from '../errors.js';
import type { CrashInfo } from '../types.js';
import { type AgentOperation, type AgentReply, type AgentRequest, channelDescriptor, MessageChannel } from './agent-protocol.js';

export interface AgentOptions {
  librarySearchPaths: string[];
  env?: Record<string, string>;
  cwd?: string;
  timeouts: { start: number; render: number };
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const entryPoint = path.join(__dirname, '..', 'agent', 'main.js');

/** A child process that runs Swift. */
export class Agent {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has ended: with how, or with `null` if it was asked to. */
  readonly ended: Promise<CrashInfo | null>;
  /** Generations that were linked, or that the agent tried to link. */
  generations = 0;

  readonly #child: ChildProcess;
  readonly #channel: MessageChannel<AgentReply, AgentRequest>;
  readonly #timeouts: AgentOptions['timeouts'];
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  #endedBy: HotswiftError | undefined;

  /** Starts an agent. Rejects with ERR_HOTSWIFT_CRASH, _TIMEOUT or _NATIVE if it does not come up. */
  static async start(options: AgentOptions): Promise<Agent> {
    const child = spawn(process.execPath, [entryPoint], {
      cwd: options.cwd,
      // Swift's own backtracer would hold up the end of a crashed agent; under Electron, its executable is to act as Node.
      env: { ...process.env, SWIFT_BACKTRACE: 'enable=no', ELECTRON_RUN_AS_NODE: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject)).catch((cause: Error) => {
      throw new HotswiftError('ERR_HOTSWIFT_NATIVE', `the agent could not be started: ${cause.message}`, { cause });
    });
    const agent = new Agent(child, options.timeouts);
    await agent.request({ op: 'start', librarySearchPaths: options.librarySearchPaths }, 'start');
    return agent;
  }

  private constructor(child: ChildProcess, timeouts: AgentOptions['timeouts']) {
    const { pid, stdout, stderr } = child;
    if (pid === undefined || stdout === null || stderr === null) throw new TypeError('the child was spawned with pipes');
    this.#child = child;
    this.pid = pid;
    this.stdout = stdout;
    this.stderr = stderr;
    this.#timeouts = timeouts;
    const stream = child.stdio[channelDescriptor] as Duplex;
    // A process that dies while it is written to: `ended` tells it.
    stream.on('error', () => {});
    this.#channel = new MessageChannel(stream, (reply) => this.#settle(reply));
    this.ended = new Promise((resolve) => child.once('exit', (exitCode, signal) => resolve(this.#onExit(exitCode, signal))));
  }

  /** Asks the agent for something. `limit`: which of the timeouts applies; at its end the agent is killed. */
  async request(operation: AgentOperation, limit: keyof AgentOptions['timeouts']): Promise<unknown> {
    if (this.#endedBy !== undefined) throw this.#endedBy;
    if (operation.op === 'load') this.generations += 1;
    this.#requests += 1;
    const id = this.#requests;
    const ms = this.#timeouts[limit];
    const timer = setTimeout(() => {
      this.#kill(
        new HotswiftError('ERR_HOTSWIFT_TIMEOUT', `${limit} took longer than ${ms} ms; the agent was ended`, { phase: limit, ms }),
      );
    }, ms);
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

  #kill(reason: HotswiftError): void {
    this.#endedBy ??= reason;
    this.#child.kill('SIGKILL');
    this.#rejectAll(this.#endedBy);
  }

  #settle(reply: AgentReply): void {
    const pending = this.#pending.get(reply.id);
    if ('error' in reply) pending?.reject(deserializeError(reply.error));
    else pending?.resolve(reply.value);
  }

  #onExit(exitCode: number | null, signal: NodeJS.Signals | null): CrashInfo | null {
    if (this.#endedBy !== undefined) return null;
    const how = signal === null ? `exited with code ${exitCode}` : `crashed (${signal})`;
    this.#endedBy = new HotswiftError('ERR_HOTSWIFT_CRASH', `the Swift code ${how}`, { signal, exitCode });
    this.#rejectAll(this.#endedBy);
    return { pid: this.pid, signal, exitCode };
  }

  #rejectAll(error: HotswiftError): void {
    for (const { reject } of this.#pending.values()) reject(error);
  }
}
