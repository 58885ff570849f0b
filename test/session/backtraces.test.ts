import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { CrashInfo, Session } from '../../lib/index.js';
import { sectionNamed } from '../support/elf';
import { Fixture } from '../support/fixture';
import { isRunning } from '../support/processes';
import { colorPreview, nextEvent, openSession, recordEvents } from '../support/session';
import { first, full } from '../support/tier';

/** The frames of what rejects because the Swift code crashed. */
async function backtraceOf(result: Promise<unknown>): Promise<string[]> {
  const error = await result.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
  return error.backtrace ?? [];
}

/** Those of them that lie in files of the fixture, as `function at file:line`, without what is inlined and where it is called from C. */
function framesIn(fixture: Fixture, backtrace: readonly string[] = []): string[] {
  return backtrace
    .filter((frame) => frame.includes(` at ${fixture.folder}/`) && !frame.startsWith('Swift runtime failure'))
    .map((frame) => frame.replace(`${fixture.folder}/`, '').replace(/(:\d+):\d+$/, '$1'));
}

/** Its crash leaves an agent with the library of the module, if there is one. */
async function killAgent(session: Session): Promise<CrashInfo> {
  const crashed = nextEvent(session, 'crash');
  process.kill(session.agent?.pid ?? 0, 'SIGKILL');
  return (await crashed)[0];
}

const entryOf = (body: string) => `@_cdecl("entry") func entry() -> Int32 { ${body} }\n`;

/** A preview that calls `draw` while it is drawn; the call is on line 6. */
const crashing = (more: string) => `import Glibc\n${colorPreview('#ff0000', more).replace('SVG(', 'draw()\n      return SVG(')}`;

describe('the backtrace of a crash', () => {
  first(2).it.each([
    ['fatalError', 'fatalError("boom")', 'SIGILL'],
    ['an index out of range', 'let list = [1]; print(list[list.count])', 'SIGILL'],
    ['an overflow', 'let most = Int.max; print(most + Int(getpid()))', 'SIGILL'],
    ['a null dereference', 'print(UnsafePointer<Int32>(bitPattern: 8)!.pointee)', 'SIGSEGV'],
    ['a null dereference in a function of C', 'print(strlen(UnsafePointer<CChar>(bitPattern: 8)!))', 'SIGSEGV'],
    ['a call of what is no function', 'unsafeBitCast(UInt(8), to: (@convention(c) () -> Void).self)()', 'SIGSEGV'],
    ['abort', 'abort()', 'SIGABRT'],
    ['a signal that is sent', 'raise(SIGFPE)', 'SIGFPE'],
  ])('names function, file and line: %s', async (_, body, signal) => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    const events = recordEvents(session, 'crash');

    fixture.write('Color.swift', crashing(`struct Card {\n  func draw() {\n    ${body}\n  }\n}\nfunc draw() { Card().draw() }\n`));
    const backtrace = await backtraceOf(session.reload());
    expect(framesIn(fixture, backtrace).slice(0, 3)).toEqual([
      'Card.draw() at Color.swift:14',
      'draw() at Color.swift:17',
      expect.stringMatching(/^closure #1 in .*previews.* at Color\.swift:7$/),
    ]);
    expect(events).toEqual([['crash', { pid: expect.any(Number), signal, exitCode: null, backtrace }]]);
    // Who draws is hotswift, and Node.
    expect(backtrace.filter((frame) => / in node$/.test(frame))).toEqual([]);
  });

  full.it('has the innermost frames of a stack that overflows', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    fixture.write(
      'Color.swift',
      crashing('func draw() { print(deep(1)) }\nfunc deep(_ level: Int) -> Int {\n  deep(level + 1) &+ level\n}\n'),
    );
    const backtrace = await backtraceOf(session.reload());
    expect(framesIn(fixture, backtrace).slice(1, 60)).toEqual(Array(59).fill('deep(_:) at Color.swift:14'));
    expect(backtrace.at(-1)).toBe('…');
  });

  it('goes from a closure to the function of another file that called it', async () => {
    const fixture = new Fixture();
    const caller = fixture.write('Caller.swift', '\nfunc twice(_ work: () -> Void) {\n  work()\n  work()\n}\n');
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, module: { name: 'App', sources: [caller] } });
    fixture.write('Color.swift', crashing('func draw() {\n  twice {\n    fatalError("boom")\n  }\n}\n'));
    expect(framesIn(fixture, await backtraceOf(session.reload())).slice(0, 3)).toEqual([
      'closure #1 in draw() at Color.swift:14',
      'twice(_:) at Caller.swift:3',
      'draw() at Color.swift:13',
    ]);
  });

  full.it('names the initialiser of a global variable', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    fixture.write('Color.swift', crashing('let list: [Int] = []\nlet first: Int =\n  list[0]\nfunc draw() { print(first) }\n'));
    const frames = framesIn(fixture, await backtraceOf(session.reload()));
    expect(frames[0]).toMatch(/ at Color\.swift:14$/);
    expect(frames.join()).toContain('draw() at Color.swift:15');
  });

  it.each([
    ['a detached task', 'Task.detached {\n    broken()\n  }'],
    ['a queue', 'DispatchQueue.global().async {\n    broken()\n  }'],
    ['a thread', 'Thread.detachNewThread {\n    broken()\n  }'],
  ])('is that of the thread that crashed, while nothing is asked for: %s', async (_, work) => {
    const fixture = new Fixture();
    const body = `@_cdecl("entry") func entry() -> Int32 {\n  ${work}\n  return 0\n}\nfunc broken() { fatalError("boom") }\n`;
    const file = fixture.write('Color.swift', `import Foundation\n${colorPreview('#ff0000', body)}`);
    const session = await openSession({ file, module: { name: 'App', sources: [], flags: ['-swift-version', '5'] } });
    const crashed = nextEvent(session, 'crash');
    await session.call('entry').catch(() => {});
    const [{ signal, backtrace }] = await crashed;
    expect(signal).toBe('SIGILL');
    expect(framesIn(fixture, backtrace).slice(0, 2)).toEqual([
      'broken() at Color.swift:17',
      expect.stringMatching(/^(\(\d\) .* for )?closure #1 in entry\(\) at Color\.swift:13$/),
    ]);
  });

  full.it('is waited for: what is asked for while the end of the process is looked into, another one answers', async () => {
    const fixture = new Fixture();
    const body = '@_cdecl("entry") func entry() -> Int32 {\n  Thread.detachNewThread { fatalError("boom") }\n  return 0\n}\n';
    const file = fixture.write('Color.swift', `import Foundation\n${colorPreview('#ff0000', body)}`);
    const session = await openSession({ file, module: { name: 'App', sources: [], flags: ['-swift-version', '5'] } });
    const pid = session.agent?.pid ?? 0;
    const events = recordEvents(session, 'crash', 'respawn');
    await session.call('entry').catch(() => {});
    while (isRunning(pid)) await new Promise(setImmediate);
    expect((await session.snapshot()).stale).toBe(false);
    expect(events.map(([name]) => name)).toEqual(['crash', 'respawn']);
  });

  it('has the lines of the file in functions of the stable library, also when others of the file were patched', async () => {
    process.env.HOTSWIFT_PATCH_FROM = '0';
    try {
      const fixture = new Fixture();
      const part = (shade: string, before = '') =>
        `${before}func shade() -> String { "${shade}" }\n\nfunc broken(_ all: [Int]) -> Int {\n  all[3]\n}\n`;
      const sources = [fixture.write('Part.swift', part('#00ff00')), fixture.write('Uses.swift', 'func used() -> String { shade() }\n')];
      const entry = '@_cdecl("entry") func entry() -> Int32 {\n  Int32(broken([]))\n}\n';
      const file = fixture.write('Color.swift', colorPreview('\\(used())', entry));
      const session = await openSession({ file, module: { name: 'App', sources } });
      await session.idle();
      expect((await killAgent(session)).backtrace).toBeUndefined();
      const expected = (line: number) => [`broken(_:) at Part.swift:${line}`, 'entry() at Color.swift:11'];
      expect(framesIn(fixture, await backtraceOf(session.call('entry'))).slice(0, 2)).toEqual(expected(4));

      fixture.write('Part.swift', part('#0000ff', '// One line\n// and another\n'));
      expect((await session.reload()).reason).toContain('the new functions of Part.swift take the place of the old');
      expect(framesIn(fixture, await backtraceOf(session.call('entry'))).slice(0, 2)).toEqual(expected(6));

      fixture.write('Part.swift', part('#0000ff').replace('all[3]', '\n  all[4]'));
      expect((await session.reload()).reason).toContain('the new functions of Part.swift take the place of the old');
      expect(framesIn(fixture, await backtraceOf(session.call('entry'))).slice(0, 2)).toEqual(expected(5));
    } finally {
      delete process.env.HOTSWIFT_PATCH_FROM;
    }
  });

  it('has the lines and columns of the text, not of the thunk that its literals are read through', async () => {
    const fixture = new Fixture();
    const body = (index: number) => `func sum() -> Int {\n  let list = [1, 2, 3]\n  return list[${index}] + list[list.count - 1]\n}\n`;
    const text = (index: number) => colorPreview('\\(sum() > 0 ? "#ff0000" : "#00ff00")', body(index));
    const file = fixture.write('Color.swift', text(0));
    const session = await openSession({ file });
    fixture.write('Color.swift', text(1));
    expect((await session.reload()).tier).toBe('literal');
    fixture.write('Color.swift', text(7));
    const backtrace = await backtraceOf(session.reload());
    expect(framesIn(fixture, backtrace)[0]).toBe('sum() at Color.swift:12');
  });

  full.it('names code of a generation that is no longer the newest', async () => {
    const fixture = new Fixture();
    const wait = 'Thread.detachNewThread {\n    while access("GO", F_OK) != 0 { usleep(1000) }\n    broken()\n  }';
    const body = `@_cdecl("entry") func entry() -> Int32 {\n  ${wait.replace('GO', fixture.path('go'))}\n  return 0\n}\nfunc broken() { fatalError("boom") }\n`;
    const file = fixture.write('Color.swift', `import Foundation\n${colorPreview('#ff0000', body)}`);
    const session = await openSession({ file, module: { name: 'App', sources: [], flags: ['-swift-version', '5'] } });
    const pid = session.agent?.pid;
    await session.call('entry');
    for (const color of ['#00ff00', '#0000ff', '#ffff00', '#ff00ff', '#00ffff', '#ffffff']) {
      fixture.write('Color.swift', colorPreview(color, `// ${color}\nfunc unrelated() {}\n`));
      expect((await session.reload()).tier).toBe('structural');
    }
    expect(session.agent?.pid).toBe(pid);
    const crashed = nextEvent(session, 'crash');
    fixture.write('go', '');
    expect(framesIn(fixture, (await crashed)[0].backtrace).slice(0, 2)).toEqual([
      'broken() at Color.swift:18',
      'closure #1 in entry() at Color.swift:14',
    ]);
  });

  it('names functions of a library whose debug information is damaged, and the host lives', async () => {
    const fixture = new Fixture({
      'broken.c': 'int broken(void) { return *(volatile int *)8; }\n',
      'CBroken/module.modulemap': 'module CBroken { header "broken.h" link "broken" }\n',
      'CBroken/broken.h': 'int broken(void);\n',
    });
    execFileSync('cc', ['-g', '-O0', '-shared', '-fPIC', fixture.path('broken.c'), '-o', fixture.path('libbroken.so')]);
    const { offset, size } = sectionNamed(fixture.path('libbroken.so'), '.debug_abbrev');
    const library = readFileSync(fixture.path('libbroken.so'));
    library.fill(0xff, offset, offset + size);
    fixture.write('libbroken.so', library);
    const file = fixture.write('Color.swift', `import CBroken\n${entryOf('Int32(broken())')}`);
    const module = {
      name: 'App',
      sources: [],
      importPaths: [fixture.path('CBroken')],
      libraryPaths: [fixture.folder],
      libraries: ['broken'],
    };
    const session = await openSession({ file, module });
    const backtrace = await backtraceOf(session.call('entry'));
    expect(backtrace[0]).toBe('broken in libbroken.so');
    expect(backtrace[1]).toMatch(/^entry\(\)/);
  });

  it('is missing where the process exits, or is killed', async () => {
    const fixture = new Fixture();
    const file = fixture.write(
      'Color.swift',
      `import Glibc\n${colorPreview('#ff0000', '@_cdecl("entry") func entry() -> Int32 { exit(3) }\n')}`,
    );
    const session = await openSession({ file });
    const events = recordEvents(session, 'crash');
    const pid = session.agent?.pid;
    await expect(session.call('entry')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH', backtrace: undefined });
    expect(events).toEqual([['crash', { pid, signal: null, exitCode: 3 }]]);
    await session.snapshot();
    expect(await killAgent(session)).toEqual({ pid: expect.any(Number), signal: 'SIGKILL', exitCode: null });
  });

  full.it('is missing, and the crash told all the same, where Swift has closed what it does not own', async () => {
    const fixture = new Fixture();
    const body =
      'for descriptor: Int32 in 4..<64 { close(descriptor) }\n  let other = open("OTHER", O_RDWR | O_CREAT, 0o600)\n  precondition(other < 4)\n  return 0';
    const entry = `@_cdecl("entry") func entry() -> Int32 {\n  ${body.replace('OTHER', fixture.path('other'))}\n}\n`;
    const file = fixture.write('Color.swift', `import Glibc\n${colorPreview('#ff0000', entry)}`);
    const session = await openSession({ file });
    expect(await backtraceOf(session.call('entry'))).toEqual([]);
  });
});
