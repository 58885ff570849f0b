import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { PackageCompiler } from '../../lib/project/package-compiler.js';
import type { Toolchain } from '../../lib/project/toolchain.js';
import { Fixture } from '../support/fixture';

/** A compiler that says what it was called with, and notes it. */
function toolchainIn(fixture: Fixture, identity?: string) {
  const program = fixture.write('swiftc', `#!/bin/sh\necho "$*" >> '${fixture.path('calls').replaceAll("'", "'\\''")}'\necho "said $*"\n`);
  chmodSync(program, 0o755);
  const toolchain = { programs: fixture.folder, driver: { program, identity } } as Toolchain;
  const calls = () => readFileSync(fixture.path('calls'), 'utf8').trimEnd().split('\n');
  return { toolchain, calls };
}

async function provide(identity?: string) {
  const fixture = new Fixture({ calls: '' }, "what's here");
  const { toolchain, calls } = toolchainIn(fixture, identity);
  const question = { cwd: fixture.folder, temporaryFolder: fixture.folder };
  const compiler = await PackageCompiler.provide(fixture.path('package'), toolchain, question);
  const run = (...args: string[]) => execFileSync(compiler.environment.SWIFT_EXEC ?? '', args, { encoding: 'utf8' });
  return { compiler, run, calls };
}

describe('the compiler that SwiftPM is given', () => {
  it('has the answers to what SwiftPM asks, and calls the real one for anything else', async () => {
    const { run, calls } = await provide('a compiler');
    expect(calls().sort()).toEqual(['-h', '-print-target-info', '-version']);
    for (const asked of ['-version', '-version', '-h', '-print-target-info']) expect(run(asked)).toBe(`said ${asked}\n`);
    expect(calls()).toHaveLength(3);
    expect(run('-version', '-v')).toBe('said -version -v\n');
    expect(run('-module-name', "It's", 'a b.swift')).toBe("said -module-name It's a b.swift\n");
    expect(calls()).toHaveLength(5);
  });

  it('knows no answers of what may be something else than a compiler', async () => {
    const { run, calls } = await provide();
    expect([run('-version'), run('-version')]).toEqual(['said -version\n', 'said -version\n']);
    expect(calls().filter((call) => call !== '')).toEqual(['-version', '-version']);
  });

  it('leaves one module out, says when it came to that, and compiles it again when it is told so', async () => {
    const { compiler, run } = await provide('a compiler');
    const compile = (module: string) => spawnSync(compiler.environment.SWIFT_EXEC ?? '', ['-module-name', module, '-c']).status;
    await compiler.leaveOut('App');
    expect([compile('Library'), await compiler.hasLeftOut()]).toEqual([0, false]);
    expect([compile('App'), await compiler.hasLeftOut()]).toEqual([1, true]);
    await compiler.leaveOut('Library');
    expect([compile('App'), await compiler.hasLeftOut()]).toEqual([0, false]);
    await compiler.leaveOut(undefined);
    expect([compile('App'), compile('Library'), await compiler.hasLeftOut()]).toEqual([0, 0, false]);
    expect(run('-c')).toBe('said -c\n');
  });
});
