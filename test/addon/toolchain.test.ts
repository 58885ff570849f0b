import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { askForTemplate } from '../../lib/compile/frontend-job.js';
import { describeModule } from '../../lib/project/module.js';
import { findToolchain, type Toolchain } from '../../lib/project/toolchain.js';
import { Fixture, toolchain as realToolchain } from '../support/fixture';

/**
 * A compiler of its own in a folder: the driver is a copy, and what it asks of the frontend is noted. `resources`: the folder that it says its runtime is in.
 */
class Compiler {
  readonly #fixture = new Fixture({ calls: '' }, 'toolchain');
  readonly swiftc = this.#fixture.path('usr/bin/swiftc');
  readonly frontend = this.#fixture.path('usr/bin/swift-frontend');
  readonly root = this.#fixture.path('usr');

  constructor(resources?: string) {
    const real = realToolchain();
    const programs = path.dirname(real.frontend);
    mkdirSync(path.dirname(this.swiftc), { recursive: true });
    symlinkSync(path.join(programs, '..', 'lib'), this.#fixture.path('usr/lib'));
    copyFileSync(realpathSync(path.join(programs, 'swiftc')), this.swiftc);
    const named = path.join(resources ?? this.root, 'lib', 'swift');
    this.#fixture.write(
      'usr/bin/swift-frontend',
      `#!/bin/sh
echo "$*" >> '${this.#fixture.path('calls')}'
case "$*" in
  *-print-target-info*) exec '${real.frontend}' "$@" | sed 's#"runtimeResourcePath": ".*"#"runtimeResourcePath": "${named}"#' ;;
  *) exec '${real.frontend}' "$@" ;;
esac
`,
    );
    chmodSync(this.frontend, 0o755);
  }

  /** Whether the driver has asked the frontend anything since this was called last. */
  wasAsked(): boolean {
    const calls = readFileSync(this.#fixture.path('calls'), 'utf8');
    this.#fixture.write('calls', '');
    return calls !== '';
  }
}

describe('what a compiler says', () => {
  const fixture = new Fixture({ 'View.swift': '', 'one/mark': '', 'bridge.h': 'static int bridged = 7;\n' });
  const compiler = new Compiler();
  const temporary = fixture.path('temporary');
  mkdirSync(temporary);
  const search = { folder: fixture.folder, cacheDirectory: fixture.path('cache') };
  const find = (swiftc = compiler.swiftc, more = {}) => findToolchain({ swiftc }, temporary, { ...search, ...more });
  const template = async (found: Toolchain, flags: string[] = []) => {
    const module = await describeModule(fixture.path('View.swift'), { name: 'App', sources: [], flags });
    return askForTemplate(found, module, [], fixture.path('module-cache'), temporary);
  };

  it('is asked once, and recalled by the next session', async () => {
    const first = await find();
    const jobs = await template(first);
    expect(compiler.wasAsked()).toBe(true);
    expect(first).toMatchObject({ swiftc: compiler.swiftc, programs: path.dirname(compiler.swiftc) });
    expect(jobs).toMatchObject({ program: compiler.frontend, args: expect.arrayContaining(['-module-name', 'App']) });

    const second = await find();
    expect(second).toEqual(first);
    expect(await template(second)).toEqual(jobs);
    // In another folder a compiler is the same.
    expect(await find(undefined, { folder: fixture.path('one') })).toEqual(first);
    expect(compiler.wasAsked()).toBe(false);
  });

  it('is asked again for other flags, another environment, and what cannot be kept', async () => {
    const found = await find();
    const { args } = await template(found, ['-D', 'OTHER']);
    expect(args).toContain('OTHER');
    expect(compiler.wasAsked()).toBe(true);
    process.env.SDKROOT = fixture.folder;
    try {
      expect((await template(found)).args).toContain(fixture.folder);
      expect(compiler.wasAsked()).toBe(true);
    } finally {
      delete process.env.SDKROOT;
    }
    await template(found);
    expect(compiler.wasAsked()).toBe(false);
    fixture.write('flags', '-D LISTED');
    expect((await template(found, [`@${fixture.path('flags')}`])).args).toContain('LISTED');
    fixture.write('flags', '-D RELISTED');
    expect((await template(found, [`@${fixture.path('flags')}`])).args).toContain('RELISTED');
  });

  it('names no temporary file of the driver’s, of bridging headers neither', async () => {
    const { args } = await template(await find(), ['-import-objc-header', fixture.path('bridge.h')]);
    expect(args).toEqual(expect.arrayContaining(['-import-objc-header', fixture.path('bridge.h')]));
    expect(args.join(' ')).not.toContain(temporary);
  });

  it('is read as it is meant, also of paths that a shell would take apart', async () => {
    const folders = ['two\nlines', "it's", 'a "quoted" \\ $HOME', 'blank '].map((name) => fixture.path(name));
    const { args } = await template(
      await find(),
      folders.flatMap((folder) => ['-I', folder]),
    );
    expect(args).toEqual(expect.arrayContaining(folders.flatMap((folder) => ['-I', folder])));
  });

  it('is asked again of a compiler that was updated in place, of the same size and time, which is another', async () => {
    const before = await find();
    compiler.wasAsked();
    const { atime, mtime, size } = statSync(compiler.frontend);
    const text = readFileSync(compiler.frontend, 'utf8');
    writeFileSync(compiler.frontend, text);
    utimesSync(compiler.frontend, atime, mtime);
    expect(statSync(compiler.frontend).size).toBe(size);
    await find();
    expect(compiler.wasAsked()).toBe(true);
    utimesSync(compiler.frontend, atime, new Date());
    expect((await find()).id).not.toBe(before.id);
  });

  it('is asked of a version manager’s program in the folder of the package, and then of the compiler that this has named', async () => {
    const chosen = new Compiler();
    const manager = new Compiler(chosen.root);
    const found = await find(manager.swiftc);
    expect(found).toMatchObject({ swiftc: chosen.swiftc, programs: path.dirname(chosen.swiftc) });
    manager.wasAsked();
    expect((await template(found)).program).toBe(chosen.frontend);
    expect(manager.wasAsked()).toBe(false);
    // It may choose another one the next time.
    await find(manager.swiftc);
    expect(manager.wasAsked()).toBe(true);
  });

  it('is asked of a script each time, which is called in the folder of the package from then on', async () => {
    const script = fixture.write('script/swiftc', `#!/bin/sh\npwd >> '${fixture.path('folders')}'\nexec '${compiler.swiftc}' "$@"\n`);
    chmodSync(script, 0o755);
    for (let time = 0; time < 2; time += 1) expect(await find(script)).toMatchObject({ swiftc: script, folder: fixture.folder });
    expect(readFileSync(fixture.path('folders'), 'utf8')).toBe(`${fixture.folder}\n`.repeat(2));
  });

  it('is asked where the cache cannot be written', async () => {
    const cacheDirectory = fixture.path('View.swift/cache');
    expect((await find(undefined, { cacheDirectory })).swiftc).toBe(compiler.swiftc);
    expect(existsSync(cacheDirectory)).toBe(false);
  });
});
