import { setImmediate, setTimeout } from 'node:timers/promises';

/** What is done while nobody waits: a round after a request, one at a time. Requests that come during a round share the next one. */
export class BackgroundRounds {
  readonly #round: (signal: AbortSignal) => Promise<void>;
  #running: { controller: AbortController; done: Promise<void> } | undefined;
  #isRequested = false;
  #closed = false;
  /** How many wait for the rounds to end. */
  #waiting = 0;
  /** Ends a pause. */
  #hurry = new AbortController();

  /** `round` must not reject. Once its signal is aborted, what it would do is of no use. */
  constructor(round: (signal: AbortSignal) => Promise<void>) {
    this.#round = round;
  }

  /** Whether another round follows: what the one that runs does may be about what is no longer true. */
  get isRequested(): boolean {
    return this.#isRequested;
  }

  /** Whether somebody waits for the rounds to end: what they start has no reason to give way. */
  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /** Asks for a round. */
  request(): void {
    if (this.#closed) return;
    this.#isRequested = true;
    if (this.#running !== undefined) return;
    const controller = new AbortController();
    const done = this.#run(controller.signal).finally(() => {
      this.#running = undefined;
      if (this.#isRequested) this.request();
    });
    this.#running = { controller, done };
  }

  /** Aborts the round that runs. One that was requested meanwhile begins. */
  interrupt(): void {
    this.#running?.controller.abort();
  }

  /** Resolves when no round runs, and none is requested. */
  async idle(): Promise<void> {
    this.#waiting += 1;
    this.#hurry.abort();
    while (this.#running !== undefined) await this.#running.done;
    this.#waiting -= 1;
  }

  /** For a round that has nothing to do for a while: waits, unless somebody waits for the rounds to end. Rejects if aborted. */
  async pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.isAwaited) return;
    this.#hurry = new AbortController();
    await setTimeout(milliseconds, undefined, { signal: AbortSignal.any([signal, this.#hurry.signal]) }).catch(() => {});
    signal.throwIfAborted();
  }

  /** Lets nothing begin from now on, and aborts what runs. It has to be waited for with {@link idle}. */
  close(): void {
    this.#closed = true;
    this.#isRequested = false;
    this.interrupt();
  }

  async #run(signal: AbortSignal): Promise<void> {
    // Whoever waits for what came before has it first.
    await setImmediate();
    while (this.#isRequested && !signal.aborted) {
      this.#isRequested = false;
      await this.#round(signal);
    }
  }
}
