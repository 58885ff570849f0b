import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createSession } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { agents } from '../support/processes';
import { colorPreview, nextEvent, openSession, recordEvents } from '../support/session';
import { inTemporaryFolder } from '../support/temporary-folder';
import { full } from '../support/tier';

const color = (data: Buffer) => new Picture(data).pixel(0, 0);

describe('what runs and what is said of it agree', () => {
  it('when a file is saved and taken back while another one compiles', async () => {
    const fixture = new Fixture();
    const pair = (first: string, second: string) => `struct Pair { var ${first} = 0x11; var ${second} = 0x22 }\n`;
    const other = fixture.write('Pair.swift', pair('left', 'right'));
    const text = (value: number) => colorPreview('#0000\\(String(Pair().left, radix: 16))', `let unused = ${value}\n`);
    const file = fixture.write('View.swift', text(1));
    const session = await openSession({ file, module: { name: 'Racing', sources: [other] } });
    expect(color((await session.snapshot()).data)).toBe('#000011');

    fixture.write('View.swift', text(2));
    const compiling = new Promise<void>((resolve) => session.on('state', (state) => state === 'reloading' && resolve()));
    const reload = session.reload();
    await compiling;
    fixture.write('Pair.swift', pair('right', 'left'));
    await reload;
    fixture.write('Pair.swift', pair('left', 'right'));
    await session.reload();
    expect(color((await session.snapshot()).data)).toBe('#000011');
  });

  it('when a generation links and then fails to draw', async () => {
    const fixture = new Fixture();
    const version = (number: number) => `@_cdecl("version") func version() -> Int32 { ${number} }\n`;
    const file = fixture.write('Color.swift', colorPreview('#ff0000', version(1)));
    const session = await openSession({ file });
    const crashing = colorPreview('#00ff00', version(2)).replace('SVG(', 'if true { fatalError() }\n      return SVG(');
    fixture.write('Color.swift', crashing);
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
    expect(session.generation).toBe(1);
    expect(await session.snapshot()).toMatchObject({ generation: 1, stale: true });
    expect(await session.call('version')).toBe(1);

    const reloads = recordEvents(session, 'reload');
    fixture.write('Color.swift', colorPreview('#ff0000', version(1)));
    expect(await session.reload()).toMatchObject({ tier: 'none', generation: 1 });
    expect(reloads).toMatchObject([['reload', { tier: 'none' }]]);
    expect(await session.call('version')).toBe(1);
  });

  full.it('when a call changes what the preview shows', async () => {
    const fixture = new Fixture();
    const counter = 'nonisolated(unsafe) var shade = 0\n@_cdecl("darken") func darken() -> Int32 { shade += 1; return Int32(shade) }\n';
    const file = fixture.write('Color.swift', colorPreview('#00000\\(shade)', counter));
    const session = await openSession({ file });
    expect(color((await session.snapshot()).data)).toBe('#000000');
    await session.call('darken');
    expect(color((await session.snapshot()).data)).toBe('#000001');
    await session.reload({ fresh: true });
    expect(color((await session.snapshot()).data)).toBe('#000000');
  });

  full.it('after a snapshot that ended its agent, which no later reload repeats', async () => {
    const fixture = new Fixture();
    const bad = '    Preview("Bad") { SVG([String]()[0]) }\n  }\n}\n';
    const file = fixture.write('Color.swift', colorPreview('#ff0000').replace('  }\n}\n', bad));
    const session = await openSession({ file });
    const pid = session.agent?.pid;
    await expect(session.snapshot({ preview: 'Bad' })).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
    const respawned = nextEvent(session, 'respawn');
    fixture.write('Color.swift', colorPreview('#00ff00').replace('  }\n}\n', bad));
    expect(await session.reload()).toMatchObject({ tier: 'structural' });
    expect(await respawned).toMatchObject([{ reason: 'crash', oldPid: pid, newPid: session.agent?.pid }]);
  });

  full.it('after a hang, for what was asked meanwhile', async () => {
    const fixture = new Fixture();
    const entries = '@_cdecl("hang") func hang() -> Int32 { while true {} }\n@_cdecl("seven") func seven() -> Int32 { 7 }\n';
    const file = fixture.write('Color.swift', colorPreview('#ff0000', entries));
    const session = await openSession({ file, timeouts: { render: 700 } });
    const hang = expect(session.call('hang')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_TIMEOUT' });
    const [seven, snapshot] = await Promise.all([session.call('seven'), session.snapshot(), hang]);
    expect(seven).toBe(7);
    expect(color(snapshot.data)).toBe('#ff0000');
  });

  it('when a fresh agent cannot run the code: the old one goes on', async () => {
    const fixture = new Fixture();
    const flag = fixture.path('second-run');
    const guard = `@_cdecl("version") func version() -> Int32 { 1 }\n`;
    const once = `if access("${flag}", F_OK) == 0 { fatalError() }\n      return SVG(`;
    const file = fixture.write('Color.swift', `import Glibc\n${colorPreview('#ff0000', guard).replace('SVG(', once)}`);
    const session = await openSession({ file });
    const pid = session.agent?.pid;
    fixture.write('second-run', '');
    await expect(session.reload({ fresh: true })).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
    expect(session.agent?.pid).toBe(pid);
    expect(await session.call('version')).toBe(1);
  });
});

describe('a session survives', () => {
  it('listeners that throw, which are uncaught exceptions of their own', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const code = `
      process.on('uncaughtException', ({ message }) => console.log('uncaught:', message));
      require('hotswift').createSession({ file: ${JSON.stringify(file)} }).then(async (session) => {
        session.on('reload', () => { throw new Error('in a listener'); }).on('state', () => { throw new Error('in another'); });
        require('node:fs').appendFileSync(session.file, '// edited');
        console.log((await session.reload()).tier, session.state);
        await session.close();
      });`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], { cwd: path.join(__dirname, '../..') });
    const lines = stdout.trim().split('\n').sort();
    expect(lines).toEqual(['structural ready', 'uncaught: in a listener', ...Array(3).fill('uncaught: in another')]);
  });

  it('something that writes to the agent’s channel', async () => {
    const fixture = new Fixture();
    const entry = '@_cdecl("scribble") func scribble() -> Int32 { Int32(write(3, "\\u{5}\\0\\0\\0hello", 9)) }\n';
    const file = fixture.write('Color.swift', `import Glibc\n${colorPreview('#ff0000', entry)}`);
    const session = await openSession({ file });
    await expect(session.call('scribble')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
    expect(color((await session.snapshot()).data)).toBe('#ff0000');
  });

  full.it('the loss of its temporary folder', async () => {
    const fixture = new Fixture({ 'Other.swift': 'func other() -> Int { 1 }\n' });
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    await inTemporaryFolder(async (folder) => {
      const session = await openSession({ file, module: { name: 'Cleaned', sources: [fixture.path('Other.swift')] } });
      for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
      fixture.write('Color.swift', colorPreview('#00ff00'));
      await session.reload();
      expect(color((await session.snapshot()).data)).toBe('#00ff00');
      await session.close();
    });
  });

  full.it('a damaged support module in the cache, before and while it runs', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const cacheDirectory = fixture.path('cache');
    const first = await openSession({ file, cacheDirectory });
    const [entry] = readdirSync(path.join(cacheDirectory, 'preview-kit'));
    const module = path.join(cacheDirectory, 'preview-kit', entry, 'PreviewKit.swiftmodule');
    truncateSync(module, 100);
    fixture.write('Color.swift', colorPreview('#00ff00'));
    await first.reload();
    expect(color((await first.snapshot()).data)).toBe('#00ff00');
    await first.close();

    // Of the same size, so that nothing but a look at it tells.
    for (const name of ['PreviewKit.swiftmodule', 'libPreviewKit.so']) {
      const file = path.join(cacheDirectory, 'preview-kit', entry, name);
      writeFileSync(file, readFileSync(file).fill(0x55, 1000));
    }
    const second = await openSession({ file, cacheDirectory });
    expect(color((await second.snapshot()).data)).toBe('#00ff00');
    expect(readdirSync(path.join(cacheDirectory, 'preview-kit'))).toEqual([entry]);
  });
});

describe('a session that is given up', () => {
  full.it('while it starts leaves no process and no listener, wherever it was', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    for (const delay of [1, 60, 120, 200, 280, 360]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('enough')), delay);
      const session = createSession({ file, watch: true, signal: controller.signal });
      await expect(session.then((opened) => opened.close().then(() => Promise.reject(new Error('enough'))))).rejects.toThrow('enough');
    }
    expect(agents()).toEqual([]);
  });
});

describe('a module’s flags', () => {
  it('that make no objects are refused by name; those for the linker are understood', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const open = (...flags: string[]) => openSession({ file, module: { name: 'Flags', sources: [], flags } });
    await expect(open('-emit-ir')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_PROJECT', message: expect.stringContaining('-emit-ir') });
    await expect(open('-lno_such_library')).resolves.toMatchObject({ error: { code: 'ERR_HOTSWIFT_LINK' } });
    const session = await open('-wmo', '-g');
    expect(color((await session.snapshot()).data)).toBe('#ff0000');
  });

  full.it('and files of one name in two folders are told apart from a source that does not compile', async () => {
    const fixture = new Fixture();
    const sources = [fixture.write('a/Same.swift', ''), fixture.write('b/Same.swift', '')];
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    await expect(openSession({ file, module: { name: 'Twice', sources } })).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_PROJECT' });
  });
});
