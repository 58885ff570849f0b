/** Milliseconds since the last lap and in all. */
export class Stopwatch {
  readonly #start = performance.now();
  #last = this.#start;

  lap(): number {
    const before = this.#last;
    this.#last = performance.now();
    return this.#last - before;
  }

  get total(): number {
    return performance.now() - this.#start;
  }
}
