import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { promisify } from 'node:util';
import { doctor, program } from '../support/doctor';
import { Fixture } from '../support/fixture';

const run = promisify(execFile);

describe('hotswift doctor', () => {
  it('finds everything where sessions work, and draws a preview', async () => {
    const { exitCode, findings } = await doctor();
    expect(exitCode).toBe(0);
    expect([...findings].map(([what, { state }]) => `${what}: ${state}`)).toEqual([
      'hotswift: fine',
      'native addon: fine',
      'Swift toolchain: fine',
      'Swift packages: fine',
      'cache folder: fine',
      'fonts: fine',
      'a preview: fine',
    ]);
    expect(findings.get('a preview')?.says).toMatch(/^8 x 8 pixels after/);
    const { stdout } = await run(process.execPath, [program, 'doctor']);
    expect(stdout.split('\n').filter((line) => /^ok {7}\S/.test(line))).toHaveLength(7);
  });

  it.each([
    [
      'no compiler',
      ['--swiftc', '/nowhere/swiftc'],
      {},
      'Swift toolchain',
      /ERR_HOTSWIFT_TOOLCHAIN: There is no `\/nowhere\/swiftc`. Install Swift/,
    ],
    [
      'no addon',
      [],
      { HOTSWIFT_ADDON: '/nowhere/hotswift.node' },
      'native addon',
      /ERR_HOTSWIFT_NATIVE: .*\/nowhere\/hotswift\.node: .*npm run build:native/s,
    ],
    ['a cache that is a file', ['--cache-directory', __filename], {}, 'cache folder', /doctor\.test\.ts: EEXIST/],
  ])('says what is missing, and what to do: %s', async (_, args, env, what, says) => {
    const { exitCode, findings } = await doctor(args, env);
    expect(exitCode).toBe(1);
    expect(findings.get(what)).toMatchObject({ state: 'missing', says: expect.stringMatching(says) });
    expect([...findings.values()].filter(({ state }) => state !== 'fine')).toHaveLength(1);
    // There is nothing to try.
    expect(findings.has('a preview')).toBe(false);
  });

  it('quotes the compiler where a preview does not come up', async () => {
    const fixture = new Fixture();
    const broken = fixture.write(
      'swiftc',
      '#!/bin/sh\ncase "$*" in *-print-target-info*) exec swiftc "$@" ;; esac\necho "error: no libraries" >&2; exit 1\n',
    );
    chmodSync(broken, 0o755);
    const { exitCode, findings } = await doctor(['--swiftc', broken, '--cache-directory', fixture.path('cache')]);
    expect(exitCode).toBe(1);
    expect(findings.get('a preview')).toMatchObject({
      state: 'missing',
      says: expect.stringMatching(/^ERR_HOTSWIFT_\w+: .*no libraries/s),
    });
  });
});
