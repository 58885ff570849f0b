import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { HotswiftError } from '../errors.js';
import type { PreviewInfo } from '../types.js';
import { Agent, type AgentOptions } from './agent.js';
import type { DrawRequest, GenerationPlan, Picture, ReloaderEvents, StructuralReloader } from './structural-reloader.js';

/** Runs Swift in a child process, the agent, and starts another one when that has crashed. */
export class AgentReloader extends EventEmitter<ReloaderEvents> implements StructuralReloader {
  /** What agents print, one after the other. Discarded as long as nobody reads it. */
  readonly stdout = new PassThrough().resume();
  readonly stderr = new PassThrough().resume();

  readonly #options: AgentOptions;
  #agent: Agent | undefined;
  #loaded = false;
  #closed = false;
  /** Every agent that may still run, the one in use or not. */
  readonly #running = new Set<Agent>();

  constructor(options: AgentOptions) {
    super();
    this.#options = options;
  }

  get agent(): { pid: number; generations: number } | null {
    return this.#agent === undefined ? null : { pid: this.#agent.pid, generations: this.#agent.generations };
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  /** Starts the agent ahead of need: compiling takes longer than starting. Does nothing if there is one. */
  async start(): Promise<void> {
    this.#agent ??= await this.#startAgent();
  }

  async load(plan: GenerationPlan, { fresh = false } = {}): Promise<void> {
    const before = this.#agent;
    if (!fresh || before === undefined) {
      await this.start();
      await this.#require().request({ op: 'load', plan }, 'render');
      this.#loaded = true;
      return;
    }
    const next = await this.#startAgent();
    try {
      await next.request({ op: 'load', plan }, 'render');
    } catch (error) {
      await next.kill();
      throw error;
    }
    this.#agent = next;
    this.#loaded = true;
    await before.kill();
    this.emit('respawn', { reason: 'fresh', oldPid: before.pid, newPid: next.pid });
  }

  async previews(): Promise<PreviewInfo[]> {
    return (await this.#require().request({ op: 'previews' }, 'render')) as PreviewInfo[];
  }

  async draw(request: DrawRequest): Promise<Picture> {
    const picture = (await this.#require().request({ op: 'draw', request }, 'render')) as Picture;
    return { ...picture, data: Buffer.from(picture.data) };
  }

  async call(symbol: string): Promise<number> {
    return (await this.#require().request({ op: 'call', symbol }, 'render')) as number;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((agent) => agent.kill()));
    this.stdout.end();
    this.stderr.end();
  }

  #require(): Agent {
    if (this.#agent === undefined) throw new HotswiftError('ERR_HOTSWIFT_CLOSED', 'no agent is running');
    return this.#agent;
  }

  async #startAgent(): Promise<Agent> {
    if (this.#closed) throw new HotswiftError('ERR_HOTSWIFT_CLOSED', 'the session is closed');
    const agent = new Agent(this.#options);
    this.#running.add(agent);
    agent.stdout.pipe(this.stdout, { end: false });
    agent.stderr.pipe(this.stderr, { end: false });
    void agent.ended.then((crash) => {
      this.#running.delete(agent);
      if (this.#agent === agent) {
        this.#agent = undefined;
        this.#loaded = false;
      }
      if (crash !== null) this.emit('crash', crash);
    });
    await agent.start();
    return agent;
  }
}
