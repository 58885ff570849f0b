// Random numbers that a seed decides, so that what fails can be made again.

/** Mulberry32: 32 bits of state, the same numbers on every platform. */
class Random {
  /** @type {number} */
  #state;

  /** @param {number} seed a whole number; its low 32 bits count */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** @returns {number} from 0, below 1 */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * A whole number, both bounds included.
   * @param {number} low
   * @param {number} high
   */
  integer(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** @param {number} probability */
  chance(probability) {
    return this.next() < probability;
  }

  /**
   * @template Item
   * @param {readonly Item[]} items at least one
   * @returns {Item}
   */
  pick(items) {
    return items[this.integer(0, items.length - 1)];
  }

  /**
   * @template Item
   * @param {readonly Item[]} items
   * @returns {Item[]} the same items in another order
   */
  shuffle(items) {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.integer(0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
    }
    return shuffled;
  }
}

module.exports = { Random };
