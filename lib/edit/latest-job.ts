/** What a running job is told, and tells. */
export interface JobControl {
  /** Aborted when newer requests make the job's result worthless, or when the queue ends. */
  signal: AbortSignal;
  /** From here on the job is let through to its end. */
  commit(): void;
}

/**
 * What a request that comes while a job runs means for it. `served`: its result will do for the request, too. `follows`: its result is wanted, and
 * another job after it. `supersedes`: nobody wants its result any more.
 */
export type Relation = 'served' | 'follows' | 'supersedes';

interface Waiter<Result> {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Running<Result> {
  waiters: Waiter<Result>[];
  controller: AbortController;
  committed: boolean;
}

/**
 * Runs one job at a time, for whoever asked before it started. A request that comes while a job runs aborts it, unless the job has committed
 * or its result is of use; one later job then serves everybody, so that each request gets a result at least as new as itself.
 */
export class LatestJob<Result> {
  readonly #job: (control: JobControl) => Promise<Result>;
  #waiting: Waiter<Result>[] = [];
  #running: Running<Result> | undefined;
  #ended: { reason: unknown } | undefined;
  #loop: Promise<void> = Promise.resolve();
  /** Requests without a result. */
  #open = 0;
  #onIdle: (() => void)[] = [];

  constructor(job: (control: JobControl) => Promise<Result>) {
    this.#job = job;
  }

  /** `relate`: what the request means for the job that runs now. */
  async request(relate: () => Promise<Relation>): Promise<Result> {
    this.#open += 1;
    try {
      return await this.#request(relate);
    } finally {
      this.#open -= 1;
      if (this.#open === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  async #request(relate: () => Promise<Relation>): Promise<Result> {
    const running = this.#running;
    if (running !== undefined && !running.committed && this.#ended === undefined) {
      const relation = await relate().catch(() => 'supersedes');
      if (relation === 'served' && running === this.#running) {
        return new Promise((resolve, reject) => running.waiters.push({ resolve, reject }));
      }
      if (relation !== 'follows' && !running.committed) running.controller.abort();
    }
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended.reason);
      this.#waiting.push({ resolve, reject });
      if (this.#running === undefined) this.#loop = this.#run();
    });
  }

  /** Whether every request has its result. */
  get isIdle(): boolean {
    return this.#open === 0;
  }

  /** Resolves when every request has its result. */
  async idle(): Promise<void> {
    while (!this.isIdle) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Aborts the job that runs and rejects every request, also later ones. Resolves when the job is over. */
  async end(reason: unknown): Promise<void> {
    this.#ended ??= { reason };
    this.#running?.controller.abort(reason);
    for (const { reject } of [...(this.#running?.waiters ?? []), ...this.#waiting.splice(0)]) reject(reason);
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const running: Running<Result> = { waiters: this.#waiting.splice(0), controller: new AbortController(), committed: false };
      this.#running = running;
      const commit = () => {
        running.controller.signal.throwIfAborted();
        running.committed = true;
      };
      try {
        const result = await this.#job({ signal: running.controller.signal, commit });
        for (const { resolve } of running.waiters) resolve(result);
      } catch (error) {
        const superseded = running.controller.signal.aborted && !running.committed;
        if (superseded && this.#ended === undefined) this.#waiting.unshift(...running.waiters);
        else for (const { reject } of running.waiters) reject(error);
      }
      this.#running = undefined;
    }
  }
}
