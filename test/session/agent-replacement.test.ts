import { readFileSync, rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Session } from '../../lib/index.js';
import { gatedAgents } from '../support/agent-gate';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { agents, isRunning } from '../support/processes';
import { colorPreview, nextEvent, openSession, recordEvents } from '../support/session';
import { first, full } from '../support/tier';

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(0, 0);

const colors = ['#ff0000', '#00ff00', '#0000ff', '#ffff00', '#00ffff', '#ff00ff', '#123456', '#654321'];

/** Is drawn in a colour, and does `then` before, where there is the file `flag`. */
const flagged = (color: string, flag: string, then: string) =>
  `import Glibc\n${colorPreview(color, `func look() { if access("${flag}", F_OK) == 0 { ${then} } }\n`).replace('SVG(', 'look()\n      return SVG(')}`;

describe('an agent that has linked as many generations as it may', () => {
  it('is replaced in the background, again and again, and every picture is of the newest source', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#808080'));
    const session = await openSession({ file, generationCap: 3, literalEdits: false });
    const events = recordEvents(session, 'respawn', 'crash', 'reload-error', 'reload');
    const pids = [session.agent?.pid];
    for (const [index, next] of colors.entries()) {
      fixture.write('Color.swift', colorPreview(next));
      expect(await session.reload()).toMatchObject({ tier: 'structural', generation: index + 2 });
      expect(await color(session)).toBe(next);
      if (index % 2 === 1) await session.idle();
      expect(await color(session)).toBe(next);
      expect(session.generation).toBe(index + 2);
      if (session.agent?.pid !== pids.at(-1)) pids.push(session.agent?.pid);
    }
    const respawns = events.filter(([name]) => name === 'respawn').map(([, event]) => event);
    expect(respawns.length).toBeGreaterThanOrEqual(3);
    for (const [index, respawn] of respawns.entries()) {
      expect(respawn).toEqual({ reason: 'cap', oldPid: pids[index], newPid: pids[index + 1] });
      expect(isRunning(pids[index] ?? 0)).toBe(false);
    }
    expect(events.filter(([name]) => name === 'reload')).toHaveLength(colors.length);
    expect(events.filter(([name]) => name === 'crash' || name === 'reload-error')).toEqual([]);
  });

  full.it('is replaced while edits go on, of which none waits and none is lost', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#808080'));
    const session = await openSession({ file, generationCap: 2, literalEdits: false });
    const respawns = recordEvents(session, 'respawn');
    for (const next of [...colors, ...colors]) {
      fixture.write('Color.swift', colorPreview(next));
      await session.reload();
      expect(await color(session)).toBe(next);
    }
    expect(respawns.length).toBeGreaterThanOrEqual(2);
    expect(await session.reload()).toMatchObject({ tier: 'none' });
  });

  full.it('is replaced also when the one that takes over was still starting as the cap was reached', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#808080'));
    const session = await openSession({ file, generationCap: 2, literalEdits: false });
    const oldPid = session.agent?.pid;
    const [standby = 0, ...others] = agents().filter((pid) => pid !== oldPid);
    expect(others).toEqual([]);
    process.kill(standby, 'SIGSTOP');
    const respawned = nextEvent(session, 'respawn');
    fixture.write('Color.swift', colorPreview('#00ff00'));
    expect(await session.reload()).toMatchObject({ tier: 'structural' });
    process.kill(standby, 'SIGCONT');
    expect(await respawned).toEqual([{ reason: 'cap', oldPid, newPid: standby }]);
    expect(await color(session)).toBe('#00ff00');
  });

  it('hands on values of literals, traits and the preview that is shown', async () => {
    const view = (width: string, count: string) => `import PreviewKit
struct Bar_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Other") { SVG("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>") }
    Preview("Bar") { context in
      SVG("<svg xmlns='http://www.w3.org/2000/svg' width='\\(${width})' height='\\(${count})'><rect width='99' height='99' fill='\\(context.traits.colorScheme == .dark ? "black" : "white")'/></svg>")
    }
  }
}
`;
    const fixture = new Fixture();
    const file = fixture.write('Bar.swift', view('10', '10'));
    const session = await openSession({ file, generationCap: 2, preview: 'Bar', traits: { colorScheme: 'dark' } });
    expect(await session.snapshot()).toMatchObject({ width: 10, height: 10 });
    fixture.write('Bar.swift', view('10 + 1', '10'));
    const respawned = nextEvent(session, 'respawn');
    expect(await session.reload()).toMatchObject({ tier: 'structural' });
    fixture.write('Bar.swift', view('10 + 1', '30'));
    expect(await session.reload()).toMatchObject({ tier: 'literal' });
    const [{ newPid }] = await respawned;
    expect(session.agent?.pid).toBe(newPid);
    const snapshot = await session.snapshot();
    expect(snapshot).toMatchObject({ width: 11, height: 30, generation: 3, preview: { name: 'Bar' } });
    expect(new Picture(snapshot.data).pixel(5, 5)).toBe('#000000');
    fixture.write('Bar.swift', view('20 + 1', '30'));
    expect(await session.reload()).toMatchObject({ tier: 'literal' });
    expect(await session.snapshot()).toMatchObject({ width: 21, height: 30 });
  });

  it('is replaced without a standby, too, and for its memory', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#808080', '@MainActor var ballast: [[UInt64]] = []\n'));
    const session = await openSession({ file, memoryCap: 1, standby: false, literalEdits: false });
    await session.idle();
    const respawned = nextEvent(session, 'respawn');
    const oldPid = session.agent?.pid;
    const heavy = 'ballast.append(Array(repeating: 7, count: 20_000_000))\n      return SVG(';
    fixture.write('Color.swift', colorPreview('#00ff00', '@MainActor var ballast: [[UInt64]] = []\n').replace('SVG(', heavy));
    await session.reload();
    expect(await respawned).toEqual([{ reason: 'memory', oldPid, newPid: expect.any(Number) }]);
    expect(await color(session)).toBe('#00ff00');
  });

  full.it('goes on when no other comes up; the error is told, and the next try works', async () => {
    const fixture = new Fixture();
    const flag = fixture.path('flag');
    const file = fixture.write('Color.swift', flagged('#808080', flag, 'fatalError("not here")'));
    const session = await openSession({ file, generationCap: 10, literalEdits: false });
    const pid = session.agent?.pid;
    const events = recordEvents(session, 'respawn', 'crash', 'reload-error');
    const edit = async (next: string, body: string) => {
      fixture.write('Color.swift', flagged(next, flag, body));
      expect(await session.reload()).toMatchObject({ tier: 'structural' });
    };
    for (const next of colors) await edit(next, 'fatalError("not here")');
    expect(events).toEqual([]);
    await session.idle();
    const failed = nextEvent(session, 'reload-error');
    // What is drawn once in this process, and never in another one.
    const once = `if getpid() != ${pid} { fatalError("not here") }`;
    fixture.write('flag', '');
    await edit('#abcdef', once);
    expect(await failed).toMatchObject([{ code: 'ERR_HOTSWIFT_CRASH', signal: 'SIGILL' }]);
    await session.idle();
    expect(events.map(([name]) => name)).toEqual(['crash', 'reload-error']);
    expect(session).toMatchObject({ state: 'ready', error: null, agent: { pid } });
    expect(await color(session)).toBe('#abcdef');

    const respawned = nextEvent(session, 'respawn');
    await edit('#fedcba', '');
    expect(await respawned).toMatchObject([{ reason: 'cap', oldPid: pid }]);
    expect(await color(session)).toBe('#fedcba');
  });

  first(1).it.each([
    ['ends', '_exit(9);', { code: 'ERR_HOTSWIFT_CRASH', exitCode: 9 }],
    ['is killed', 'raise(SIGKILL);', { code: 'ERR_HOTSWIFT_CRASH', signal: 'SIGKILL' }],
    ['hangs', 'for (;;) pause();', { code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'start', ms: 4000 }],
  ])('goes on when another one %s while it starts, at the cap and when asked for; the next try works', async (_, fails, failure) => {
    const fixture = new Fixture();
    const flag = fixture.path('flag');
    const file = fixture.write('Color.swift', colorPreview('#808080'));
    const env = gatedAgents(fixture, 'flag', fails);
    const session = await openSession({ file, generationCap: 2, standby: false, literalEdits: false, env, timeouts: { start: 4000 } });
    const pid = session.agent?.pid;
    const events = recordEvents(session, 'respawn', 'crash', 'reload-error');
    fixture.write('flag', '');
    const failed = nextEvent(session, 'reload-error');
    fixture.write('Color.swift', colorPreview('#00ff00'));
    expect(await session.reload()).toMatchObject({ tier: 'structural', generation: 2 });
    expect(await failed).toMatchObject([failure]);
    await session.idle();
    expect(session).toMatchObject({ state: 'ready', error: null, agent: { pid } });
    expect(await color(session)).toBe('#00ff00');
    await expect(session.reload({ fresh: true })).rejects.toMatchObject(failure);
    expect(session.agent?.pid).toBe(pid);
    expect(await color(session)).toBe('#00ff00');
    expect(agents()).toEqual([pid]);
    expect(events.map(([name]) => name)).toEqual(['reload-error']);

    rmSync(flag);
    const respawned = nextEvent(session, 'respawn');
    fixture.write('Color.swift', colorPreview('#0000ff'));
    expect(await session.reload()).toMatchObject({ tier: 'structural', generation: 3 });
    expect(await respawned).toEqual([{ reason: 'cap', oldPid: pid, newPid: session.agent?.pid }]);
    expect(await color(session)).toBe('#0000ff');
    expect(isRunning(pid ?? 0)).toBe(false);
  });
});

describe('an agent that is to take over, and dies meanwhile', () => {
  full.it('leaves the former in its place', async () => {
    const fixture = new Fixture();
    const drawn = fixture.path('drawn');
    const look = `func look() { let f = fopen("${drawn}", "a")!; fputs("\\(getpid()) ", f); fclose(f) }\n`;
    const text = (color: string) => `import Glibc\n${colorPreview(color, look).replace('SVG(', 'look()\n      return SVG(')}`;
    const file = fixture.write('Color.swift', text('#ff0000'));
    const session = await openSession({ file, generationCap: 2, literalEdits: false });
    const former = session.agent?.pid ?? 0;
    fixture.write('Color.swift', text('#00ff00'));
    await session.reload();
    process.kill(former, 'SIGSTOP');
    const others = () =>
      readFileSync(drawn, 'utf8')
        .split(' ')
        .map(Number)
        .filter((pid) => pid > 0 && pid !== former);
    while (others().length === 0) await setTimeout(10);
    const [newcomer = 0] = others();
    process.kill(newcomer, 'SIGKILL');
    process.kill(former, 'SIGCONT');
    await session.idle();
    fixture.write('Color.swift', text('#0000ff'));
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
    expect(session.agent?.pid).not.toBe(newcomer);
    expect(isRunning(session.agent?.pid ?? 0)).toBe(true);
  });
});

describe('an agent that dies while nobody waits for it', () => {
  it('is replaced at once, with the newest good generation', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    fixture.write('Color.swift', colorPreview('#00ff00'));
    await session.reload();
    const pid = session.agent?.pid ?? 0;
    const events = recordEvents(session, 'crash', 'respawn', 'reload', 'reload-error');
    const respawned = nextEvent(session, 'respawn');
    process.kill(pid, 'SIGKILL');
    const [respawn] = await respawned;
    expect(respawn).toEqual({ reason: 'crash', oldPid: pid, newPid: expect.any(Number) });
    expect(events).toEqual([
      ['crash', { pid, signal: 'SIGKILL', exitCode: null }],
      ['respawn', respawn],
    ]);
    expect(await color(session)).toBe('#00ff00');
    expect(session).toMatchObject({ state: 'ready', error: null, generation: 2, agent: { pid: respawn.newPid } });
  });

  full.it('is told of once and missed by nobody if it only stood by', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, generationCap: 3, literalEdits: false });
    fixture.write('Color.swift', colorPreview('#00ff00'));
    await session.reload();
    await session.idle();
    const pid = session.agent?.pid;
    const [standby, ...more] = agents().filter((agent) => agent !== pid);
    expect(more).toEqual([]);
    const events = recordEvents(session, 'crash', 'respawn', 'reload-error');
    const crashed = nextEvent(session, 'crash');
    process.kill(standby ?? 0, 'SIGKILL');
    await crashed;
    expect(session.agent?.pid).toBe(pid);
    fixture.write('Color.swift', colorPreview('#0000ff'));
    await session.reload();
    await session.idle();
    expect(await color(session)).toBe('#0000ff');
    expect(events).toEqual([
      ['crash', { pid: standby, signal: 'SIGKILL', exitCode: null }],
      ['respawn', { reason: 'cap', oldPid: pid, newPid: session.agent?.pid }],
    ]);
  });

  it('again and again is given up until the source changes', async () => {
    const fixture = new Fixture();
    const bomb = `import Dispatch
@MainActor let bomb: Void = DispatchQueue.main.asyncAfter(deadline: .now() + 0.2) { fatalError("boom") }
`;
    const file = fixture.write('Color.swift', colorPreview('#00ff00'));
    const session = await openSession({ file, literalEdits: false });
    const events = recordEvents(session, 'crash', 'reload-error', 'reload');
    const given = nextEvent(session, 'reload-error');
    let crashed = nextEvent(session, 'crash');
    fixture.write('Color.swift', colorPreview('#ff0000', bomb).replace('SVG(', '_ = bomb\n      return SVG('));
    await session.reload();
    expect(await color(session)).toBe('#ff0000');
    for (let count = 1; count < 3; count += 1) {
      await crashed;
      crashed = nextEvent(session, 'crash');
      // Each agent draws it, and crashes a moment later.
      await session.snapshot({ scale: 2 });
    }
    await crashed;
    expect(await given).toMatchObject([{ code: 'ERR_HOTSWIFT_CRASH', message: expect.stringContaining('3 times'), signal: 'SIGILL' }]);
    expect(session.state).toBe('failed');
    const snapshot = await session.snapshot();
    expect(snapshot.stale).toBe(true);
    expect(new Picture(snapshot.data).pixel(0, 0)).toBe('#ff0000');
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH', message: expect.stringContaining('3 times') });
    expect(session.agent).toBeNull();

    fixture.write('Color.swift', colorPreview('#0000ff'));
    expect(await session.reload()).toMatchObject({ tier: 'structural' });
    expect(session).toMatchObject({ state: 'ready', error: null });
    expect(await color(session)).toBe('#0000ff');
    expect(events.filter(([name]) => name === 'crash')).toHaveLength(3);
  });
});

describe('an agent that somebody kills', () => {
  first(1).it.each([
    [
      'has its globals initialised',
      (color: string, wait: string) => colorPreview('\\(ready)', `let ready: String = { ${wait}; return "${color}" }()\n`),
    ],
    ['is drawn', (color: string, wait: string) => colorPreview(color).replace('SVG(', `${wait}\n      return SVG(`)],
  ])('while a new generation %s costs the edit nothing but another start', async (_, source) => {
    const fixture = new Fixture();
    const flag = fixture.path('flag');
    const wait = `if access("${flag}", F_OK) == 0 { print("waiting"); sleep(5) }`;
    const text = (color: string) => `import Glibc\n${source(color, wait)}`;
    const file = fixture.write('Color.swift', text('#ff0000'));
    const session = await openSession({ file, literalEdits: false });
    const events = recordEvents(session, 'crash', 'respawn', 'reload', 'reload-error');
    const pid = session.agent?.pid ?? 0;
    fixture.write('flag', '');
    fixture.write('Color.swift', text('#00ff00'));
    const waiting = new Promise((resolve) => session.stdout.once('data', resolve));
    const reload = session.reload();
    await waiting;
    rmSync(flag);
    process.kill(pid, 'SIGKILL');
    expect(await reload).toMatchObject({ tier: 'structural', generation: 2 });
    expect(await color(session)).toBe('#00ff00');
    expect(events.map(([name]) => name)).toEqual(['crash', 'respawn', 'reload']);
    expect(session).toMatchObject({ state: 'ready', error: null, generation: 2 });
  });

  full.it('while it links a new generation costs the edit nothing but another start', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, literalEdits: false });
    const events = recordEvents(session, 'crash', 'respawn', 'reload', 'reload-error');
    const pid = session.agent?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    fixture.write('Color.swift', colorPreview('#00ff00'));
    const reload = session.reload();
    // It has been told what to link, and has not begun.
    while (session.agent?.generations !== 2) await setTimeout(10);
    process.kill(pid, 'SIGKILL');
    expect(await reload).toMatchObject({ tier: 'structural', generation: 2 });
    expect(await color(session)).toBe('#00ff00');
    expect(events).toEqual([
      ['crash', { pid, signal: 'SIGKILL', exitCode: null }],
      ['respawn', { reason: 'crash', oldPid: pid, newPid: session.agent?.pid }],
      ['reload', expect.objectContaining({ generation: 2 })],
    ]);
  });

  full.it('is missed by nobody who waits for a picture', async () => {
    const file = new Fixture().write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    const pid = session.agent?.pid ?? 0;
    const crashes = recordEvents(session, 'crash');
    process.kill(pid, 'SIGSTOP');
    // No other has this scale: the agent is asked for it.
    const snapshots = [session.snapshot({ scale: 2 }), session.snapshot({ scale: 3 })];
    process.kill(pid, 'SIGKILL');
    const drawn = await Promise.all(snapshots);
    expect(drawn.map(({ data, width }) => [new Picture(data).pixel(0, 0), width])).toEqual([
      ['#ff0000', 80],
      ['#ff0000', 120],
    ]);
    expect(crashes).toEqual([['crash', { pid, signal: 'SIGKILL', exitCode: null }]]);
    expect(session.agent?.pid).not.toBe(pid);
  });

  full.it('is missed by its own session only', async () => {
    const fixture = new Fixture();
    const open = (name: string, color: string) => openSession({ file: fixture.write(name, colorPreview(color)), literalEdits: false });
    const session = await open('Killed.swift', '#ff0000');
    const peer = await open('Peer.swift', '#00ff00');
    const peerPid = peer.agent?.pid;
    const peerEvents = recordEvents(peer, 'crash', 'respawn', 'reload-error', 'state');
    const crashes = recordEvents(session, 'crash');
    for (const [index, next] of colors.entries()) {
      const pid = session.agent?.pid ?? 0;
      const respawned = nextEvent(session, 'respawn');
      process.kill(pid, 'SIGKILL');
      // A picture that is asked for while the other session's agent dies.
      expect(await color(peer)).toBe(index === 0 ? '#00ff00' : colors[index - 1]);
      await respawned;
      expect(crashes).toHaveLength(index + 1);
      expect(crashes[index]).toEqual(['crash', { pid, signal: 'SIGKILL', exitCode: null }]);
      fixture.write('Peer.swift', colorPreview(next));
      await peer.reload();
      expect(await color(peer)).toBe(next);
      expect(await color(session)).toBe('#ff0000');
      // Three times in a row, and it would be given up.
      fixture.write('Killed.swift', colorPreview('#ff0000', `// Edit ${index}\n`));
      await session.reload();
    }
    expect(peer.agent?.pid).toBe(peerPid);
    expect(peerEvents.filter(([name]) => name !== 'state')).toEqual([]);
    expect(new Set(peerEvents.map(([, state]) => state))).toEqual(new Set(['reloading', 'ready']));
  });
});

describe('code that crashes when it is drawn', () => {
  it('is not run again until its source changes, or a fresh agent is asked for', async () => {
    const fixture = new Fixture();
    const flag = fixture.write('flag', '');
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, literalEdits: false });
    const crashes = recordEvents(session, 'crash');
    fixture.write('Color.swift', flagged('#00ff00', flag, 'fatalError("there")'));
    const refusal = { code: 'ERR_HOTSWIFT_CRASH', signal: 'SIGILL' };
    await expect(session.reload()).rejects.toMatchObject(refusal);
    await expect(session.reload()).rejects.toMatchObject(refusal);
    expect(crashes).toHaveLength(1);
    expect(await session.snapshot()).toMatchObject({ stale: true });
    expect(await color(session)).toBe('#ff0000');
    await expect(session.reload({ fresh: true })).rejects.toMatchObject(refusal);
    expect(crashes).toHaveLength(2);
    expect(await color(session)).toBe('#ff0000');
    fixture.write('Color.swift', flagged('#0000ff', flag, ''));
    expect(await session.reload()).toMatchObject({ tier: 'structural' });
    expect(await color(session)).toBe('#0000ff');
  });
});
