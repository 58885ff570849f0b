import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, linkSync, openSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';

const { fileDigests, lockFile, measureFiles, removeFiles } = loadAddon();
const addon = require.resolve('../../build-cmake/Release/hotswift.node');

describe('the digest of a file', () => {
  it.each([
    ['a small file', 1000],
    ['a file of several pieces', 3_500_000],
    ['a file that ends with a piece', 2 ** 21],
  ])('is that of its bytes alone: %s', async (_, size) => {
    const fixture = new Fixture();
    const bytes = Buffer.alloc(size, 'Swift');
    const flipped = Buffer.from(bytes);
    flipped[size - 1] ^= 1;
    const files = [fixture.write('one', bytes), fixture.write('other', bytes), fixture.write('flipped', flipped)];
    const [one, other, damaged] = await fileDigests([...files, fixture.write('shorter', bytes.subarray(1))]);
    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect(other).toBe(one);
    expect(damaged).not.toBe(one);
  });

  it('is empty where there is nothing to read', async () => {
    const fixture = new Fixture();
    expect(await fileDigests([fixture.path('nothing'), fixture.folder])).toEqual(['', '']);
    const [empty] = await fileDigests([fixture.write('empty', '')]);
    expect(empty).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('the lock of a file', () => {
  it('lets those in that do not want it alone, and is free when the last of them has closed it', async () => {
    const file = new Fixture().write('lock', '');
    const [one, other, third] = ['r', 'r', 'r+'].map((flags) => openSync(file, flags));
    expect(await Promise.all([lockFile(one, false, 0), lockFile(other, false, 0)])).toEqual(['locked', 'locked']);
    expect(await lockFile(third, true, 0)).toBe('busy');
    closeSync(one);
    expect(await lockFile(third, true, 0)).toBe('busy');
    closeSync(other);
    expect(await lockFile(third, true, 0)).toBe('locked');
    closeSync(third);
  });

  it('waits for the one who has it alone', async () => {
    const file = new Fixture().write('lock', '');
    const [one, other] = [openSync(file, 'r+'), openSync(file, 'r')];
    await lockFile(one, true, 0);
    const waiting = lockFile(other, false, 60_000);
    closeSync(one);
    expect(await waiting).toBe('locked');
    closeSync(other);
  });

  it('ends with its process, however that ends', async () => {
    const file = new Fixture().write('lock', '');
    const script = `require(${JSON.stringify(addon)}).lockFile(require('fs').openSync(${JSON.stringify(file)}, 'r'), false, 0).then(console.log); setInterval(() => {}, 1000)`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(String((await once(child.stdout, 'data'))[0]).trim()).toBe('locked');
    const own = openSync(file, 'r+');
    expect(await lockFile(own, true, 0)).toBe('busy');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await lockFile(own, true, 0)).toBe('locked');
    closeSync(own);
  });

  it('is not to be had of what is no file', async () => {
    expect(await lockFile(12345, false, 0)).toBe('unsupported');
  });
});

describe('the files of a folder', () => {
  function tree(): Fixture {
    const fixture = new Fixture({ a: 'x', 'b/c': 'x'.repeat(5000), 'b/d/e': '' }, 'tree');
    symlinkSync('/usr', fixture.path('b/link'));
    return fixture;
  }

  it('are measured in blocks, without what links lead to', async () => {
    const { folder } = tree();
    const { bytes, shared, rest } = await measureFiles([folder], 1000);
    // Folders, a block, two blocks, none, and a link.
    expect(bytes).toBe((2 + 1 + 2 + 0 + 1) * 4096);
    expect([shared.length, rest]).toEqual([0, []]);
  });

  it('are told apart where several names are of one file', async () => {
    const fixture = tree();
    linkSync(fixture.path('a'), fixture.path('b/again'));
    const { bytes, shared } = await measureFiles([fixture.folder], 1000);
    expect(bytes).toBe((2 + 2 + 0 + 1) * 4096);
    expect(shared.length).toBe(6);
    expect(shared.subarray(0, 2)).toEqual(shared.subarray(3, 5));
    expect([shared[2], shared[5]]).toEqual([4096, 4096]);
  });

  it('are measured and removed some at a time', async () => {
    const fixture = tree();
    let [folders, total, calls] = [[fixture.folder], 0, 0];
    for (; folders.length > 0; calls += 1) {
      const part = await measureFiles(folders, 1);
      [folders, total] = [part.rest, total + part.bytes];
    }
    expect([calls, total]).toEqual([3, 6 * 4096]);
    let removals = 1;
    while (!(await removeFiles(fixture.folder, 1))) removals += 1;
    expect(removals).toBeGreaterThan(2);
    expect(existsSync(fixture.folder)).toBe(false);
  });

  it('are removed, and nothing that links lead to', async () => {
    const outside = new Fixture({ kept: 'text' });
    const fixture = tree();
    symlinkSync(outside.folder, fixture.path('b/outside'));
    writeFileSync(fixture.path('b/read-only'), '', { mode: 0o400 });
    expect(await removeFiles(fixture.folder, 1000)).toBe(true);
    expect(existsSync(fixture.folder)).toBe(false);
    expect(readFileSync(outside.path('kept'), 'utf8')).toBe('text');
    expect(readdirSync('/usr').length).toBeGreaterThan(0);
  });

  it('that is not there are none', async () => {
    expect(await measureFiles(['/nowhere'], 10)).toMatchObject({ bytes: 0, rest: [] });
    expect(await removeFiles('/nowhere/at/all', 10)).toBe(true);
  });
});
