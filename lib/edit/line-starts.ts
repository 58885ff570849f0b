/** Where the lines of a text start, so that many places of it can be looked up. Lines are counted from 1 and end with a newline. */
export class LineStarts {
  readonly #length: number;
  readonly #starts = [0];

  private constructor(text: Buffer) {
    this.#length = text.length;
    for (let at = text.indexOf(newline); at >= 0; at = text.indexOf(newline, at + 1)) this.#starts.push(at + 1);
  }

  /** The same object for the same bytes, which have to stay what they are. */
  static of(text: Buffer): LineStarts {
    const known = ofTexts.get(text);
    if (known !== undefined) return known;
    const starts = new LineStarts(text);
    ofTexts.set(text, starts);
    return starts;
  }

  /** The line that a byte is on; a newline is on the line that it ends. */
  lineAt(offset: number): number {
    return lastAtMost(this.#starts, offset) + 1;
  }

  /** The bytes of a line, without the newline. Those of the last one for a line that the text does not have. */
  rangeOf(line: number): { start: number; end: number } {
    const index = Math.min(Math.max(line, 1), this.#starts.length) - 1;
    const next = this.#starts[index + 1];
    return { start: this.#starts[index] ?? 0, end: next === undefined ? this.#length : next - 1 };
  }
}

const newline = 0x0a;
const ofTexts = new WeakMap<Buffer, LineStarts>();

/** The position of the last of some numbers, in order, that is not above a limit; -1 if all are. */
export function lastAtMost(numbers: ArrayLike<number>, limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
