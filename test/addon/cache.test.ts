import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { boundCache, clearCache } from '../../lib/project/cache-bound.js';
import { listCache } from '../../lib/project/cache-contents.js';
import { finishedEntries, isWholeEntry, makeEntry, removeOldEntries, useEntry } from '../../lib/project/cache-entry.js';
import { CacheLeases, moveUnused } from '../../lib/project/cache-lease.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';

loadAddon();

const label = { of: '/a/project', what: 'module App' };
const MiB = 2 ** 20;
const dist = path.join(__dirname, '..', '..', 'dist');

/** Names of folders of a cache, as hotswift gives them. */
const names = {
  state: (module: string, state: string) => `modules/${module.repeat(32)}/${state.repeat(32)}-11`,
  package: (name: string) => `packages/${name}-0123456789abcdef`,
  kit: `preview-kit/${'9'.repeat(32)}`,
  modules: `compiler-modules/${'8'.repeat(32)}`,
};

/** A cache, and sessions of it. */
class Cache extends Fixture {
  #minutes = 0;
  readonly #leases: CacheLeases[] = [];

  /** A folder with a file of so many MiB, which was used after those that were added before. */
  async add(name: string, size: number, { isLeased = true }: { isLeased?: boolean } = {}): Promise<string> {
    const folder = path.dirname(this.write(`${name}/file`, Buffer.alloc(size * MiB)));
    if (isLeased) await use(folder);
    this.#minutes += 1;
    const used = new Date(2020, 1, 1, 0, this.#minutes);
    utimesSync(isLeased ? path.join(folder, '.lease') : folder, used, used);
    return folder;
  }

  get left(): string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => path.basename(name) === 'file')
      .map(path.dirname)
      .sort();
  }

  /** Another session, that uses some folders until it ends. */
  async session(...folders: string[]): Promise<CacheLeases> {
    const leases = new CacheLeases();
    this.#leases.push(leases);
    for (const folder of folders) expect(await leases.hold(folder, label)).toBe(true);
    return leases;
  }
}

async function use(folder: string): Promise<void> {
  const leases = new CacheLeases();
  await leases.hold(folder, label);
  await leases.release();
}

/** A process that leases folders, until it is killed. */
async function processWith(...folders: string[]) {
  const script = `
    require(${JSON.stringify(path.join(dist, 'reload/native.js'))}).loadAddon();
    const { CacheLeases } = require(${JSON.stringify(path.join(dist, 'project/cache-lease.js'))});
    const leases = new CacheLeases();
    Promise.all(${JSON.stringify(folders)}.map((folder) => leases.hold(folder, { of: '', what: '' }))).then(() => console.log('held'));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('a cache that has become too large', () => {
  it('loses what was used least recently, of whatever kind, until it fits', async () => {
    const cache = new Cache();
    await cache.add(names.package('Old'), 3);
    await cache.add(names.state('a', '1'), 2);
    await cache.add(names.kit, 1);
    await cache.add(names.modules, 1);
    await cache.add(names.state('a', '2'), 2);
    await boundCache(cache.folder, 20 * MiB);
    expect(cache.left).toHaveLength(5);
    await boundCache(cache.folder, 4.5 * MiB);
    expect(cache.left).toEqual([names.modules, names.kit, names.state('a', '2')].sort());
    await boundCache(cache.folder, 0);
    expect(cache.left).toEqual([]);
    expect(existsSync(cache.path(`modules/${'a'.repeat(32)}`))).toBe(false);
  });

  it('keeps what a session uses, of this process or another, until that ends, be it by SIGKILL', async () => {
    const cache = new Cache();
    const [own, other, free] = [
      await cache.add(names.package('Own'), 1),
      await cache.add(names.package('Other'), 1),
      await cache.add(names.package('Free'), 1),
    ];
    const [session, elsewhere] = [await cache.session(own), await processWith(other)];
    await boundCache(cache.folder, 0);
    expect([own, other, free].map(existsSync)).toEqual([true, true, false]);
    await session.release();
    await boundCache(cache.folder, 0);
    expect([own, other].map(existsSync)).toEqual([false, true]);
    await elsewhere.kill();
    await boundCache(cache.folder, 0);
    expect(existsSync(other)).toBe(false);
  });

  it('keeps what two sessions use until the last of them has ended', async () => {
    const cache = new Cache();
    const folder = await cache.add(names.kit, 1);
    const [one, other] = [await cache.session(folder), await cache.session(folder)];
    await one.release();
    await boundCache(cache.folder, 0);
    expect(existsSync(folder)).toBe(true);
    await other.release();
    await boundCache(cache.folder, 0);
    expect(existsSync(folder)).toBe(false);
  });

  it('loses nothing that is not hotswift’s, wherever it lies and wherever links lead', async () => {
    const outside = new Cache();
    const linked = await outside.add('elsewhere', 1);
    const cache = new Cache();
    const others = [
      'third_party/llvm-22',
      'packages/of-something',
      'modules/of-something',
      'preview-kit/notes',
      `modules/${'a'.repeat(32)}/state`,
      'Documents',
    ];
    for (const name of others) await cache.add(name, 1);
    symlinkSync(linked, cache.path(names.package('Link')));
    mkdirSync(cache.path('compiler-modules'));
    symlinkSync(linked, cache.path(names.modules));
    await cache.add(names.package('Ours'), 1);
    await boundCache(cache.folder, 0);
    expect(cache.left).toEqual([...others, names.package('Link'), names.modules].sort());
    expect(readFileSync(path.join(linked, 'file')).length).toBe(MiB);
  });

  it('counts a file that two states share once, for the one that stays', async () => {
    const cache = new Cache();
    const old = await cache.add(names.state('a', '1'), 2);
    const young = await cache.add(names.state('a', '2'), 1);
    linkSync(path.join(old, 'file'), path.join(young, 'shared'));
    // Removing the old one makes no room, for both have its one file.
    await boundCache(cache.folder, 2 * MiB);
    expect(cache.left).toEqual([]);
  });

  it('measures again what was used since', async () => {
    const cache = new Cache();
    const folder = await cache.add(names.package('Growing'), 1);
    const rest = await cache.add(names.kit, 1);
    await boundCache(cache.folder, 4 * MiB);
    const session = await cache.session(folder);
    writeFileSync(path.join(folder, 'more'), Buffer.alloc(3 * MiB));
    await boundCache(cache.folder, 4 * MiB);
    expect([folder, rest].map(existsSync)).toEqual([true, false]);
    await session.release();
  });

  it('leaves alone for a day what was never leased', async () => {
    const cache = new Cache();
    const folder = await cache.add(names.package('Before'), 1, { isLeased: false });
    const now = new Date();
    utimesSync(folder, now, now);
    await boundCache(cache.folder, 0);
    expect(existsSync(folder)).toBe(true);
    utimesSync(folder, now, new Date(now.getTime() - 25 * 3_600_000));
    await boundCache(cache.folder, 0);
    expect(existsSync(folder)).toBe(false);
  });

  it('is also rid of what a killed process left half made or half removed', async () => {
    const cache = new Cache();
    const [unfinished, building] = [`modules/${'a'.repeat(32)}/.building-x`, `preview-kit/.building-y`];
    for (const name of [unfinished, building, '.removed-z']) await cache.add(name, 1);
    const session = await cache.session(cache.path(building));
    await boundCache(cache.folder, 20 * MiB);
    expect(cache.left).toEqual([building]);
    await session.release();
    await boundCache(cache.folder, 20 * MiB);
    expect(cache.left).toEqual([]);
  });

  it('goes on being removed after it was interrupted', async () => {
    const cache = new Cache();
    const folder = await cache.add(names.package('Large'), 1);
    for (let index = 0; index < 500; index += 1) cache.write(`${names.package('Large')}/${index}`, '');
    const controller = new AbortController();
    const first = boundCache(cache.folder, 0, controller.signal);
    const isGone = () => (existsSync(folder) ? new Promise<void>((resolve) => setImmediate(() => resolve(isGone()))) : undefined);
    await isGone();
    controller.abort();
    await expect(first).rejects.toThrow('aborted');
    expect(readdirSync(cache.folder).filter((name) => name.startsWith('.removed-'))).toHaveLength(1);
    await boundCache(cache.folder, 20 * MiB);
    expect(readdirSync(cache.folder)).toEqual(['packages']);
  });
});

it('a cache that is cleared keeps what sessions use, and says so', async () => {
  const cache = new Cache();
  const used = await cache.add(names.package('Used'), 1);
  await cache.add(names.state('a', '1'), 1);
  await cache.add('third_party/llvm', 1);
  const session = await cache.session(used);
  const folders = await listCache(cache.folder);
  expect(folders.map(({ kind }) => kind)).toEqual(['package', 'module']);
  expect(await clearCache(cache.folder, folders)).toEqual(['in-use', 'moved']);
  expect(cache.left).toEqual([names.package('Used'), 'third_party/llvm'].sort());
  await session.release();
});

describe('a lease', () => {
  it('is not to be had of a folder that is not there, nor kept of one that another took the place of', async () => {
    const cache = new Cache();
    const folder = cache.path(names.kit);
    const session = await cache.session();
    expect(await session.hold(folder, label)).toBe(false);
    await cache.add(names.kit, 1);
    expect(await session.hold(folder, label)).toBe(true);
    rmSync(folder, { recursive: true });
    expect(await session.hold(folder, label)).toBe(false);
    await cache.add(names.kit, 1);
    expect(await session.hold(folder, label)).toBe(true);
    expect(await moveUnused(folder, cache.path('moved'))).toBe('in-use');
    await session.release();
    expect(await moveUnused(folder, cache.path('moved'))).toBe('moved');
  });

  it('is held of a folder in which nothing can be written', async () => {
    const cache = new Cache();
    const folder = await cache.add(names.kit, 1);
    for (const file of [path.join(folder, '.lease'), folder]) chmodSync(file, statSync(file).mode & 0o555);
    const session = await cache.session(folder);
    expect(await moveUnused(folder, cache.path('moved'))).not.toBe('moved');
    await session.release();
    chmodSync(folder, 0o755);
  });
});

describe('an entry', () => {
  const text = 'what was built';
  const build = async (folder: string) => {
    writeFileSync(path.join(folder, 'product'), text);
    return undefined;
  };

  it('is whole as long as no bit of it is another', async () => {
    const entry = new Fixture().path('entries/one');
    await makeEntry(entry, { label, build });
    expect(await isWholeEntry(entry)).toBe(true);
    const product = path.join(entry, 'product');
    const { atime, mtime } = statSync(product);
    const flipped = Buffer.from(text);
    flipped[5] ^= 0x10;
    writeFileSync(product, flipped);
    utimesSync(product, atime, mtime);
    expect(await isWholeEntry(entry)).toBe(false);
    await makeEntry(entry, { label, build });
    expect(await isWholeEntry(entry)).toBe(true);
    expect(readFileSync(product, 'utf8')).toBe(text);
    expect(readdirSync(path.dirname(entry))).toEqual(['one']);
  });

  it('of which a file is known to have held something else is not taken for whole', async () => {
    const entry = new Fixture().path('entries/one');
    const known = (folder: string) => build(folder).then(() => new Map([[path.join(folder, 'product'), '0123456789abcdef']]));
    await makeEntry(entry, { label, build: known });
    expect(await isWholeEntry(entry)).toBe(false);
  });

  it('is looked at to the last bit once by each who uses it', async () => {
    const entry = new Fixture().path('entries/one');
    await makeEntry(entry, { label, build });
    const [first, second] = [new CacheLeases(), new CacheLeases()];
    expect(await useEntry(entry, label, first)).toBe(true);
    writeFileSync(path.join(entry, 'product'), text.toUpperCase());
    expect(await useEntry(entry, label, first)).toBe(true);
    expect(await useEntry(entry, label, second)).toBe(false);
    writeFileSync(path.join(entry, 'product'), 'short');
    expect(await useEntry(entry, label, first)).toBe(false);
    await Promise.all([first.release(), second.release()]);
  });

  it('that is old goes, unless it is used or being made', async () => {
    const folder = new Fixture().path('entries');
    const entries = ['1', '2', '3', '4'].map((name) => path.join(folder, name));
    for (const [index, entry] of entries.entries()) {
      await makeEntry(entry, { label, build });
      utimesSync(path.join(entry, '.lease'), index + 1, index + 1);
    }
    for (const [name, time] of [
      ['.building-abandoned', 1],
      ['.building-new', Date.now() / 1000],
    ] as const) {
      mkdirSync(path.join(folder, name));
      utimesSync(path.join(folder, name), time, time);
    }
    const session = new CacheLeases();
    await session.hold(entries[0] ?? '', label);
    let during: string[] = [];
    const slow = async (product: string) => {
      await removeOldEntries(folder, 2);
      during = readdirSync(folder).filter((name) => name.startsWith('.building-'));
      return build(product);
    };
    await makeEntry(path.join(folder, '5'), { label, build: slow });
    // The one that is being made, and one that may be.
    expect(during).toHaveLength(2);
    expect((await finishedEntries(folder)).map((entry) => path.basename(entry)).sort()).toEqual(['1', '4', '5']);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual(['.building-new']);
    await session.release();
  });
});
