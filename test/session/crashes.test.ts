import { spawn } from 'node:child_process';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { isRunning } from '../support/processes';
import { colorPreview, nextEvent, openSession, recordEvents } from '../support/session';
import { first, full, long } from '../support/tier';

const entry = (body: string) => `@_cdecl("entry") func entry() -> Int32 { ${body} }\n`;

/** Ways to end a process, with Glibc, and what is told of it. */
const faults: [string, string, { signal: string | null; exitCode: number | null }][] = [
  ['fatalError', 'fatalError("boom")', { signal: 'SIGILL', exitCode: null }],
  ['an index out of range', 'let list = [1]; print(list[list.count])', { signal: 'SIGILL', exitCode: null }],
  ['a null dereference', 'print(UnsafePointer<Int32>(bitPattern: 8)!.pointee)', { signal: 'SIGSEGV', exitCode: null }],
  [
    'a stack overflow',
    'func deeper(_ depth: Int) -> Int { deeper(depth + 1) + 1 }; print(deeper(0))',
    { signal: 'SIGSEGV', exitCode: null },
  ],
  ['abort', 'abort()', { signal: 'SIGABRT', exitCode: null }],
  ['exit, as if all were well', 'exit(0)', { signal: null, exitCode: 0 }],
  ['exit', 'exit(3)', { signal: null, exitCode: 3 }],
];

const eachFault = first(1).it.each(faults);

describe('Swift code that ends its process', () => {
  first(2).it.each(faults)('leaves the host alive and the session usable: %s', async (_, body, how) => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', `import Glibc\n${colorPreview('#ff0000', entry(`${body}; return 0`))}`);
    const session = await openSession({ file });
    const events = recordEvents(session, 'crash');
    const pid = session.agent?.pid;

    await expect(session.call('entry')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH', ...how });
    expect(events).toEqual([['crash', expect.objectContaining({ pid, ...how })]]);
    expect(session.agent).toBeNull();

    const snapshot = await session.snapshot();
    expect(new Picture(snapshot.data).pixel(0, 0)).toBe('#ff0000');
    expect(snapshot.generation).toBe(1);
    expect(session.agent?.pid).not.toBe(pid);

    fixture.write('Color.swift', colorPreview('#0000ff', entry('7')));
    expect(await session.reload()).toMatchObject({ tier: 'structural', generation: 2 });
    expect(await session.call('entry')).toBe(7);
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#0000ff');
  });

  eachFault('in the initial value of a global variable fails the reload, and the next edit works: %s', async (_, body, how) => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    const events = recordEvents(session, 'crash', 'reload');
    const pid = session.agent?.pid;
    const initial = `func fault() { ${body} }\nlet initial: String = { fault(); return "#00ff00" }()\n`;
    fixture.write('Color.swift', `import Glibc\n${colorPreview('\\(initial)', initial)}`);
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH', ...how });
    expect(events).toEqual([['crash', expect.objectContaining({ pid, ...how })]]);

    const snapshot = await session.snapshot();
    expect(snapshot).toMatchObject({ stale: true, generation: 1 });
    expect(new Picture(snapshot.data).pixel(0, 0)).toBe('#ff0000');
    fixture.write(
      'Color.swift',
      `import Glibc\n${colorPreview('\\(initial)', initial.replace('{ fault(); ', '{ ').replace('#00ff00', '#0000ff'))}`,
    );
    expect(await session.reload()).toMatchObject({ tier: 'structural', generation: 2 });
    const repaired = await session.snapshot();
    expect(repaired).toMatchObject({ stale: false, generation: 2 });
    expect(new Picture(repaired.data).pixel(0, 0)).toBe('#0000ff');
  });

  eachFault('while nothing is asked of it gets another one, with the newest edit: %s', async (_, body, how) => {
    const fixture = new Fixture();
    const flag = fixture.path('flag');
    const more = `func fault() { ${body} }
@MainActor func wait() {
  if access("${flag}", F_OK) == 0 { fault() }
  DispatchQueue.main.asyncAfter(deadline: .now() + .milliseconds(10)) { wait() }
}
${entry('MainActor.assumeIsolated { wait() }; return 0')}`;
    const text = (color: string) => `import Dispatch\nimport Glibc\n${colorPreview(color, more)}`;
    const file = fixture.write('Color.swift', text('#ff0000'));
    const session = await openSession({ file });
    fixture.write('Color.swift', text('#00ff00').replace('Preview("Color"', 'Preview("Edited"'));
    await session.reload();
    const pid = session.agent?.pid;
    expect(await session.call('entry')).toBe(0);
    const events = recordEvents(session, 'crash', 'respawn', 'reload', 'reload-error');
    const respawned = nextEvent(session, 'respawn');
    fixture.write('flag', '');
    const [respawn] = await respawned;
    expect(respawn).toEqual({ reason: 'crash', oldPid: pid, newPid: session.agent?.pid });
    const snapshot = await session.snapshot();
    expect(new Picture(snapshot.data).pixel(0, 0)).toBe('#00ff00');
    expect(snapshot).toMatchObject({ stale: false, generation: 2, preview: { name: 'Edited' } });
    expect(events).toEqual([
      ['crash', expect.objectContaining({ pid, ...how })],
      ['respawn', respawn],
    ]);
    expect(session).toMatchObject({ state: 'ready', error: null });
  });

  it('while it draws fails the reload; the last good generation is drawn instead', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    fixture.write('Color.swift', colorPreview('#00ff00').replace('SVG(', 'if true { fatalError() }\n      return SVG('));
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH', signal: 'SIGILL' });
    expect(session.state).toBe('failed');

    const snapshot = await session.snapshot({ scale: 2 });
    expect(snapshot).toMatchObject({ stale: true, width: 80, height: 40 });
    expect(new Picture(snapshot.data).pixel(0, 0)).toBe('#ff0000');
  });

  it('hanging is stopped by the limit on drawing', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000', entry('while true {}')));
    const session = await openSession({ file, timeouts: { render: 500 } });
    const events = recordEvents(session, 'crash');
    await expect(session.call('entry')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'render', ms: 500 });
    expect(events).toEqual([]);
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#ff0000');
  });

  full.it('hanging when it is drawn is stopped as well; what ran before is drawn, and then what comes next', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, timeouts: { render: 1000 } });
    const pid = session.agent?.pid ?? 0;
    const events = recordEvents(session, 'crash', 'respawn', 'reload', 'reload-error');
    const respawned = nextEvent(session, 'respawn');
    fixture.write('Color.swift', colorPreview('#00ff00').replace('SVG(', 'while true {}\n      return SVG('));
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'render', ms: 1000 });
    expect(isRunning(pid)).toBe(false);
    const [respawn] = await respawned;
    expect(respawn).toMatchObject({ reason: 'timeout', oldPid: pid });
    const snapshot = await session.snapshot();
    expect(snapshot).toMatchObject({ stale: true, generation: 1 });
    expect(new Picture(snapshot.data).pixel(0, 0)).toBe('#ff0000');

    fixture.write('Color.swift', colorPreview('#0000ff'));
    await session.reload();
    const repaired = await session.snapshot();
    expect(repaired).toMatchObject({ stale: false, generation: 2 });
    expect(new Picture(repaired.data).pixel(0, 0)).toBe('#0000ff');
    expect(events.map(([name]) => name)).toEqual(['respawn', 'reload']);
  });

  it('does not keep close from ending everything', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000', entry('print("in"); while true {}')));
    const session = await openSession({ file });
    const entered = new Promise((resolve) => session.stdout.once('data', resolve));
    const call = session.call('entry');
    const rejected = expect(call).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CLOSED' });
    await entered;
    const pid = session.agent?.pid ?? 0;
    const closed = nextEvent(session, 'close');
    await session.close();
    await closed;
    await rejected;
    expect(isRunning(pid)).toBe(false);
    await expect(session.snapshot()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CLOSED' });
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CLOSED' });
    await session.close();
  });
});

describe('an agent', () => {
  first(1).it.each([
    ['whatever Swift is doing', 'while true {}'],
    ['also when Swift has closed what it does not own', 'for descriptor: Int32 in 3..<64 { close(descriptor) }; while true {}'],
  ])('ends with its host, %s', async (_, body) => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', `import Glibc\n${colorPreview('#ff0000', entry(body))}`);
    const code = `require('hotswift').createSession({ file: ${JSON.stringify(file)} }).then((session) => {
      console.log(session.agent.pid); session.call('entry'); });`;
    const host = spawn(process.execPath, ['-e', code], { cwd: `${__dirname}/../..`, stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = Number(await new Promise((resolve) => host.stdout.once('data', resolve)));
    expect(isRunning(pid)).toBe(true);
    host.kill('SIGKILL');
    while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  const streams: ['stdout' | 'stderr', string][] = [
    ['stdout', 'print(line)'],
    ['stderr', 'fputs(line + "\\n", stderr)'],
  ];

  /** Has Swift write so many bytes, and not wait. Resolves with how many of them arrived, and how many more the host had in memory meanwhile. */
  async function passOnFlood(
    name: 'stdout' | 'stderr',
    write: string,
    size: number,
    isRead: boolean,
  ): Promise<{ received: number; largest: number }> {
    const fixture = new Fixture();
    const flood = `let line = String(repeating: "x", count: 1023); for _ in 0..<${size / 1024} { ${write} }; fflush(nil); return 7`;
    const file = fixture.write('Color.swift', `import Glibc\n${colorPreview('#ff0000', entry(flood))}`);
    const session = await openSession({ file });
    const before = process.memoryUsage().rss;
    let largest = 0;
    let received = 0;
    session[name].on('data', (chunk) => {
      received += String(chunk).replace(/[^x\n]/g, '').length;
      largest = Math.max(largest, process.memoryUsage().rss - before);
    });
    if (!isRead) session[name].pause();
    expect(await session.call('entry')).toBe(7);
    const ended = new Promise((resolve) => session[name].once('end', resolve));
    session[name].resume();
    await session.close();
    await ended;
    return { received, largest };
  }

  first(1).it.each(streams)('waits for nobody who reads a flood of %s: what is too much is lost', async (name, write) => {
    const size = 32 * 2 ** 20;
    const { received } = await passOnFlood(name, write, size, false);
    expect(received).toBeGreaterThan(2 ** 20);
    expect(received).toBeLessThan(size);
  });

  long.it.each(streams)('keeps nothing of a flood of %s that is read', async (name, write) => {
    const size = 100 * 2 ** 20;
    expect((await passOnFlood(name, write, size, true)).largest).toBeLessThan(size / 2);
  });

  it('passes on what Swift prints, in whole lines', async () => {
    const fixture = new Fixture();
    const body = 'print("out é"); fputs("err\\n", stderr); return 0';
    const file = fixture.write('Color.swift', `import Glibc\n${colorPreview('#ff0000', entry(body))}`);
    const session = await openSession({ file });
    const out: string[] = [];
    session.stdout.on('data', (chunk) => out.push(String(chunk)));
    const err = new Promise((resolve) => session.stderr.once('data', resolve));
    for (let count = 0; count < 100; count += 1) await session.call('entry');
    while (out.join('').length < 600) await new Promise((resolve) => session.stdout.once('data', resolve));
    expect(out.join('')).toBe('out é\n'.repeat(100));
    expect(out.filter((chunk) => !chunk.endsWith('\n'))).toEqual([]);
    expect(String(await err)).toMatch(/^err\n/);
  });
});
