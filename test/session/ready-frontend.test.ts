import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { askForTemplate, type FrontendTemplate, frontendJob, primaryFile } from '../../lib/compile/frontend-job.js';
import { ReadyFrontend, type ReadyFrontendOptions } from '../../lib/compile/ready-frontend.js';
import { ReadyFrontends } from '../../lib/compile/ready-frontends.js';
import { type Overlay, SourceCopies } from '../../lib/compile/source-copies.js';
import { SourceReader } from '../../lib/edit/source-set.js';
import { defaultCacheDirectory } from '../../lib/project/cache-directory.js';
import { describeModule } from '../../lib/project/module.js';
import { runTool } from '../../lib/project/run-tool.js';
import { findToolchain } from '../../lib/project/toolchain.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';
import { first, full } from '../support/tier';

const never = new AbortController().signal;
const timeout = 60_000;

const files = {
  'Model.swift': 'struct Model: Hashable { let count: Int }\n',
  'Other.swift': 'import Foundation\nfunc other(_ model: Model) -> String { var unused = 1; return String(format: "%d", model.count) }\n',
  'View.swift': 'private func half() -> Int { 4 }\nfunc view() -> String { #file + other(Model(count: half())) }\n',
};

/** A module in a folder of its own, and a frontend that waits for its files. */
class Lab {
  readonly fixture: Fixture;
  readonly copies: SourceCopies;
  options!: ReadyFrontendOptions;
  frontend!: ReadyFrontend;

  constructor(texts: Record<string, string>, folder = 'fixture') {
    this.fixture = new Fixture(texts, folder);
    this.copies = new SourceCopies(this.fixture.path('copies'));
  }

  async prepare(hasScript = false): Promise<this> {
    const temporary = path.dirname(this.fixture.folder);
    const toolchain = await findToolchain({}, temporary);
    const module = await describeModule(this.path('View.swift'), { name: 'App', sources: this.sources });
    const template = await askForTemplate(toolchain, module, [], path.join(defaultCacheDirectory(), 'module-cache'), temporary);
    const image = loadAddon().warmFrontendImage();
    expect(image).toBeGreaterThan(0);
    this.options = { template, workingDirectory: undefined, folder: this.fixture.path('ready'), hasScript, image };
    return this;
  }

  async start(): Promise<ReadyFrontend> {
    this.frontend = await ReadyFrontend.start(this.options, never);
    open.add(this.frontend);
    return this.frontend;
  }

  get sources(): string[] {
    return readdirSync(this.fixture.folder)
      .filter((name) => name.endsWith('.swift'))
      .sort()
      .map((name) => this.path(name));
  }

  path(name: string): string {
    return this.fixture.path(name);
  }

  async overlay(): Promise<Overlay> {
    const sources = await new SourceReader(loadAddon().stampFiles).read(this.sources, new Map());
    return this.copies.overlay([...sources.values()]);
  }

  /** The same paths each time: an object's digest covers the path that the compiler wrote it to. */
  primaries(names: readonly string[]) {
    mkdirSync(this.path('made'), { recursive: true });
    return names.map((name) => primaryFile(this.path(name), this.path(`made/${path.parse(name).name}`)));
  }

  async compile(names: readonly string[], options: { signal?: AbortSignal; timeout?: number } = {}) {
    const overlay = await this.overlay();
    const along = { sources: this.sources, modules: [] };
    return this.frontend.compile(this.primaries(names), along, overlay.file, { timeout, ...options });
  }

  /** By a frontend that starts anew. */
  async compileAnew(names: readonly string[], template: FrontendTemplate = this.options.template) {
    const overlay = await this.overlay();
    const args = await frontendJob(
      template,
      this.primaries(names),
      { sources: this.sources, modules: [] },
      overlay.file,
      this.path('made'),
    );
    const { exitCode, stderr } = await runTool(template.program, args, { temporaryFolder: template.temporaryFolder });
    return { kind: 'exit', code: exitCode, output: stderr };
  }

  /** What was made of these files, but for dependencies, which the compiler writes in another order each time. */
  made(names: readonly string[]): Buffer[] {
    return this.primaries(names).flatMap(({ object, module }) => [readFileSync(object), readFileSync(module)]);
  }
}

const open = new Set<{ close(): Promise<void> }>();
afterEach(async () => {
  await Promise.all([...open].map((one) => one.close()));
  open.clear();
});

describe('a frontend that waits', () => {
  first(1).it.each([[['View.swift']], [['Other.swift']], [['Model.swift', 'View.swift']]])(
    'makes of %j, and says, what one that starts anew does',
    async (names) => {
      const lab = await new Lab(files, 'a folder’s "name"').prepare();
      await lab.start();
      for (const text of [files['View.swift'], `${files['View.swift']}func more() -> Int { 2 }\n`]) {
        lab.fixture.write('View.swift', text);
        const expected = await lab.compileAnew(names);
        const made = lab.made(names);
        expect(expected.code).toBe(0);
        for (const { object } of lab.primaries(names)) writeFileSync(object, '');
        expect(await lab.compile(names)).toEqual(expected);
        expect(lab.made(names).map((one, index) => one.equals(made[index] ?? Buffer.alloc(0)))).toEqual(made.map(() => true));
      }
    },
  );

  it('says of a text at fault what one that starts anew says, and goes on', async () => {
    const lab = await new Lab(files).prepare();
    await lab.start();
    lab.fixture.write('View.swift', 'func view() -> String { missing(1) }\n');
    const expected = await lab.compileAnew(['View.swift']);
    expect(expected).toMatchObject({ code: 1, output: expect.stringContaining("cannot find 'missing' in scope") });
    expect(await lab.compile(['View.swift'])).toEqual(expected);
    lab.fixture.write('View.swift', files['View.swift']);
    expect(await lab.compile(['View.swift'])).toMatchObject({ code: 0 });
  });

  full.it('compiles modules with top-level code', async () => {
    const lab = await new Lab({ ...files, 'main.swift': 'let shade = "green"\nprint(shade)\n' }).prepare(true);
    await lab.start();
    const expected = await lab.compileAnew(['main.swift']);
    const made = lab.made(['main.swift']);
    expect(await lab.compile(['main.swift'])).toEqual(expected);
    expect(lab.made(['main.swift'])[0]?.equals(made[0] ?? Buffer.alloc(0))).toBe(true);
  });

  it('gives a compile up, and compiles the next', async () => {
    const lab = await new Lab(files).prepare();
    const frontend = await lab.start();
    const controller = new AbortController();
    const given = lab.compile(['View.swift'], { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(given).rejects.toThrow('This operation was aborted');
    expect(frontend.isIdle).toBe(true);
    expect(await lab.compile(['View.swift'])).toMatchObject({ code: 0 });
  });

  it('ends with a compile that takes too long', async () => {
    const lab = await new Lab(files).prepare();
    const frontend = await lab.start();
    await expect(lab.compile(['View.swift'], { timeout: 1 })).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_TIMEOUT',
      phase: 'compile',
      ms: 1,
    });
    await frontend.ended;
    expect(frontend.isIdle).toBe(false);
  });
});

describe('the frontend that is kept waiting', () => {
  async function keep(lab: Lab): Promise<ReadyFrontends> {
    const keeper = new ReadyFrontends(lab.options);
    open.add(keeper);
    return keeper;
  }
  const compile = async (lab: Lab, keeper: ReadyFrontends, hasScript = false) =>
    keeper.compile(hasScript, lab.primaries(['View.swift']), { sources: lab.sources, modules: [] }, (await lab.overlay()).file, {
      timeout,
    });

  it('is there once it was provided, for modules of its kind, and anew after it was killed', async () => {
    const lab = await new Lab(files).prepare();
    const keeper = await keep(lab);
    expect(await compile(lab, keeper)).toBeUndefined();
    await keeper.provide(false);
    expect(await compile(lab, keeper, true)).toBeUndefined();
    expect(await compile(lab, keeper)).toMatchObject({ exitCode: 0 });
    for (const pid of serversIn(lab.options.folder)) process.kill(pid, 'SIGKILL');
    expect(await compile(lab, keeper)).toBeUndefined();
    await keeper.provide(false);
    expect(await compile(lab, keeper)).toMatchObject({ exitCode: 0 });
    await keeper.provide(true);
    expect(await compile(lab, keeper)).toBeUndefined();
    await keeper.close();
    expect(serversIn(lab.options.folder)).toEqual([]);
    expect(readdirSync(lab.options.folder)).toEqual([]);
  });

  full.it('is not started any more when that has failed three times', async () => {
    const lab = await new Lab(files).prepare();
    lab.fixture.write('swift-frontend', `#!/bin/sh\necho started >> '${lab.path('starts.txt')}'\nexit 1\n`);
    chmodSync(lab.path('swift-frontend'), 0o755);
    lab.options = { ...lab.options, template: { ...lab.options.template, program: lab.path('swift-frontend') } };
    const keeper = await keep(lab);
    for (let count = 0; count < 5; count += 1) await keeper.provide(false);
    expect(readFileSync(lab.path('starts.txt'), 'utf8')).toBe('started\n'.repeat(3));
    expect(await compile(lab, keeper)).toBeUndefined();
  });
});

/** Processes with a path of this folder on their command lines. */
function serversIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/`);
      } catch {
        return false;
      }
    });
}
