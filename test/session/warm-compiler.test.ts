import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { Session, SessionOptions } from '../../lib/index.js';
import { coldValue } from '../support/cold-module';
import { Fixture } from '../support/fixture';
import { GeneratedModule, Random } from '../support/generated-module/index.cjs';
import { Picture } from '../support/picture';
import { type Process, processes } from '../support/processes';
import { colorPreview, openSession, slowToCompile } from '../support/session';
import { first, full } from '../support/tier';

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);

/** Frontends that wait for an edit of a file below a folder. */
function waitingFrontends(fixture: Fixture): Process[] {
  return processes().filter(({ command }) => command.includes('HotswiftSentinel.swift') && command.includes(fixture.folder));
}

const forksOf = ({ pid }: Process) => processes().filter(({ parent }) => parent === pid);

/** Resolves as soon as something is so, which nothing tells. */
async function until<Value>(look: () => Value | undefined): Promise<Value> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const shade = (value: string) => `struct Model { var shade: String { "${value}" } }\n`;

async function openWarm(
  fixture: Fixture,
  options: Partial<SessionOptions> = {},
  view = colorPreview('\\(Model().shade)'),
): Promise<Session> {
  const sources = [fixture.write('Model.swift', shade('#00ff00'))];
  const file = fixture.write('View.swift', view);
  const session = await openSession({ file, module: { name: 'App', sources }, literalEdits: false, ...options } as SessionOptions);
  expect(session.error).toBeNull();
  await session.idle();
  return session;
}

describe('an edit that a warm compiler compiles', () => {
  it('is shown, edit after edit, of the previewed file and of another', async () => {
    const fixture = new Fixture({}, "a 'quoted' föld€r");
    const session = await openWarm(fixture);
    expect(waitingFrontends(fixture)).toHaveLength(1);
    for (const value of ['#0000ff', '#ff00ff', '#00ffff']) {
      fixture.write('View.swift', colorPreview(value));
      expect(await session.reload()).toMatchObject({ warm: true, strategy: 'same-module' });
      expect(await color(session)).toBe(value);
    }
    fixture.write('View.swift', colorPreview('\\(Model().shade)', 'let more = 1\n'));
    expect(await session.reload()).toMatchObject({ warm: true });
    expect(await color(session)).toBe('#00ff00');

    fixture.write('Model.swift', shade('#111111'));
    expect(await session.reload()).toMatchObject({ warm: false });
    await session.idle();
    expect(waitingFrontends(fixture)).toHaveLength(2);
    for (const value of ['#222222', '#333333']) {
      fixture.write('Model.swift', shade(value));
      expect(await session.reload()).toMatchObject({ warm: true });
      expect(await color(session)).toBe(value);
    }
    await session.close();
    expect(waitingFrontends(fixture)).toEqual([]);
  });

  full.it('is none of what was read before another file was edited', async () => {
    const fixture = new Fixture();
    const session = await openWarm(fixture);
    // Both at once, and the declaration moves from one to the other.
    fixture.write('Model.swift', 'struct Other {}\n');
    fixture.write('View.swift', colorPreview('\\(Model().shade)', shade('#0000ff')));
    expect(await session.reload()).toMatchObject({ warm: false });
    expect(await color(session)).toBe('#0000ff');
    await session.idle();
    fixture.write('View.swift', colorPreview('\\(Model().shade)', shade('#ff00ff')));
    expect(await session.reload()).toMatchObject({ warm: true });
    expect(await color(session)).toBe('#ff00ff');
  });

  full.it('sees imports that it adds, and none that it has given up', async () => {
    const fixture = new Fixture();
    const session = await openWarm(fixture);
    // All files see members of a module that one imports, so its first import compiles all of them.
    const member = 'let text = "a".capitalized\n';
    fixture.write('View.swift', `import Foundation\n${colorPreview('#0000ff', member)}`);
    expect(await session.reload()).toMatchObject({ warm: false });
    expect(await color(session)).toBe('#0000ff');
    fixture.write('View.swift', colorPreview('#00ffff', member));
    await expect(session.reload()).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_COMPILE',
      diagnostics: [{ message: expect.stringContaining("no member 'capitalized'") }],
    });
    fixture.write('Model.swift', `import Foundation\n${shade('#00ff00')}`);
    fixture.write('View.swift', colorPreview('#00ffff', member));
    expect(await session.reload()).toMatchObject({ warm: false });
    await session.idle();
    // Its types are seen by files that import it alone.
    const type = 'let day = Date.distantPast\n';
    fixture.write('View.swift', `import Foundation\n${colorPreview('#0000ff', type)}`);
    expect(await session.reload()).toMatchObject({ warm: true });
    expect(await color(session)).toBe('#0000ff');
    await session.idle();
    fixture.write('View.swift', `import Foundation\n${colorPreview('#ff00ff', type)}`);
    expect(await session.reload()).toMatchObject({ warm: true });
    expect(await color(session)).toBe('#ff00ff');
    fixture.write('View.swift', colorPreview('#00ffff', type));
    await expect(session.reload()).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_COMPILE',
      diagnostics: [{ message: expect.stringContaining("cannot find 'Date'") }],
    });
    fixture.write('View.swift', colorPreview('#00ffff'));
    expect(await session.reload()).toMatchObject({ warm: false });
    expect(await color(session)).toBe('#00ffff');
  });

  it('fails as it does without, and the repair is shown', async () => {
    const fixture = new Fixture();
    const warm = await openWarm(fixture);
    const cold = await openSession({
      file: fixture.path('View.swift'),
      module: { name: 'App', sources: [fixture.path('Model.swift')] },
      warmCompiler: false,
    });
    for (const broken of [colorPreview('\\(Model().shape)'), colorPreview('#0000ff', 'func never() {'), 'struct']) {
      fixture.write('View.swift', broken);
      const errors = await Promise.all([warm, cold].map((session) => session.reload().catch((error) => error)));
      expect(errors[0]).toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE' });
      expect(errors[0].diagnostics).toEqual(errors[1].diagnostics);
      expect(errors[0].message).toBe(errors[1].message);
    }
    fixture.write('View.swift', colorPreview('#0000ff', 'func warned() { let unused = 1 }\n'));
    const results = await Promise.all([warm, cold].map((session) => session.reload()));
    expect(results.map((result) => result.warm)).toEqual([true, false]);
    expect(results[0].diagnostics).toMatchObject([{ severity: 'warning', line: 10 }]);
    expect(results[0].diagnostics).toEqual(results[1].diagnostics);
    expect(await color(warm)).toBe('#0000ff');
  });

  full.it('may be long, and longer than there is room for', async () => {
    const fixture = new Fixture();
    const session = await openWarm(fixture);
    const padding = (count: number) => `// ${'x'.repeat(count)}\n`;
    fixture.write('View.swift', colorPreview('#0000ff', padding(30_000)));
    expect(await session.reload()).toMatchObject({ warm: true });
    fixture.write('View.swift', colorPreview('#ff00ff', padding(300_000)));
    expect(await session.reload()).toMatchObject({ warm: false });
    expect(await color(session)).toBe('#ff00ff');
    await session.idle();
    fixture.write('View.swift', colorPreview('#00ffff', padding(300_100)));
    expect(await session.reload()).toMatchObject({ warm: true });
    expect(await color(session)).toBe('#00ffff');
  });

  full.it('has macros expanded by a process that ends with it and that nothing was preloaded into', async () => {
    const fixture = new Fixture();
    const observed = (value: string) => `import Observation\n@Observable final class Seen { var shade = "${value}" }\n`;
    const session = await openWarm(fixture, {}, colorPreview('\\(Seen().shade)', observed('#00ff00')));
    const [server] = waitingFrontends(fixture);
    for (const value of ['#0000ff', '#ff00ff']) {
      fixture.write('View.swift', colorPreview('\\(Seen().shade)', observed(value)));
      expect(await session.reload()).toMatchObject({ warm: true });
      expect(await color(session)).toBe(value);
    }
    await until(() => (forksOf(server).length === 0 ? true : undefined));
    expect(readFileSync(`/proc/${server.pid}/maps`, 'utf8')).toContain('hotswift-warm-frontend');
    const open = readdirSync(`/proc/${server.pid}/fd`).map((name) => readlinkSync(`/proc/${server.pid}/fd/${name}`));
    expect(open.filter((name) => name.includes('hotswift-warm-frontend'))).toEqual([]);
  });
});

describe('edits of a module of which each file needs others', () => {
  full.it(
    'compiled warm after edits of every kind, give what a cold compile gives',
    async () => {
      const module = new GeneratedModule({ files: 12, seed: 7 });
      const fixture = new Fixture(module.texts);
      const sources = module.fileNames.map((name: string) => fixture.path(name));
      const session = await openSession({
        file: fixture.path(module.previewed),
        module: { name: 'App', sources, flags: ['-swift-version', '5'] },
      });
      expect(session.error).toBeNull();
      const random = new Random(11);
      const save = async (texts: Record<string, string>) => {
        for (const [name, text] of Object.entries(texts)) fixture.write(name, text);
        return session.reload();
      };
      for (let number = 1; number <= 5; number += 1) {
        const { what, texts } = module.edit(random);
        // Of several files that are edited at once, the last.
        const name = module.fileNames.filter((candidate) => candidate in texts).at(-1) ?? '';
        await save(texts);
        await session.idle();
        const { warm } = await save({ [name]: module.editBody(name) });
        expect({ what, warm, value: await session.call('value') }).toEqual({ what, warm: true, value: await coldValue(module.texts) });
      }
    },
    600_000,
  );
});

describe('a warm compiler', () => {
  it('that is killed while it waits is replaced', async () => {
    const fixture = new Fixture();
    const session = await openWarm(fixture);
    const [server] = waitingFrontends(fixture);
    process.kill(server.pid, 'SIGKILL');
    fixture.write('View.swift', colorPreview('#0000ff'));
    expect(await session.reload()).toMatchObject({ warm: false });
    expect(await color(session)).toBe('#0000ff');
    await session.idle();
    fixture.write('View.swift', colorPreview('#ff00ff'));
    expect(await session.reload()).toMatchObject({ warm: true });
    expect(await color(session)).toBe('#ff00ff');
  });

  first(1).it.each(['the server', 'the fork'])('that is killed while it compiles is done without: %s', async (whom) => {
    const fixture = new Fixture();
    const session = await openWarm(fixture);
    const [server] = waitingFrontends(fixture);
    fixture.write('View.swift', colorPreview('#0000ff', manyFunctions(300)));
    const reload = session.reload();
    const fork = await until(() => forksOf(server)[0]);
    process.kill(whom === 'the server' ? server.pid : fork.pid, 'SIGKILL');
    expect(await reload).toMatchObject({ warm: false });
    expect(await color(session)).toBe('#0000ff');
    await until(() => (processes().some(({ pid }) => pid === fork.pid) ? undefined : true));
    await session.idle();
    fixture.write('View.swift', colorPreview('#ff00ff'));
    expect(await session.reload()).toMatchObject({ warm: true });
    expect(await color(session)).toBe('#ff00ff');
  });

  full.it('gives a compile up for a newer text, and stays', async () => {
    const fixture = new Fixture();
    const session = await openWarm(fixture);
    const [server] = waitingFrontends(fixture);
    fixture.write('View.swift', colorPreview('#0000ff', slowToCompile));
    const superseded = session.reload();
    const fork = await until(() => forksOf(server)[0]);
    fixture.write('View.swift', colorPreview('#ff00ff'));
    expect(await session.reload()).toMatchObject({ warm: true });
    expect(await superseded).toMatchObject({ warm: true });
    expect(await color(session)).toBe('#ff00ff');
    expect(processes().some(({ pid }) => pid === fork.pid)).toBe(false);
    expect(waitingFrontends(fixture).map(({ pid }) => pid)).toEqual([server.pid]);
  });

  full.it('takes as long as `timeouts.compile` allows', async () => {
    const fixture = new Fixture();
    const session = await openWarm(fixture, { timeouts: { compile: 3000 } });
    fixture.write('View.swift', colorPreview('#0000ff', slowToCompile));
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'compile', ms: 3000 });
    expect(waitingFrontends(fixture)).toEqual([]);
    fixture.write('View.swift', colorPreview('#ff00ff'));
    await session.reload();
    expect(await color(session)).toBe('#ff00ff');
  });

  full.it('is not started where it is not wanted', async () => {
    const fixture = new Fixture();
    const session = await openWarm(fixture, { warmCompiler: false });
    expect(waitingFrontends(fixture)).toEqual([]);
    fixture.write('View.swift', colorPreview('#0000ff'));
    expect(await session.reload()).toMatchObject({ warm: false });
    expect(await color(session)).toBe('#0000ff');
    await expect(openWarm(fixture, { warmCompiler: 'yes' as never })).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_ARGUMENT',
      message: expect.stringContaining('`warmCompiler`'),
    });
  });

  full.it('works in-process, too, and against a prebuilt module', async () => {
    process.env.HOTSWIFT_SPLIT_FROM = '0';
    try {
      const fixture = new Fixture();
      const session = await openWarm(fixture, { isolation: 'in-process' });
      for (const value of ['#0000ff', '#ff00ff']) {
        fixture.write('View.swift', colorPreview(value));
        expect(await session.reload()).toMatchObject({ warm: true, strategy: 'split' });
        expect(await color(session)).toBe(value);
      }
    } finally {
      delete process.env.HOTSWIFT_SPLIT_FROM;
    }
  });
});

/** Takes the compiler a second or so. */
function manyFunctions(count: number): string {
  const body = (index: number) =>
    `func f${index}(_ values: [Int]) -> [String: Int] { Dictionary(uniqueKeysWithValues: values.map { ("\\($0)", $0 * ${index}) }) }\n`;
  return Array.from({ length: count }, (_, index) => body(index)).join('');
}

describe('of a host that ends', () => {
  const library = path.join(__dirname, '..', '..', 'dist', 'index.js');

  /** A host that has a warm compiler wait, and then does as it is told. */
  async function startHost(fixture: Fixture, then: string): Promise<ChildProcess> {
    const file = fixture.write('View.swift', colorPreview('#00ff00'));
    mkdirSync(fixture.path('tmp'));
    const script = `
      const { createSession } = require(${JSON.stringify(library)});
      createSession({ file: ${JSON.stringify(file)}, isolation: 'in-process' }).then(async (session) => {
        await session.idle();
        console.log('idle');
        ${then}
      });`;
    const host = spawn(process.execPath, ['-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: fixture.path('tmp') },
    });
    await once(host.stdout ?? host, 'data');
    return host;
  }
  const gone = (fixture: Fixture) => until(() => (waitingFrontends(fixture).length === 0 ? true : undefined));

  it('nothing is left when it is killed', async () => {
    const fixture = new Fixture();
    const host = await startHost(fixture, 'setInterval(() => {}, 1000);');
    expect(waitingFrontends(fixture)).toHaveLength(1);
    host.kill('SIGKILL');
    await gone(fixture);
  });

  full.it('nothing is left when it is killed while it compiles', async () => {
    const fixture = new Fixture();
    const edit = `require('node:fs').appendFileSync(session.file, ${JSON.stringify(slowToCompile)}); session.reload();`;
    const host = await startHost(fixture, edit);
    const [server] = waitingFrontends(fixture);
    const fork = await until(() => forksOf(server)[0]);
    host.kill('SIGKILL');
    await gone(fixture);
    await until(() => (processes().some(({ pid }) => pid === fork.pid) ? undefined : true));
  });

  full.it('nothing is left, no file either, when it has nothing more to do, or exits, also while it compiles', async () => {
    const edit = `require('node:fs').appendFileSync(session.file, ${JSON.stringify(slowToCompile)}); session.reload();`;
    for (const then of ['', 'process.exit(7);', `${edit} setTimeout(() => process.exit(7), 300);`]) {
      const fixture = new Fixture();
      const host = await startHost(fixture, then);
      expect(host.exitCode ?? ((await once(host, 'exit')) as [number])[0]).toBe(then === '' ? 0 : 7);
      await gone(fixture);
      expect(readdirSync(fixture.path('tmp'))).toEqual([]);
    }
  });
});
