import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Fixture, swiftc } from '../support/fixture';
import { which } from '../support/package';

const program = path.join(__dirname, '..', '..', 'dist', 'cli.js');
const run = promisify(execFile);

interface Finding {
  what: string;
  state: string;
  says: string;
  remedy?: string;
}

/** What `hotswift doctor` finds, and its exit code. */
async function doctor(
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<{ exitCode: number; findings: Map<string, Finding> }> {
  const { exitCode, stdout } = await run(process.execPath, [program, 'doctor', '--json', ...args], {
    env: { ...process.env, ...env },
  }).then(
    (result) => ({ ...result, exitCode: 0 }),
    (failure: { code: number; stdout: string }) => ({ ...failure, exitCode: failure.code }),
  );
  return { exitCode, findings: new Map((JSON.parse(stdout) as Finding[]).map((finding) => [finding.what, finding])) };
}

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

  // The linker of macOS is beside its compiler.
  (process.platform === 'linux' ? it : it.skip).each([
    ['finds no linker', ''],
    ['finds no C library', 'echo "/usr/bin/ld: cannot find crti.o: No such file or directory" >&2; exit 1'],
  ])('says what to install where the compiler %s', async (_, linker) => {
    const fixture = new Fixture();
    if (linker !== '') chmodSync(fixture.write('bin/ld', `#!/bin/sh\n${linker}\n`), 0o755);
    const args = ['--swiftc', which(swiftc), '--cache-directory', fixture.path('cache')];
    const { exitCode, findings } = await doctor(args, { PATH: fixture.path('bin') });
    expect(exitCode).toBe(1);
    expect(findings.get('a preview')).toMatchObject({
      state: 'missing',
      says: expect.stringMatching(/^ERR_HOTSWIFT_TOOLCHAIN: .*apt-get install binutils libc6-dev/s),
    });
  });
});
