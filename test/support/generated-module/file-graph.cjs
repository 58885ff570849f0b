// Which file of a module may use which: a tree that reaches every file, a few uses of each besides, and hubs that many use.

/** @typedef {import('./random.cjs').Random} Random */

/** How many files use an ordinary file, its parent in the tree included; a use that needs a second file can make it one more. */
const usualUsers = 5;
/** How far back a file looks for files to use. */
const reach = 60;
/** From this size on there are hubs. */
const leastWithHubs = 100;
/** Files before this one can be hubs, those from here on are appointed to use them. */
const endOfHubs = 30;

/** Files are numbers, in the order of the module; each uses only those before it. The last is the root of the tree. */
class FileGraph {
  #count;
  #branching;
  /** @type {Set<number>[]} */
  #users;
  /** @type {Set<number>} */
  #hubs = new Set();
  /** @type {Map<number, number[]>} */
  #appointed = new Map();

  /** @param {number} count @param {Random} random */
  constructor(count, random) {
    this.#count = count;
    this.#branching = count < leastWithHubs ? 3 : 6;
    this.#users = Array.from({ length: count }, (_, file) => new Set(file === this.last ? [] : [this.#parentOf(file)]));
    if (count >= leastWithHubs) this.#appoint(random);
  }

  get last() {
    return this.#count - 1;
  }

  /** @param {number} file */
  childrenOf(file) {
    const first = (this.last - file) * this.#branching + 1;
    return Array.from({ length: this.#branching }, (_, child) => this.last - (first + child)).filter((child) => child >= 0);
  }

  /** @param {number} file */
  isHub(file) {
    return this.#hubs.has(file);
  }

  /** The hubs that a file has to use. @param {number} file */
  hubsFor(file) {
    return this.#appointed.get(file) ?? [];
  }

  /** The files that a file may use. @param {number} file */
  usableBy(file) {
    const first = Math.max(0, file - reach);
    return Array.from({ length: file - first }, (_, offset) => first + offset).filter((used) => this.#mayUse(file, used));
  }

  /** Notes that a file uses another. @param {number} file @param {number} used */
  use(file, used) {
    if (file !== used) this.#users[used].add(file);
  }

  /** @param {number} file */
  #parentOf(file) {
    return this.last - Math.floor((this.last - 1 - file) / this.#branching);
  }

  /** @param {number} file @param {number} used */
  #mayUse(file, used) {
    const users = this.#users[used];
    return users.has(file) || (!this.#hubs.has(used) && users.size < usualUsers);
  }

  /** Makes hubs of 50 and of 10 users; the parent in the tree is one of them. @param {Random} random */
  #appoint(random) {
    const scale = this.#count < 1_000 ? 1 : 3;
    const sizes = [...Array(scale).fill(50), ...Array(2 * scale).fill(10)];
    const candidates = random.shuffle(Array.from({ length: endOfHubs - 1 }, (_, index) => index + 1));
    const users = Array.from({ length: this.#count - endOfHubs }, (_, index) => index + endOfHubs);
    sizes.forEach((size, position) => {
      const hub = candidates[position];
      this.#hubs.add(hub);
      const others = random.shuffle(users.filter((user) => user !== this.#parentOf(hub)));
      for (const user of others.slice(0, size - 1)) {
        this.use(user, hub);
        this.#appointed.set(user, [...this.hubsFor(user), hub]);
      }
    });
  }
}

module.exports = { FileGraph };
