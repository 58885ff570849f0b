import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { askForTemplate, frontendJob, primaryFile } from '../../lib/compile/frontend-job.js';
import { SourceCopies } from '../../lib/compile/source-copies.js';
import { type CompileInputs, WarmFrontend, type WarmFrontendOptions, type WarmOutcome } from '../../lib/compile/warm-frontend.js';
import { WarmFrontends } from '../../lib/compile/warm-frontends.js';
import { SourceReader } from '../../lib/edit/source-set.js';
import { defaultCacheDirectory } from '../../lib/project/cache-directory.js';
import { describeModule } from '../../lib/project/module.js';
import { runTool } from '../../lib/project/run-tool.js';
import { findToolchain } from '../../lib/project/toolchain.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';
import { compileSwift } from '../support/swift-objects';
import { first, full } from '../support/tier';

const never = new AbortController().signal;
const timeout = 60_000;
const compiled = { output: '', isCompiled: true };

const open = new Set<WarmFrontend>();
afterEach(async () => {
  await Promise.all([...open].map((server) => server.close()));
  open.clear();
});

/** A module in a folder of its own, and what its warm and its cold compiles make. */
class Lab {
  readonly fixture: Fixture;
  readonly flags: string[];
  options!: WarmFrontendOptions;
  #count = 0;

  constructor(files: Record<string, string>, flags: string[] = [], folder = 'fixture') {
    this.fixture = new Fixture(files, folder);
    this.flags = flags;
  }

  async prepare(): Promise<this> {
    const temporary = this.fixture.path('temporary folder');
    mkdirSync(temporary);
    // Where the driver puts its own files: a quote in that path crashes it.
    const usual = path.dirname(this.fixture.folder);
    const toolchain = await findToolchain({}, usual);
    const module = await describeModule(this.fixture.path('View.swift'), { name: 'App', sources: this.names, flags: this.flags });
    const importPaths = [this.fixture.path('modules')];
    const template = await askForTemplate(toolchain, module, importPaths, path.join(defaultCacheDirectory(), 'module-cache'), usual);
    const image = loadAddon().warmFrontendImage();
    expect(image).toBeGreaterThan(0);
    const copies = new SourceCopies(path.join(temporary, 'sources'));
    this.options = { template, moduleName: 'App', workingDirectory: undefined, folder: path.join(temporary, 'warm'), copies, image };
    return this;
  }

  get names(): string[] {
    return ['Model.swift', 'View.swift', 'Other.swift'].map((name) => this.fixture.path(name));
  }

  get file(): string {
    return this.fixture.path('View.swift');
  }

  /** Made by the server until they are moved: an object's digest covers the path that the compiler wrote it to. */
  get made() {
    return primaryFile(this.file, path.join(this.options.folder, 'made'));
  }

  async inputs(modules?: readonly string[]): Promise<CompileInputs> {
    return { file: this.file, sources: await new SourceReader(loadAddon().stampFiles).read(this.names, new Map()), modules };
  }

  async start(inputs?: CompileInputs): Promise<WarmFrontend> {
    const server = await WarmFrontend.start(inputs ?? (await this.inputs()), this.options, never);
    open.add(server);
    return server;
  }

  /** What a compile of the file as it is saved now comes to, and where its outputs are. */
  async warm(server: WarmFrontend, options: { signal?: AbortSignal; timeout?: number } = {}) {
    const { sources } = await this.inputs();
    const text = sources.get(this.file);
    if (text === undefined) throw new Error('there is no text');
    this.#count += 1;
    const made = primaryFile(this.file, this.fixture.path(`warm-${this.#count}`));
    return { made, outcome: await server.compile(text, made, { timeout, ...options }) };
  }

  /** The same, of a frontend of its own, which writes to where the server does. */
  async cold(modules: readonly string[] = []) {
    const { template, copies, folder } = this.options;
    const { sources } = await this.inputs();
    const others = modules.length > 0 ? [] : this.names.filter((name) => name !== this.file);
    const read = [...others, this.file];
    const overlay = await copies.overlay(read.flatMap((file) => sources.get(file) ?? []));
    mkdirSync(folder, { recursive: true });
    const args = await frontendJob(template, [this.made], { sources: read, modules }, overlay.file, this.fixture.folder);
    const result = await runTool(template.program, args, { temporaryFolder: template.temporaryFolder });
    overlay.release();
    return { result, made: this.made };
  }
}

/** What of two dependency files the addon tells apart. */
async function dependencyDifferences(one: string, other: string): Promise<unknown> {
  const index = new (loadAddon().DependencyIndex)();
  await index.set([{ slot: 0, path: one }]);
  const before = index.externalDependencies();
  const { changed } = await index.compare([{ slot: 0, path: other }]);
  await index.set([{ slot: 0, path: other }]);
  const after = index.externalDependencies();
  return { changed, external: after.filter((file) => !before.includes(file)).concat(before.filter((file) => !after.includes(file))) };
}

/** Compiles what is saved both ways, and expects the same in every byte, and in what is said. */
async function expectEqual(lab: Lab, server: WarmFrontend, modules?: readonly string[]): Promise<string> {
  const { made, outcome } = await lab.warm(server);
  const cold = await lab.cold(modules);
  expect(cold.result).toMatchObject({ exitCode: 0 });
  expect(outcome).toEqual({ kind: 'done', output: cold.result.stderr });
  for (const part of ['object', ...(modules === undefined ? ['module'] : [])] as ('object' | 'module')[]) {
    expect({ part, isEqual: readFileSync(made[part]).equals(readFileSync(cold.made[part])) }).toEqual({ part, isEqual: true });
  }
  // The compiler writes it in another order each time.
  expect(await dependencyDifferences(cold.made.dependencies, made.dependencies)).toEqual({ changed: [], external: [] });
  return cold.result.stderr;
}

const reasonOf = (outcome: WarmOutcome) => ('reason' in outcome ? outcome.reason : '');

const model = `
protocol Shaded { var shade: String { get } }
struct Model: Shaded, Hashable { var shade: String { "green" }; let count = 3 }
class Base { func tell() -> String { "base" } }
`;
const other = 'import Dispatch\nfunc helper(_ value: Int) -> Int { value + Model().count }\n';
const view = 'struct View { func text() -> String { Model().shade + String(helper(1)) } }\n';
const texts = { 'Model.swift': model, 'Other.swift': other, 'View.swift': view };

describe('a fork of a warm frontend makes the same as a frontend of its own', () => {
  const views: [string, string][] = [
    ['the text that it was started with', view],
    ['another body', view.replace('helper(1)', 'helper(2)')],
    ['another interface', `${view}extension Model { var twice: Int { count * 2 } }\nfinal class Derived: Base {}\n`],
    ['places in the source', 'func here() -> String { "\\(#file) \\(#fileID) \\(#line) \\(#function)" }\nprivate func hidden() {}\n'],
    ['Windows line ends', 'import Glibc\r\nstruct View {\r\n  let text = """\r\n    one\r\n    two\r\n    """\r\n}\r\n'],
    ['no final newline', 'struct View { let one = 1 }'],
    ['a comment at the end', 'struct View { let one = 1 } // one'],
    ['a comment in a block at the end', 'struct View { let one = 1 } /* one */'],
    ['nothing at all', ''],
    ['a byte order mark and other scripts', '\uFEFFstruct Größe { let 值 = "🎨" }\n'],
    [
      'warnings',
      'func warned() {\n  let unused = 1\n  var never = 2\n  print(never)\n}\n@available(*, deprecated) func old() {}\nfunc new() { old() }',
    ],
    ['an import that the frontend has not loaded', 'import Foundation\nlet date = Date(timeIntervalSince1970: 0).description\n'],
    ['an import with an attribute', '@preconcurrency import Foundation\nimport class Foundation.NSLock\nlet lock = NSLock()\n'],
    ['macros', 'import Observation\n@Observable final class Counter { var count = 0 }\n'],
    ['a condition on a module', '#if canImport(Nowhere)\nlet there = 1\n#elseif canImport(Glibc)\nlet there = 2\n#endif\n'],
    ['concurrency', 'actor Store { var value = 1 }\n@MainActor func run() async -> Int { await Store().value + helper(3) }\n'],
  ];

  first(1).it.each<[string, string[]]>([
    ['as it is', []],
    ['in the mode of Swift 6, with debug information', ['-swift-version', '6', '-g']],
    ['optimised', ['-O']],
    ['with the visibility of members that imports decide on', ['-enable-upcoming-feature', 'MemberImportVisibility']],
  ])('%s', async (_, flags) => {
    const lab = await new Lab(texts, flags, 'a \'quoted\' "föld€r" $HOME').prepare();
    const server = await lab.start();
    const said: string[] = [];
    for (const [what, text] of views) {
      lab.fixture.write('View.swift', text);
      const output = await expectEqual(lab, server).catch((cause: Error) => {
        throw new Error(`${what}: ${cause.message}`, { cause });
      });
      if (output !== '') said.push(what);
    }
    expect(said).toEqual(['warnings']);
  });

  full.it('when what the file imports is loaded before it is edited', async () => {
    const imports = 'import Foundation\nimport Observation\nimport Dispatch\n';
    const lab = await new Lab({ ...texts, 'View.swift': imports + view }).prepare();
    const server = await lab.start();
    expect(server.imports).toEqual(['Foundation', 'Observation', 'Dispatch']);
    await expectEqual(lab, server);
    lab.fixture.write(
      'View.swift',
      `${imports}let text = Date().description.uppercased()\n@Observable final class Seen { var date = Date() }\n`,
    );
    await expectEqual(lab, server);
    await expectEqual(lab, server);
  });

  full.it('when a prebuilt module stands in for the other files', async () => {
    const lab = await new Lab(texts).prepare();
    const sources = await lab.start();
    // A module of one file that knows of no other will do for the others.
    lab.fixture.write('View.swift', `${model}\nfunc helper(_ value: Int) -> Int { value }\n`);
    writeFileSync(lab.fixture.path('Model.swift'), '');
    writeFileSync(lab.fixture.path('Other.swift'), '');
    await sources.close();
    const { made } = await lab.cold();
    const standIn = lab.fixture.path('stand-in.swiftmodule');
    writeFileSync(standIn, readFileSync(made.module));
    for (const [name, text] of Object.entries(texts)) lab.fixture.write(name, text);
    const server = await lab.start(await lab.inputs([standIn]));
    for (const text of [
      view,
      view.replace('helper(1)', 'helper(2)'),
      'final class Derived: Base { override func tell() -> String { "derived" } }\n',
    ]) {
      lab.fixture.write('View.swift', text);
      await expectEqual(lab, server, [standIn]);
    }
  });

  full.it('for a file of a module with top-level code', async () => {
    const lab = await new Lab({ ...texts, 'main.swift': 'print(View().text())\n' }).prepare();
    Object.defineProperty(lab, 'names', { value: [...lab.names, lab.fixture.path('main.swift')] });
    const server = await lab.start();
    await expectEqual(lab, server);
  });
});

describe('a warm frontend', () => {
  it('leaves a source that is at fault, or that crashes it, to others, and goes on', async () => {
    const lab = await new Lab(texts).prepare();
    const server = await lab.start();
    for (const [text, reason] of [
      ['let number: Int = ""\n', 'exit 1'],
      ['struct View {', 'exit 1'],
      ['/* never ends', 'exit 1'],
      ['import Nowhere\n', 'exit 1'],
    ]) {
      lab.fixture.write('View.swift', text);
      expect((await lab.warm(server)).outcome).toMatchObject({ kind: 'refused', reason });
      expect((await lab.cold()).result.exitCode).toBe(1);
    }
    lab.fixture.write('View.swift', view);
    await expectEqual(lab, server);
  });

  it('serves no other text of another file, no import less, no file more, and no text that is too long', async () => {
    const lab = await new Lab({ ...texts, 'View.swift': `import Foundation\n${view}` }).prepare();
    const server = await lab.start();
    const servesWhen = async (name: string, text: string) => {
      const before = readFileSync(lab.fixture.path(name));
      lab.fixture.write(name, text);
      const inputs = await lab.inputs();
      lab.fixture.write(name, before);
      return [server.serves(inputs), server.isFor(inputs)];
    };
    expect(await servesWhen('View.swift', 'import Foundation\n')).toEqual([true, true]);
    expect(await servesWhen('View.swift', 'import Foundation\nimport Glibc\n')).toEqual([true, false]);
    expect(await servesWhen('View.swift', 'import Glibc\n')).toEqual([false, false]);
    expect(await servesWhen('View.swift', '#if DEBUG\nimport Foundation\n#endif\n')).toEqual([false, false]);
    expect(await servesWhen('Model.swift', `${model}\n`)).toEqual([false, false]);
    expect(await servesWhen('View.swift', `import Foundation\n//${'x'.repeat(200_000)}`)).toEqual([false, false]);
    const inputs = await lab.inputs();
    expect(server.serves(inputs)).toBe(true);
    expect(server.serves({ ...inputs, modules: ['/nowhere.swiftmodule'] })).toBe(false);
    expect(server.serves({ ...inputs, file: lab.fixture.path('Model.swift') })).toBe(false);
    const fewer = new Map([...inputs.sources].filter(([file]) => !file.endsWith('Other.swift')));
    expect(server.serves({ ...inputs, sources: fewer })).toBe(false);
  });

  it('is stale when a module that it has read is another, when a file comes to be where it looked for one, and when a copy is lost', async () => {
    const lab = new Lab({ ...texts, 'View.swift': `import Kit\nfunc shade() -> String { Kit.shade() }\n`, 'Kit.swift': '' });
    const buildKit = (shade: string) => {
      mkdirSync(lab.fixture.path('modules'), { recursive: true });
      lab.fixture.write('Kit.swift', `@inlinable public func shade() -> String { "${shade}" }\n`);
      compileSwift(lab.fixture, 'Kit', ['Kit.swift'], ['-emit-module-path', lab.fixture.path('modules/Kit.swiftmodule')]);
    };
    buildKit('red');
    await lab.prepare();
    const first = await lab.start();
    await expectEqual(lab, first);
    buildKit('blue');
    const { outcome } = await lab.warm(first);
    expect(outcome.kind).toBe('stale');
    expect(reasonOf(outcome)).toContain(lab.fixture.path('modules'));
    await first.close();

    const second = await lab.start();
    await expectEqual(lab, second);
    lab.fixture.write('modules/new', '');
    rmSync(lab.fixture.path('modules/new'));
    await expectEqual(lab, second);
    lab.fixture.write('modules/module.modulemap', 'module Late {}\n');
    expect((await lab.warm(second)).outcome).toMatchObject({ kind: 'stale' });
    await second.close();

    const third = await lab.start();
    await expectEqual(lab, third);
    utimesSync(lab.fixture.path('temporary folder/sources/1.swift'), 1, 1);
    const lost = (await lab.warm(third)).outcome;
    expect(lost.kind).toBe('stale');
    expect(reasonOf(lost)).toContain('1.swift');
  });

  full.it('is not started for what prints before the edited file is looked at, and leaves no folder then', async () => {
    const lab = await new Lab({ ...texts, 'View.swift': 'import Nowhere\n' }).prepare();
    await expect(lab.start()).rejects.toThrow("no such module 'Nowhere'");
    expect(() => readFileSync(path.join(path.dirname(lab.made.object), 'text.swift'))).toThrow('ENOENT');
    const broken = await new Lab({ ...texts, 'Model.swift': 'struct {' }).prepare();
    await expect(broken.start()).rejects.toThrow('unfit it has printed something');
  });

  /** Takes the compiler many seconds. */
  const slow = `let sum = ${Array.from({ length: 60 }, (_, index) => `(${index} + 0.5) * -${index}`).join(' + ')}\n`;

  it('kills a compile that is given up, and compiles the next', async () => {
    const lab = await new Lab(texts).prepare();
    const server = await lab.start();
    lab.fixture.write('View.swift', slow);
    for (const delay of [0, 1, 30, 100]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('enough')), delay);
      await expect(lab.warm(server, { signal: controller.signal })).rejects.toThrow('enough');
    }
    lab.fixture.write('View.swift', view);
    await expectEqual(lab, server);
  });

  it('ends with a compile that takes too long', async () => {
    const lab = await new Lab(texts).prepare();
    const server = await lab.start();
    lab.fixture.write('View.swift', slow);
    await expect(lab.warm(server, { timeout: 100 })).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'compile', ms: 100 });
    expect(server.serves(await lab.inputs())).toBe(false);
  });
});

describe('warm frontends', () => {
  it('are not started any more when three have failed', async () => {
    const lab = await new Lab(texts).prepare();
    const log = lab.fixture.write('log', '');
    const program = lab.fixture.write('frontend', `#!/bin/sh\necho started >> '${log}'\nexit 1\n`);
    chmodSync(program, 0o755);
    const all = new WarmFrontends({ ...lab.options, template: { ...lab.options.template, program, args: [] } });
    const inputs = await lab.inputs();
    for (let count = 0; count < 5; count += 1) await all.provide([inputs], 1);
    expect(readFileSync(log, 'utf8')).toBe('started\n'.repeat(3));
    expect(await all.compile(inputs, lab.made, { timeout })).toBeUndefined();
    await all.close();
  });

  full.it('end when one refuses what another compiles, and not when it is right', async () => {
    const lab = await new Lab(texts).prepare();
    const all = new WarmFrontends(lab.options);
    await all.provide([await lab.inputs()], 1);
    const made = primaryFile(lab.file, lab.fixture.path('made'));
    const compile = async (text: string) => {
      lab.fixture.write('View.swift', text);
      return all.compile(await lab.inputs(), made, { timeout });
    };
    expect(await compile(view)).toEqual(compiled);
    expect(await compile('struct')).toMatchObject({ isCompiled: false, output: expect.stringContaining('error: expected identifier') });
    expect(await compile(view)).toEqual(compiled);
    all.noteSuccess(lab.file, false);
    expect(await compile(view)).toEqual(compiled);
    expect(await compile('struct')).toMatchObject({ isCompiled: false });
    all.noteSuccess(lab.file, false);
    expect(await compile(view)).toBeUndefined();
    await all.close();
  });

  it('give way to a compile while they start', async () => {
    const lab = await new Lab(texts).prepare();
    const all = new WarmFrontends(lab.options);
    const inputs = await lab.inputs();
    const starting = all.provide([inputs], 1);
    expect(await all.compile(inputs, lab.made, { timeout })).toBeUndefined();
    await starting;
    expect(await all.compile(inputs, lab.made, { timeout })).toBeUndefined();
    await all.provide([inputs], 1);
    expect(await all.compile(inputs, primaryFile(lab.file, lab.fixture.path('made')), { timeout })).toEqual(compiled);
    await all.close();
    expect(existsSync(lab.options.folder) ? readdirSync(lab.options.folder) : []).toEqual([]);
  });
});
