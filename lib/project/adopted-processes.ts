import { isMainThread } from 'node:worker_threads';

/**
 * Processes that were started by others and are the host's now, as it is process 1 of its container: those that have lost their parents. One that has ended
 * stays a zombie until somebody waits for it, and nobody else will.
 *
 * It waits for what descends from processes that hotswift has started. The host may have other children, whose ends are for those to learn that started them.
 */
export class AdoptedProcesses {
  readonly #reap: (leaders: number[]) => Promise<void>;
  readonly #leaders = new Set<number>();
  #isReaping = false;
  #hasMore = false;

  /** `reap`: see native/process_family.h. */
  constructor(reap: (leaders: number[]) => Promise<void>) {
    this.#reap = reap;
  }

  /** A process runs from which others may descend. */
  add(leader: number): void {
    // Signals are told to the main thread alone.
    if (process.pid !== 1 || !isMainThread) return;
    if (this.#leaders.size === 0) process.on('SIGCHLD', this.#look);
    this.#leaders.add(leader);
  }

  /** Nothing that descends from it is left. */
  delete(leader: number): void {
    if (this.#leaders.delete(leader) && this.#leaders.size === 0) process.off('SIGCHLD', this.#look);
  }

  /** One signal may stand for several ends. */
  readonly #look = (): void => {
    this.#hasMore = true;
    if (this.#isReaping) return;
    this.#isReaping = true;
    void this.#reapAll();
  };

  async #reapAll(): Promise<void> {
    try {
      while (this.#hasMore) {
        this.#hasMore = false;
        await this.#reap([...this.#leaders]);
      }
    } finally {
      this.#isReaping = false;
    }
  }
}
