import { EventEmitter } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { HotswiftError, sessionClosed } from '../errors.js';
import type { AgentInfo, CrashInfo, PreviewInfo, RespawnReason } from '../types.js';
import { Agent, type AgentOptions } from './agent.js';
import { forwardOutput } from './agent-output.js';
import type {
  AgentNeeds,
  DrawRequest,
  GenerationPlan,
  LiteralRead,
  LiteralValue,
  Picture,
  Redrawn,
  RedrawRequest,
  ReloaderEvents,
  StructuralReloader,
} from './structural-reloader.js';
import type { RunnerOptions } from './swift-runner.js';

/** Runs Swift in a child process, the agent, and starts another one when that has crashed. */
export class AgentReloader extends EventEmitter<ReloaderEvents> implements StructuralReloader {
  /** What agents print, one after the other. Discarded as long as nobody reads it. */
  readonly stdout = new PassThrough().resume();
  readonly stderr = new PassThrough().resume();
  readonly canSetLiterals = true;

  #options: AgentOptions;
  #agent: Agent | undefined;
  #loaded = false;
  /** While a fresh agent has yet to prove itself: the one it is to replace, and whether that has a generation. */
  #former: { agent: Agent; loaded: boolean; reason: RespawnReason } | undefined;
  /** Beside the agent in use, and to take its place; see {@link rehearse}. */
  #understudy: Agent | undefined;
  /** Started ahead of need, and not in use yet; with the stable library that it has loaded, if it has. */
  #next: { agent: Promise<Agent>; stableLibrary?: string } | undefined;
  /** The last agent that ended without being replaced, and why. */
  #lost: { pid: number; reason: RespawnReason } | undefined;
  #closed = false;
  /** The values of `@Persisted` variables in the last agent that ended without being replaced. */
  #state: Uint8Array | undefined;
  /** Every agent that may still run, the one in use or not. */
  readonly #running = new Set<Agent>();
  /** Streams of agents that have not been read to their ends. */
  readonly #streams = new Set<Readable>();

  constructor(options: AgentOptions) {
    super();
    this.#options = options;
  }

  get agent(): AgentInfo | null {
    return this.#agent === undefined ? null : { pid: this.#agent.pid, generations: this.#agent.generations };
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  /** Resolves when what is known of the agent is true of its process: how one has ended takes a moment to find out. */
  async settled(): Promise<void> {
    await this.#agent?.settled();
  }

  /** Agents that are started from now on run this way. */
  configure(runner: RunnerOptions): void {
    this.#options = { ...this.#options, runner };
    this.#discardNext();
  }

  /** Starts the agent ahead of need: compiling takes longer than starting. Does nothing if there is one. `stableLibrary`: what it will load. */
  async start(stableLibrary?: string): Promise<void> {
    if (this.#agent !== undefined) return;
    const next = await this.#takeNext(stableLibrary);
    this.#requireRunning(next);
    this.#agent = next;
    if (this.#lost !== undefined) this.emit('respawn', { reason: this.#lost.reason, oldPid: this.#lost.pid, newPid: this.#agent.pid });
    this.#lost = undefined;
  }

  async prepareFresh(needs: AgentNeeds): Promise<void> {
    if (this.#nextFor(needs.stableLibrary) === undefined) {
      const next = { agent: this.#prepare(needs), stableLibrary: needs.stableLibrary };
      this.#next = next;
      next.agent.catch(() => {
        // Whoever needs it starts another, and is told why that one does not come up.
        if (this.#next === next) this.#next = undefined;
      });
    }
    await this.prepared();
  }

  /** Resolves when the agent that was started ahead of need, if one was, is ready. */
  async prepared(): Promise<void> {
    await this.#next?.agent.catch(() => {});
  }

  async load(plan: GenerationPlan, { fresh }: { fresh?: RespawnReason } = {}): Promise<string | undefined> {
    const replaced = fresh === undefined ? undefined : this.#agent;
    let state = this.#agent === undefined && fresh !== 'fresh' ? this.#state : undefined;
    if (fresh !== undefined && replaced !== undefined) {
      const next = await this.#takeNext(plan.stableLibrary);
      if (fresh !== 'fresh') state = await stateOf(replaced);
      this.#requireRunning(next);
      // It may have ended meanwhile.
      if (this.#agent === replaced) this.#former = { agent: replaced, loaded: this.#loaded, reason: fresh };
      this.#agent = next;
      this.#loaded = false;
    }
    try {
      await this.start(plan.stableLibrary);
      const failures = await this.#require().request({ op: 'load', plan, state }, 'render');
      this.#loaded = true;
      this.#state = undefined;
      return failures as string | undefined;
    } catch (error) {
      const isPatched = (plan.patches?.length ?? 0) > 0;
      // How far patches came, nobody knows.
      if (!(await this.#restoreFormer()) && isPatched) await this.#agent?.kill();
      throw error;
    }
  }

  async accept(): Promise<void> {
    const former = this.#former;
    this.#former = undefined;
    if (former === undefined) return;
    const newPid = this.#require().pid;
    await former.agent.kill();
    this.emit('respawn', { reason: former.reason, oldPid: former.agent.pid, newPid });
  }

  async revert(): Promise<void> {
    if (await this.#restoreFormer()) return;
    await this.#agent?.request({ op: 'revert' }, 'render');
  }

  /**
   * Loads a generation in another agent, and draws there. That agent can {@link takeOver}, and be given newer generations until then. Resolves with its pid.
   *
   * Rejects as `load` and `redraw` do; the other agent has ended then. The agent in use goes on in any case.
   */
  async rehearse(plan: GenerationPlan, request: RedrawRequest): Promise<number> {
    this.#understudy ??= await this.#takeNext(plan.stableLibrary);
    const agent = this.#understudy;
    const isNew = agent.generations === 0;
    try {
      await agent.request({ op: 'load', plan, state: isNew ? this.#agent?.state : undefined }, 'render');
      await agent.request({ op: 'redraw', request }, 'render');
      return agent.pid;
    } catch (error) {
      await this.endRehearsal();
      throw error;
    }
  }

  /** The agent that has rehearsed is the one in use from now on, with these values; the other one is ended. */
  async takeOver(values: LiteralValue[], reason: RespawnReason): Promise<void> {
    const next = this.#understudy;
    const former = this.#agent;
    if (next === undefined) throw new HotswiftError('ERR_HOTSWIFT_CRASH', 'the agent that was to take over has ended', { signal: null });
    await next.request({ op: 'set-literals', values }, 'render');
    const state = former && (await stateOf(former));
    if (state !== undefined) await next.request({ op: 'restore-state', state }, 'render');
    this.#requireRunning(next);
    this.#agent = next;
    this.#loaded = true;
    this.#understudy = undefined;
    await former?.kill();
    this.emit('respawn', { reason, oldPid: former?.pid ?? 0, newPid: next.pid });
  }

  /** Ends an agent that has rehearsed and is not needed. */
  async endRehearsal(): Promise<void> {
    const agent = this.#understudy;
    this.#understudy = undefined;
    await agent?.kill();
  }

  /** Memory of the agent in use; 0 if there is none. */
  async residentBytes(): Promise<number> {
    return ((await this.#agent?.request({ op: 'resident-bytes' }, 'render')) as number | undefined) ?? 0;
  }

  async previews(): Promise<PreviewInfo[]> {
    return (await this.#require().request({ op: 'previews' }, 'render')) as PreviewInfo[];
  }

  async draw(request: DrawRequest): Promise<Picture> {
    return usable((await this.#require().request({ op: 'draw', request }, 'render')) as Picture);
  }

  async setLiterals(values: LiteralValue[]): Promise<void> {
    await this.#require().request({ op: 'set-literals', values }, 'render');
  }

  async redraw(request: RedrawRequest): Promise<Redrawn> {
    const redrawn = (await this.#require().request({ op: 'redraw', request }, 'render')) as Redrawn;
    return { ...redrawn, picture: redrawn.picture && usable(redrawn.picture) };
  }

  async literalReads(ids: number[]): Promise<LiteralRead[]> {
    return (await this.#require().request({ op: 'literal-reads', ids }, 'render')) as LiteralRead[];
  }

  async call(symbol: string): Promise<number> {
    return (await this.#require().request({ op: 'call', symbol }, 'render')) as number;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((agent) => agent.kill()));
    for (const stream of this.#streams) stream.destroy();
    this.stdout.end();
    this.stderr.end();
  }

  /** Ends a fresh agent that has not proved itself. Resolves with whether there was one to go back to. */
  async #restoreFormer(): Promise<boolean> {
    const former = this.#former;
    if (former === undefined) return false;
    const failed = this.#agent;
    this.#former = undefined;
    this.#agent = former.agent;
    this.#loaded = former.loaded;
    await failed?.kill();
    return true;
  }

  /** An agent that can load a library, started ahead of need or now. */
  #takeNext(stableLibrary: string | undefined): Promise<Agent> {
    const next = this.#nextFor(stableLibrary)?.agent;
    this.#next = undefined;
    return next?.catch(() => this.#startAgent()) ?? this.#startAgent();
  }

  /** The agent that was started ahead of need, if it can load a library; if not, it ends: of one module, a process loads one. */
  #nextFor(stableLibrary: string | undefined) {
    const loaded = this.#next?.stableLibrary;
    if (loaded !== undefined && loaded !== stableLibrary) this.#discardNext();
    return this.#next;
  }

  #discardNext(): void {
    this.#next?.agent.then(
      (agent) => agent.kill(),
      () => {},
    );
    this.#next = undefined;
  }

  /** One that has ended while something else was waited for is told of no more, and is not to be used. */
  #requireRunning(agent: Agent): void {
    if (!this.#running.has(agent)) throw agent.endedBy;
  }

  #require(): Agent {
    if (this.#agent === undefined) throw new HotswiftError('ERR_HOTSWIFT_CLOSED', 'no agent is running');
    return this.#agent;
  }

  async #prepare(needs: AgentNeeds): Promise<Agent> {
    const agent = await this.#startAgent();
    try {
      await agent.request({ op: 'prepare', needs }, 'start');
      return agent;
    } catch (error) {
      await agent.kill();
      throw error;
    }
  }

  async #startAgent(): Promise<Agent> {
    if (this.#closed) throw sessionClosed();
    const agent: Agent = new Agent(this.#options, (crash) => this.#onEnd(agent, crash));
    this.#running.add(agent);
    this.#forward(agent, 'stdout');
    this.#forward(agent, 'stderr');
    await agent.start();
    return agent;
  }

  #onEnd(agent: Agent, crash: CrashInfo | null): void {
    this.#running.delete(agent);
    if (this.#former?.agent === agent) this.#former = undefined;
    if (this.#understudy === agent) this.#understudy = undefined;
    const next = this.#next;
    next?.agent.then(
      (ended) => {
        if (ended === agent && this.#next === next) this.#next = undefined;
      },
      () => {},
    );
    const isLost = this.#agent === agent && this.#former === undefined;
    if (this.#agent === agent) {
      this.#agent = undefined;
      this.#loaded = false;
      this.#state = agent.state;
      if (isLost) this.#lost = { pid: agent.pid, reason: agent.timedOut ? 'timeout' : 'crash' };
    }
    if (crash !== null) this.emit('crash', crash);
    if (isLost && (crash !== null || agent.timedOut)) this.emit('lost', { crash: crash ?? undefined, wasIdle: agent.isIdle });
  }

  #forward(agent: Agent, name: 'stdout' | 'stderr'): void {
    const from = agent[name];
    this.#streams.add(from);
    from.once('close', () => this.#streams.delete(from));
    forwardOutput(from, this[name], name);
  }
}

/** What an agent's `@Persisted` variables are now; if it has ended, what they were when it answered last. */
async function stateOf(agent: Agent): Promise<Uint8Array | undefined> {
  await agent.request({ op: 'report-state' }, 'render').catch(() => {});
  return agent.state;
}

/** A picture as it was received, with a buffer of its own. */
function usable(picture: Picture): Picture {
  return { ...picture, data: Buffer.from(picture.data) };
}
