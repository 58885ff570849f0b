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

/**
 * Files are numbers, in the order of the module; each uses only those before it. The last is the root of the tree. Where there is a core, that is a tree of its
 * own, of the first so many files, and the rest, which may use those of it, another.
 */
class FileGraph {
  #count;
  #core;
  /** @type {Set<number>[]} */
  #users;
  /** @type {Set<number>} */
  #hubs = new Set();
  /** @type {Map<number, number[]>} */
  #appointed = new Map();

  /** @param {number} count @param {number} core 0: none @param {Random} random */
  constructor(count, core, random) {
    this.#count = count;
    this.#core = core;
    this.#users = Array.from({ length: count }, (_, file) => new Set(file === this.#treeOf(file).root ? [] : [this.#parentOf(file)]));
    if (count >= leastWithHubs) this.#appoint(random);
  }

  get last() {
    return this.#count - 1;
  }

  /** The root of the tree that is previewed. */
  get previewed() {
    return this.#core > 0 ? this.#core - 1 : this.last;
  }

  /** @param {number} file */
  childrenOf(file) {
    const { root, branching, first } = this.#treeOf(file);
    const next = (root - file) * branching + 1;
    return Array.from({ length: branching }, (_, child) => root - (next + child)).filter((child) => child >= first);
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
  #treeOf(file) {
    const [first, root] = file < this.#core ? [0, this.#core - 1] : [this.#core, this.last];
    return { first, root, branching: root - first < leastWithHubs - 1 ? 3 : 6 };
  }

  /** @param {number} file */
  #parentOf(file) {
    const { root, branching } = this.#treeOf(file);
    return root - Math.floor((root - 1 - file) / branching);
  }

  /** @param {number} file @param {number} used */
  #mayUse(file, used) {
    const users = this.#users[used];
    return users.has(file) || (used !== this.previewed && !this.#hubs.has(used) && users.size < usualUsers);
  }

  /** Makes hubs of 50 and of 10 users; the parent in the tree is one of them. @param {Random} random */
  #appoint(random) {
    const scale = this.#count < 1_000 ? 1 : 3;
    const sizes = [...Array(scale).fill(50), ...Array(2 * scale).fill(10)];
    const candidates = random.shuffle(Array.from({ length: endOfHubs - 1 }, (_, index) => this.#core + index + 1));
    const users = Array.from({ length: this.#count - this.#core - endOfHubs }, (_, index) => this.#core + index + endOfHubs);
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
