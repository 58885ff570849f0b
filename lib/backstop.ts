/** Milliseconds without an edit. */
const quiet = 300;

/**
 * What literal edits have set is compiled once no edit has come for a moment: code may have kept a value that it read before, where no
 * bookkeeping sees it. One check at a time; a new edit gives it up.
 */
export class Backstop {
  readonly #check: (signal: AbortSignal) => Promise<void>;
  /** A plain one: an edit comes with each of somebody's steps at a dial, and what aborting something costs is a good part of its time. */
  #timer: NodeJS.Timeout | undefined;
  #underWay: { controller: AbortController; done: Promise<void> } | undefined;

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

  /** Resolves when there is nothing to check. Whoever waits for that waits for no other edit: the check begins at once. */
  async idle(): Promise<void> {
    while (!this.isIdle) {
      if (this.#underWay === undefined) this.#start();
      await this.#underWay?.done;
    }
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
  }
}
