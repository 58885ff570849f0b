import { setTimeout } from 'node:timers/promises';

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
  #underWay: { controller: AbortController; done: Promise<void> } | undefined;

  /** `check` compiles and compares; it reports what it finds itself. */
  constructor(check: (signal: AbortSignal) => Promise<void>) {
    this.#check = check;
  }

  /** Counts from now. */
  schedule(): void {
    this.cancel();
    const controller = new AbortController();
    const { signal } = controller;
    const done = setTimeout(quiet, undefined, { signal, ref: false })
      .then(() => this.#check(signal))
      .catch(() => {
        // Given up; or it has been reported.
      })
      .finally(() => {
        if (this.#underWay?.controller === controller) this.#underWay = undefined;
      });
    this.#underWay = { controller, done };
  }

  cancel(): void {
    this.#underWay?.controller.abort();
  }

  /** Resolves when there is nothing to check. */
  async idle(): Promise<void> {
    // The wait itself does not keep a host alive that has nothing else to do.
    const keepAlive = setInterval(() => {}, longest);
    while (this.#underWay !== undefined) await this.#underWay.done;
    clearInterval(keepAlive);
  }
}
