import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { defaultCacheDirectory, openCacheDirectory } from '../../lib/project/cache-directory.js';
import { noSpaceLeft } from '../../lib/project/full-disk.js';
import { Fixture } from '../support/fixture';

const refused = (message: RegExp) => ({ code: 'ERR_HOTSWIFT_PROJECT', message: expect.stringMatching(message) });

describe('the cache folder', () => {
  it('is made for its owner alone, with the folders above it', async () => {
    const fixture = new Fixture();
    const folder = fixture.path('.cache/hotswift');
    expect(await openCacheDirectory(folder)).toBe(folder);
    expect([folder, path.dirname(folder)].map((each) => statSync(each).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  it('may be one that others can read, and stays as it is', async () => {
    const { folder } = new Fixture();
    chmodSync(folder, 0o755);
    expect(await openCacheDirectory(folder)).toBe(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  });

  it('is known by its real path', async () => {
    const fixture = new Fixture();
    mkdirSync(fixture.path('real'), 0o700);
    symlinkSync('real', fixture.path('link'));
    expect(await openCacheDirectory(fixture.path('link'))).toBe(fixture.path('real'));
  });

  it.each([
    ['its group', 0o770],
    ['everybody', 0o707],
    ['everybody, as /tmp', 0o1777],
  ])('is refused where it can be written by %s, also behind a link', async (_, mode) => {
    const fixture = new Fixture();
    const folder = fixture.path('open');
    mkdirSync(folder);
    chmodSync(folder, mode);
    symlinkSync('open', fixture.path('link'));
    const message = new RegExp(
      `${folder} is not used, because others can write it.*chmod 700 '${folder}'.*\`cacheDirectory\`.*HOTSWIFT_CACHE`,
    );
    await expect(openCacheDirectory(folder)).rejects.toMatchObject(refused(message));
    await expect(openCacheDirectory(fixture.path('link'))).rejects.toMatchObject(refused(message));
  });

  describe('of another user', () => {
    afterEach(() => jest.restoreAllMocks());

    it('is refused', async () => {
      const { folder } = new Fixture();
      const user = process.geteuid?.() ?? 0;
      if (user === 0) chownSync(folder, 4242, 4242);
      else jest.spyOn(process as { geteuid(): number }, 'geteuid').mockReturnValue(user + 1);
      await expect(openCacheDirectory(folder)).rejects.toMatchObject(
        refused(/belongs to another user \(uid \d+, .* uid \d+\).*chown -R \d+ /),
      );
    });

    it('is used where that is root, who can do anything anyway', async () => {
      jest.spyOn(process as { geteuid(): number }, 'geteuid').mockReturnValue(4242);
      expect(await openCacheDirectory('/usr')).toBe('/usr');
    });
  });

  it.each([
    ['where there can be none', '/proc/x', /\/proc\/x: ENOENT/],
    ['nor below', '/proc/x/y/z', /\/proc\/x\/y\/z: ENOENT/],
    ['that is a file', __filename, /EEXIST/],
    ['below a file', path.join(__filename, 'cache'), /ENOTDIR/],
  ])('%s is refused', async (_, folder, message) => {
    await expect(openCacheDirectory(folder)).rejects.toMatchObject(refused(message));
  });
});

describe('the usual cache folder', () => {
  const { HOTSWIFT_CACHE, XDG_CACHE_HOME, HOME } = process.env;
  afterEach(() => {
    jest.restoreAllMocks();
    for (const [name, value] of Object.entries({ HOTSWIFT_CACHE, XDG_CACHE_HOME, HOME })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  function defaultWith(variables: Record<string, string>): string {
    for (const name of ['HOTSWIFT_CACHE', 'XDG_CACHE_HOME', 'HOME']) delete process.env[name];
    Object.assign(process.env, variables);
    return defaultCacheDirectory();
  }
  /** As for a user that the system does not know. */
  const withoutHome = () =>
    jest.spyOn(os, 'homedir').mockImplementation(() => {
      throw new Error('A system error occurred: uv_os_homedir returned ENOENT');
    });

  it('is the one that the environment names, else that of the user', () => {
    expect(defaultWith({ HOME: '/home/me', HOTSWIFT_CACHE: '/mine' })).toBe('/mine');
    if (process.platform === 'darwin') return;
    expect(defaultWith({ HOME: '/home/me', XDG_CACHE_HOME: '/caches' })).toBe('/caches/hotswift');
    expect(defaultWith({})).toBe(path.join(os.homedir(), '.cache/hotswift'));
  });

  it('is missed where the user has no home folder, and only then', () => {
    withoutHome();
    expect(() => defaultWith({})).toThrow(
      expect.objectContaining(refused(/no home folder, and HOME is not set.*`cacheDirectory`.*HOTSWIFT_CACHE/)),
    );
    expect(defaultWith({ HOTSWIFT_CACHE: '/mine' })).toBe('/mine');
  });
});

describe('a full disk', () => {
  it.each<[string, unknown]>([
    ['an error of the system', Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' })],
    ['a quota', Object.assign(new Error('EDQUOT: write'), { code: 'EDQUOT' })],
    [
      'a compiler that ends with it',
      'Failure value returned from cantFail wrapped call\nNo space left on device\nUNREACHABLE executed at Error.h:753!\n',
    ],
    ['a linker', '/usr/bin/ld.gold: fatal error: /cache/libPreviewKit.so: No space left on device\nclang: error: linker command failed'],
    ['SwiftPM', new Error("SwiftPM cannot build App:\nerror: unable to write file '/c/x' (No space left on device)\n")],
  ])('is told from %s, with where it is and what to do', async (_, said) => {
    const { folder } = new Fixture();
    const message = new RegExp(
      `no space is left on the device \\(ENOSPC\\) for ${folder}, where [\\d.]+ MiB are free.*hotswift cache --clear.*HOTSWIFT_CACHE`,
    );
    expect(await noSpaceLeft(said, [folder, '/nowhere'])).toMatchObject(refused(message));
  });

  it.each<[string, unknown]>([
    ['another error', Object.assign(new Error('EACCES: write'), { code: 'EACCES' })],
    [
      'source code that is quoted',
      'View.swift:3:7: error: cannot find \'x\' in scope\nlet text = x + "No space left on device, errno ENOSPC"\n',
    ],
    ['nothing', undefined],
  ])('is not told from %s', async (_, said) => {
    expect(await noSpaceLeft(said, ['/'])).toBeUndefined();
  });
});
