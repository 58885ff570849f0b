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

/** A child process that runs Swift. It is there from the constructor on, and of use when `start` has resolved. */
export class Agent {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has ended: with how, or with `null` if it was asked to or never came up. */
  readonly ended: Promise<CrashInfo | null>;
  /** Generations that were linked, or that the agent tried to link. */
  generations = 0;

  readonly #options: AgentOptions;
  readonly #child: ChildProcess;
  readonly #channel: MessageChannel<AgentReply, AgentRequest>;
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  #started = false;
  #endedBy: HotswiftError | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#child = spawn(process.execPath, [entryPoint], {
      cwd: options.cwd,
      // Swift's own backtracer would hold up the end of a crashed agent; under Electron, its executable is to act as Node.
      env: { ...process.env, SWIFT_BACKTRACE: 'enable=no', ELECTRON_RUN_AS_NODE: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.stdout = this.#child.stdout as Readable;
    this.stderr = this.#child.stderr as Readable;
    const stream = this.#child.stdio[channelDescriptor] as Duplex;
    // A process that dies while it is written to: `ended` tells it.
    stream.on('error', () => {});
    this.#channel = new MessageChannel(stream, (reply) => this.#settle(reply));
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (exitCode, signal) => resolve(this.#onExit(exitCode, signal)));
      this.#child.once('error', (cause) => {
        const where = options.cwd === undefined ? '' : ` in ${options.cwd}`;
        this.#end(new HotswiftError('ERR_HOTSWIFT_NATIVE', `the agent could not be started${where}: ${cause.message}`, { cause }));
        resolve(null);
      });
    });
  }

  /** The process's number; 0 if it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Rejects with ERR_HOTSWIFT_NATIVE, _CRASH, _TIMEOUT or _CLOSED if the agent does not come up; it has ended then. */
  async start(): Promise<void> {
    try {
      await this.request({ op: 'start', librarySearchPaths: this.#options.librarySearchPaths }, 'start');
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
    this.#requests += 1;
    const id = this.#requests;
    const ms = this.#options.timeouts[limit];
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
    this.#child.kill('SIGKILL');
    this.#end(reason);
  }

  /** From here on every request, made or to come, is rejected. */
  #end(reason: HotswiftError): void {
    this.#endedBy ??= reason;
    for (const { reject } of this.#pending.values()) reject(this.#endedBy);
  }

  #settle(reply: AgentReply): void {
    const pending = this.#pending.get(reply.id);
    if ('error' in reply) pending?.reject(deserializeError(reply.error));
    else pending?.resolve(reply.value);
  }

  #onExit(exitCode: number | null, signal: NodeJS.Signals | null): CrashInfo | null {
    if (this.#endedBy !== undefined) return null;
    const how = signal === null ? `exited with code ${exitCode}` : `crashed (${signal})`;
    const what = this.#started ? 'the Swift code' : 'the agent, while it started,';
    this.#end(new HotswiftError('ERR_HOTSWIFT_CRASH', `${what} ${how}`, { signal, exitCode }));
    return this.#started ? { pid: this.pid, signal, exitCode } : null;
  }
}
