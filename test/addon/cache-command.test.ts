import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { CacheLeases } from '../../lib/project/cache-lease.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';

loadAddon();

const program = path.join(__dirname, '..', '..', 'dist', 'cli.js');

function hotswift(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, HOTSWIFT_CACHE_SIZE: '2M', TZ: 'UTC' },
  });
  return { status, stdout, stderr };
}

describe('hotswift cache', () => {
  const cache = new Fixture();
  const folders = {
    first: cache.path(`modules/${'a'.repeat(32)}/${'1'.repeat(32)}-11`),
    second: cache.path(`modules/${'a'.repeat(32)}/${'2'.repeat(32)}-00`),
    package: cache.path('packages/App-0123456789abcdef'),
    kit: cache.path(`preview-kit/${'9'.repeat(32)}`),
  };
  const session = new CacheLeases();

  beforeAll(async () => {
    chmodSync(cache.folder, 0o700);
    const labels = {
      first: { of: '/dev/App', what: 'module App' },
      second: { of: '/dev/App', what: 'module App' },
      package: { of: '/dev/App', what: 'what it depends on' },
      kit: { of: 'Swift 6.0.3, swiftc', what: 'PreviewKit' },
    };
    const used = new CacheLeases();
    for (const [index, [name, folder]] of Object.entries(folders).entries()) {
      cache.write(path.relative(cache.folder, path.join(folder, 'file')), Buffer.alloc(100 * 1024));
      await used.hold(folder, labels[name as keyof typeof labels]);
      // Letting go is a use: the times come afterwards.
      await used.release();
      const time = new Date(Date.UTC(2026, 4, 4, 13, 10 - index));
      utimesSync(path.join(folder, '.lease'), time, time);
    }
    cache.write('third_party/llvm/file', 'x');
    await session.hold(folders.kit, labels.kit);
  });
  afterAll(() => session.release());

  it('shows what there is of each project, how large it is, when it was used, and what may be', () => {
    const { status, stdout } = hotswift('cache', '--cache-directory', cache.folder);
    expect(status).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toBe(`${cache.folder}: 416.0 KiB of 2.0 MiB`);
    expect(lines.slice(1).map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      '',
      'Swift 6.0.3, swiftc',
      '  PreviewKit  104.0 KiB  in use',
      '',
      '/dev/App',
      '  module App  208.0 KiB  last used 2026-05-04 13:10',
      '  what it depends on  104.0 KiB  last used 2026-05-04 13:08',
    ]);
  });

  it('tells programs as JSON', () => {
    const { status, stdout } = hotswift('cache', '--json', '--cache-directory', cache.folder);
    expect(status).toBe(0);
    const { entries, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ folder: cache.folder, bytes: 416 * 1024, bound: 2 * 2 ** 20 });
    expect(entries.map(({ kind, folder, isInUse }: Record<string, unknown>) => [kind, folder, isInUse])).toEqual([
      ['preview-kit', folders.kit, true],
      ['module', folders.first, false],
      ['module', folders.second, false],
      ['package', folders.package, false],
    ]);
    expect(entries[3]).toMatchObject({
      of: '/dev/App',
      what: 'what it depends on',
      bytes: 104 * 1024,
      lastUse: '2026-05-04T13:08:00.000Z',
    });
  });

  it('removes what no session uses, and nothing that is not hotswift’s', () => {
    const { status, stdout } = hotswift('cache', '--clear', '--cache-directory', cache.folder);
    expect([status, stdout]).toEqual([
      0,
      `${cache.folder}: removed 312.0 KiB\nkept, because a session uses it: PreviewKit (Swift 6.0.3, swiftc)\n`,
    ]);
    const left = [...Object.values(folders), cache.path('third_party/llvm/file')].filter((file) => existsSync(file));
    expect(left).toEqual([folders.kit, cache.path('third_party/llvm/file')]);
  });

  it('makes no cache where there is none', () => {
    const { status, stdout } = hotswift('cache', '--cache-directory', cache.path('none'));
    expect([status, stdout]).toEqual([0, `${cache.path('none')}: 0 bytes of 2.0 MiB\n`]);
    expect(existsSync(cache.path('none'))).toBe(false);
  });

  it('ends with 3 where the cache cannot be used, and with 2 where the call is wrong', () => {
    const open = new Fixture();
    chmodSync(open.folder, 0o777);
    expect(hotswift('cache', '--cache-directory', open.folder)).toMatchObject({ status: 3, stderr: expect.stringContaining('chmod 700') });
    expect(hotswift('cache', '--bogus')).toMatchObject({ status: 2, stderr: expect.stringContaining('unknown option') });
  });
});
