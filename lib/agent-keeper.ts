import { HotswiftError } from './errors.js';
import type { Generations } from './generations.js';
import type { AgentReloader } from './reload/agent-reloader.js';
import type { Loss } from './reload/structural-reloader.js';
import type { CrashInfo, RespawnReason } from './types.js';

/** When an agent is replaced; see {@link ProcessOptions}. */
export interface AgentPolicy {
  generationCap: number;
  /** Bytes. */
  memoryCap?: number;
  standby: boolean;
}

export interface AgentKeeperParts {
  reloader: AgentReloader;
  generations: Generations;
  policy: AgentPolicy;
}

export interface AgentKeeperListeners {
  /** The agent in use was to be replaced, and could not be: it goes on. */
  onError(error: unknown): void;
  /** The agent in use is to be replaced, and what it runs has to be compiled again for that. Resolves when that is over. */
  onGone(reason: RespawnReason): Promise<void>;
  /** What runs crashes again and again, and is given up. */
  onGivenUp(error: HotswiftError): void;
}

/** After so many crashes, each soon after the code was loaded, it is given up. */
const mostCrashes = 3;
/** Milliseconds. */
const soon = 10_000;

/** Sees to it that Swift has an agent to run in, and that none grows old or large: in the background, edits and pictures go first. */
export class AgentKeeper {
  readonly #parts: AgentKeeperParts;
  readonly #listeners: AgentKeeperListeners;
  /** What is going on in the background. */
  #work: Promise<void> | undefined;
  /** Whether a reload has succeeded since the last check began. */
  #isDue = false;
  /** After a replacement that failed: the generations at which another one is tried. */
  #notBefore = 0;
  /** The agent whose memory is known from when it was new. */
  #known: { pid: number; bytes: number } | undefined;
  #crashes = 0;
  #recoveredAt = 0;
  #isRecovering = false;
  #ended = false;

  constructor(parts: AgentKeeperParts, listeners: AgentKeeperListeners) {
    this.#parts = parts;
    this.#listeners = listeners;
    parts.reloader.on('lost', (loss) => this.#onLoss(loss));
  }

  /** A reload has succeeded. */
  check(): void {
    this.#isDue = true;
    this.#work ??= this.#checkWhileDue().finally(() => {
      this.#work = undefined;
    });
  }

  /** What runs now is another text than what crashed. */
  forgive(): void {
    this.#crashes = 0;
  }

  /** Resolves when nothing is going on. */
  async idle(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  /** Resolves when nothing is going on any more; the agents are somebody else's to end. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.idle();
  }

  /** What is going on may be the start of the agent that is needed after the reload that came meanwhile. */
  async #checkWhileDue(): Promise<void> {
    while (this.#isDue && !this.#ended) {
      this.#isDue = false;
      await this.#check();
    }
  }

  async #check(): Promise<void> {
    const { reloader, generations, policy } = this.#parts;
    const { agent } = reloader;
    if (agent === null) return;
    const { generationCap, standby } = policy;
    const ahead = Math.ceil(generationCap / 10);
    if (agent.generations >= generationCap) {
      if (this.#notBefore <= agent.generations) await this.#replace('cap', ahead);
    } else if (await this.#isTooLarge(agent.pid)) {
      if (this.#notBefore <= agent.generations) await this.#replace('memory', ahead);
    } else if (standby && agent.generations >= generationCap - ahead) {
      await reloader.prepareFresh(generations.needs);
    }
  }

  async #isTooLarge(pid: number): Promise<boolean> {
    const { reloader, policy } = this.#parts;
    if (policy.memoryCap === undefined) return false;
    const bytes = await reloader.residentBytes().catch(() => 0);
    if (this.#known?.pid !== pid) this.#known = { pid, bytes };
    return bytes >= Math.max(policy.memoryCap, 1.25 * this.#known.bytes);
  }

  async #replace(reason: RespawnReason, ahead: number): Promise<void> {
    const { reloader, generations } = this.#parts;
    this.#notBefore = 0;
    if (generations.isGone) return this.#listeners.onGone(reason);
    try {
      await generations.replaceAgent(reason);
    } catch (error) {
      this.#notBefore = (reloader.agent?.generations ?? 0) + ahead;
      if (!this.#ended) this.#listeners.onError(error);
    }
  }

  #onLoss({ crash, wasIdle }: Loss): void {
    if (this.#ended) return;
    // What crashes because it is drawn or called crashes whoever asked for that.
    if (crash !== undefined && (wasIdle || this.#isRecovering)) {
      this.#crashes = performance.now() - this.#recoveredAt < soon ? this.#crashes + 1 : 1;
      if (this.#crashes >= mostCrashes) {
        this.#listeners.onGivenUp(crashedTooOften(crash));
        return;
      }
    }
    void this.#recover();
  }

  /** Brings the newest good generation back, so that the next edit or picture finds it there. */
  async #recover(): Promise<void> {
    const { generations } = this.#parts;
    this.#isRecovering = true;
    try {
      await generations.inTurn(() => generations.provide());
    } catch {
      // Whoever needs an agent next tries again, and is told why there is none.
    } finally {
      this.#isRecovering = false;
      this.#recoveredAt = performance.now();
    }
  }
}

function crashedTooOften({ signal, exitCode, backtrace }: CrashInfo): HotswiftError {
  const how = signal ?? `exit code ${exitCode}`;
  const message = `the Swift code crashed ${mostCrashes} times (${how}), each time soon after it was loaded; it is run again when the source changes`;
  return new HotswiftError('ERR_HOTSWIFT_CRASH', message, { signal, exitCode, ...(backtrace && { backtrace }) });
}
