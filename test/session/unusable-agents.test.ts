import { spawn } from 'node:child_process';
import path from 'node:path';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, nextEvent, openSession, recordEvents } from '../support/session';
import { first } from '../support/tier';

/** A preview of a colour, and what is done when it is drawn. */
const drawing = (color: string, before: string) =>
  `import Foundation\n${colorPreview(color).replace('SVG(', `${before}\n      return SVG(`)}`;

/** What takes an agent's main thread, or its means, without that anybody waits for it. */
const troubles: [string, string, string[]][] = [
  ['hangs', 'DispatchQueue.main.async { while true { usleep(1000) } }', ['timeout']],
  ['has no descriptors left', 'while open("/dev/null", O_RDONLY) >= 0 {}', ['exhausted', 'crash']],
  [
    'has written to the channel',
    'DispatchQueue.main.async { var b = [UInt8](repeating: 0x68, count: 64); write(3, &b, 64) }',
    ['crash', 'timeout'],
  ],
  ['is stopped', 'DispatchQueue.main.async { kill(getpid(), SIGSTOP) }', ['timeout']],
  ['waits for ever', 'DispatchQueue.main.async { DispatchSemaphore(value: 0).wait() }', ['timeout']],
  [
    'runs another program',
    'DispatchQueue.main.async { var a: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]; execv("/bin/sleep", &a) }',
    ['crash', 'timeout'],
  ],
  ['may open no descriptor', 'var l = rlimit(rlim_cur: 3, rlim_max: 3); setrlimit(__rlimit_resource_t(7), &l)', ['exhausted']],
  ['has another root', 'chroot("/proc")', ['exhausted']],
];

describe('an edit for which the agent is of no use any more', () => {
  first(3).it.each(troubles)('is tried in another one: it %s', async (_, trouble, reasons) => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', drawing('#ff0000', ''));
    const session = await openSession({ file, literalEdits: false });
    const events = recordEvents(session, 'reload-error');
    for (const color of ['#00ff00', '#0000ff', '#ffff00']) {
      const respawned = color === '#00ff00' ? undefined : nextEvent(session, 'respawn');
      fixture.write('Color.swift', drawing(color, trouble));
      expect(await session.reload()).toMatchObject({ tier: 'structural' });
      expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe(color);
      if (respawned) expect(reasons).toContain((await respawned)[0].reason);
    }
    expect(session.state).toBe('ready');
    expect(events).toEqual([]);
  });

  it('is refused where its own code is what hangs, with where it does', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', drawing('#ff0000', ''));
    const session = await openSession({ file, timeouts: { render: 1000 } });
    fixture.write('Color.swift', `${drawing('#00ff00', 'culprit()')}func culprit() { while true {} }\n`);
    const error = await session.reload().catch((reason) => reason);
    expect(error).toMatchObject({ code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'render', ms: 1000 });
    expect(error.backtrace[0]).toMatch(/^culprit\(\) at .*Color\.swift:12/);
  });
});

describe('an agent that cannot be started', () => {
  it('is an error with a code, until it can', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    const pid = session.agent?.pid ?? 0;
    const events = recordEvents(session, 'respawn');
    const { execPath } = process;
    const missing = { code: 'ERR_HOTSWIFT_NATIVE', message: expect.stringContaining('could not be started') };
    try {
      process.execPath = '/nowhere/node';
      await expect(session.reload({ fresh: true })).rejects.toMatchObject(missing);
      // The one in use goes on.
      expect(session.agent?.pid).toBe(pid);
      expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#ff0000');
      const crashed = nextEvent(session, 'crash');
      process.kill(pid, 'SIGKILL');
      await crashed;
      await expect(session.snapshot({ width: 20 })).rejects.toMatchObject(missing);
      fixture.write('Color.swift', colorPreview('#00ff00', 'func more() {}\n'));
      await expect(session.reload()).rejects.toMatchObject(missing);
      expect(events).toEqual([]);
    } finally {
      process.execPath = execPath;
    }
    await session.reload();
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#00ff00');
    expect(events).toEqual([['respawn', { reason: 'crash', oldPid: pid, newPid: session.agent?.pid }]]);
  });
});

describe('a host', () => {
  it('ends when its sessions are closed, though Swift has forked and left the process group', async () => {
    const fixture = new Fixture();
    const fork = '@_silgen_name("fork") func forked() -> Int32\n';
    const entry = '@_cdecl("entry") func entry() -> Int32 { if forked() == 0 { setsid(); sleep(20); _exit(0) }; return 7 }\n';
    const file = fixture.write('Color.swift', `import Glibc\n${fork}${entry}`);
    const code = `require('hotswift').createSession({ file: ${JSON.stringify(file)} }).then(async (session) => {
      console.log(await session.call('entry')); await session.close(); console.log('closed'); });`;
    const host = spawn(process.execPath, ['-e', code], {
      cwd: path.join(__dirname, '..', '..'),
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 15_000,
    });
    let output = '';
    host.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const ended = await new Promise((resolve) => host.once('exit', (exitCode, signal) => resolve({ exitCode, signal })));
    expect({ ended, output }).toEqual({ ended: { exitCode: 0, signal: null }, output: '7\nclosed\n' });
  });
});
