/** Milliseconds without an edit. */
const quiet = 300;
/** The longest that a timer of Node waits, in milliseconds. */
const longest = 2 ** 31 - 1;

/**
 * What literal edits have set is compiled once no edit has come for a moment: code may have kept a value that it read before, where no
 * bookkeeping sees it. One check at a time; a new edit gives it up.
 */
export class Backstop {
  readonly #check: (signal: AbortSignal) => Promise<void>;
  /** A plain one: an edit comes with each of somebody's steps at a dial, and what aborting something costs is a good part of its time. */
  #timer: NodeJS.Timeout | undefined;
  #underWay: { controller: AbortController; done: Promise<void> } | undefined;
  /** Those who wait for the timer to end, one way or the other. */
  #waiting: (() => void)[] = [];

  /** `check` compiles and compares; it reports what it finds itself. */
  constructor(check: (signal: AbortSignal) => Promise<void>) {
    this.#check = check;
  }

  /** Counts from now. */
  schedule(): void {
    this.cancel();
    this.#timer = setTimeout(() => this.#start(), quiet).unref();
  }

  cancel(): void {
    this.#endTimer();
    this.#underWay?.controller.abort();
  }

  get isIdle(): boolean {
    return this.#timer === undefined && this.#underWay === undefined;
  }

  /** Resolves when there is nothing to check. */
  async idle(): Promise<void> {
    // The timer itself does not keep a host alive that has nothing else to do.
    const keepAlive = setInterval(() => {}, longest);
    while (!this.isIdle) {
      await (this.#underWay?.done ?? new Promise<void>((resolve) => this.#waiting.push(resolve)));
    }
    clearInterval(keepAlive);
  }

  #start(): void {
    const controller = new AbortController();
    const done = this.#check(controller.signal)
      .catch(() => {
        // Given up; or it has been reported.
      })
      .finally(() => {
        if (this.#underWay?.controller === controller) this.#underWay = undefined;
      });
    this.#underWay = { controller, done };
    this.#endTimer();
  }

  #endTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
