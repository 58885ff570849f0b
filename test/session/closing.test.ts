import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createSession, type Session, type SessionOptions } from '../../lib/index.js';
import { gatedAgents } from '../support/agent-gate';
import { Fixture } from '../support/fixture';
import { inHost } from '../support/host';
import { agents, isRunning, processes } from '../support/processes';
import { colorPreview, openSession, recordEvents, slowToCompile } from '../support/session';
import { inTemporaryFolder } from '../support/temporary-folder';
import { first, full } from '../support/tier';

/** Processes whose arguments name a folder: compilers of files in it, and what writes to it. */
const workingIn = (folder: string) => processes().filter(({ command }) => command.includes(folder));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(10);
}

const drawing = (work: string) => `import Glibc\n${colorPreview('#00ff00').replace('SVG(', `${work}\n      return SVG(`)}`;

/** An environment in which agents hang while they start, once there is a file `flag`. */
const hangingAgents = (fixture: Fixture) => gatedAgents(fixture, 'flag', 'for (;;) pause();');

interface Situation {
  options?: (fixture: Fixture) => Partial<SessionOptions>;
  /** Brings it about. Resolves with what will not come to an end by itself. */
  reach(session: Session, fixture: Fixture): Promise<Promise<unknown>[]>;
}

const situations: [string, Situation][] = [
  [
    'has nothing to do',
    {
      async reach(session) {
        await session.idle();
        return [];
      },
    },
  ],
  [
    'compiles',
    {
      options: () => ({ warmCompiler: false }),
      async reach(session, fixture) {
        await session.idle();
        fixture.write('Color.swift', colorPreview('#00ff00', slowToCompile));
        const reload = session.reload();
        await until(() => workingIn(fixture.folder).length > 0);
        return [reload];
      },
    },
  ],
  [
    'compiles with a compiler that was waiting',
    {
      async reach(session, fixture) {
        await session.idle();
        const waiting = workingIn(fixture.folder).length;
        fixture.write('Color.swift', colorPreview('#00ff00', slowToCompile));
        const reload = session.reload();
        await until(() => workingIn(fixture.folder).length > waiting);
        return [reload];
      },
    },
  ],
  [
    'links',
    {
      async reach(session, fixture) {
        process.kill(session.agent?.pid ?? 0, 'SIGSTOP');
        fixture.write('Color.swift', colorPreview('#00ff00', 'let more = 1\n'));
        const reload = session.reload();
        await until(() => session.agent?.generations === 2);
        return [reload, session.snapshot(), session.call('entry')];
      },
    },
  ],
  [
    'draws',
    {
      async reach(session, fixture) {
        const drawn = once(session.stdout, 'data');
        fixture.write('Color.swift', drawing('print("drawing"); while true {}'));
        const reload = session.reload();
        await drawn;
        return [reload, session.snapshot()];
      },
    },
  ],
  [
    'starts an agent that is to take over at the cap',
    {
      options: (fixture) => ({ generationCap: 2, standby: false, literalEdits: false, env: hangingAgents(fixture) }),
      async reach(session, fixture) {
        fixture.write('flag', '');
        fixture.write('Color.swift', colorPreview('#00ff00'));
        await session.reload();
        await until(() => agents().length === 2);
        return [];
      },
    },
  ],
  [
    'starts an agent that is asked for',
    {
      options: (fixture) => ({ standby: false, env: hangingAgents(fixture) }),
      async reach(session, fixture) {
        fixture.write('flag', '');
        const reload = session.reload({ fresh: true });
        await until(() => agents().length === 2);
        return [reload];
      },
    },
  ],
  [
    'starts an agent in place of one that crashed',
    {
      options: (fixture) => ({ env: hangingAgents(fixture) }),
      async reach(session, fixture) {
        fixture.write('flag', '');
        const pid = session.agent?.pid ?? 0;
        process.kill(pid, 'SIGKILL');
        await until(() => agents().some((other) => other !== pid));
        return [session.snapshot()];
      },
    },
  ],
  [
    'compiles the rest of the module',
    {
      options: (fixture) => {
        const sources = Array.from({ length: 30 }, (_, index) => fixture.write(`Other${index}.swift`, `struct Other${index} {}\n`));
        fixture.write('Other7.swift', `func other() { ${slowToCompile} }\n`);
        return { module: { name: 'Closed', sources } };
      },
      async reach(_, fixture) {
        await until(() => workingIn(fixture.folder).some(({ command }) => command.includes('Other7.swift')));
        return [];
      },
    },
  ],
];

describe('close, while a session', () => {
  first(2).it.each(situations)('%s, ends everything, called twice', async (_, { options, reach }) => {
    await inTemporaryFolder(async (temporary) => {
      const fixture = new Fixture();
      const file = fixture.write('Color.swift', colorPreview('#ff0000'));
      const session = await openSession({ file, ...options?.(fixture) } as SessionOptions);
      const pid = session.agent?.pid ?? 0;
      const pending = await reach(session, fixture);
      const rejected = pending.map((promise) => expect(promise).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CLOSED' }));
      const events = recordEvents(session, 'close', 'crash', 'respawn', 'reload', 'reload-error', 'state');
      await Promise.all([session.close(), session.close()]);
      await session.close();
      await Promise.all(rejected);
      expect(events).toEqual([['state', 'closed'], ['close']]);
      expect(isRunning(pid)).toBe(false);
      expect(agents()).toEqual([]);
      // Nothing waits for the end of this process any more.
      expect(processes().filter(({ parent, command }) => parent === process.pid && command.startsWith('/bin/sh'))).toEqual([]);
      expect(workingIn(fixture.folder)).toEqual([]);
      expect(workingIn(temporary)).toEqual([]);
      await expect(session.snapshot()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CLOSED' });
    });
  });

  first(1).it.each(['finding the toolchain', 'compiling PreviewKit for this toolchain, once', 'compiling'])(
    'starts, and is %s, ends everything',
    async (phase) => {
      await inTemporaryFolder(async (temporary) => {
        const fixture = new Fixture();
        const file = fixture.write('Color.swift', colorPreview('#ff0000'));
        const controller = new AbortController();
        const onProgress = (progress: { phase: string }) => progress.phase === phase && controller.abort(new Error('enough'));
        const cacheDirectory = fixture.path('cache');
        const options = phase.includes('PreviewKit') ? { cacheDirectory } : {};
        await expect(createSession({ file, signal: controller.signal, onProgress, ...options })).rejects.toThrow('enough');
        expect(agents()).toEqual([]);
        expect([...workingIn(fixture.folder), ...workingIn(temporary)]).toEqual([]);
      });
    },
  );

  full.it('starts, and its agent does not come up, ends everything', async () => {
    await inTemporaryFolder(async (temporary) => {
      const fixture = new Fixture();
      const file = fixture.write('Color.swift', colorPreview('#ff0000'));
      fixture.write('flag', '');
      const controller = new AbortController();
      const session = createSession({ file, signal: controller.signal, env: hangingAgents(fixture) });
      const rejected = expect(session).rejects.toThrow('enough');
      await until(() => agents().length === 1);
      controller.abort(new Error('enough'));
      await rejected;
      expect(agents()).toEqual([]);
      expect([...workingIn(fixture.folder), ...workingIn(temporary)]).toEqual([]);
    });
  });
});

describe('a start that is given up', () => {
  it('is rejected, and nothing else, where its temporary folder cannot be removed', async () => {
    const fixture = new Fixture();
    const told = await inHost(
      async ({ createSession }, file) => {
        const files = require('node:fs/promises');
        files.rm = () => Promise.reject(new Error('EBUSY'));
        const controller = new AbortController();
        const onProgress = () => controller.abort(new Error('enough'));
        return createSession({ file, signal: controller.signal, onProgress }).catch(({ message }: Error) => message);
      },
      fixture.write('Color.swift', colorPreview('#ff0000')),
    );
    expect(told).toBe('enough');
  });
});

describe('close that nobody waits for', () => {
  const library = path.join(__dirname, '..', '..', 'dist', 'index.js');
  const save = (text: string) =>
    `require('node:fs').writeFileSync(session.file, ${JSON.stringify(text)}); session.reload().catch(() => {});`;
  const moments: [string, string][] = [
    ['has just started', 'close();'],
    ['has nothing to do', 'session.idle().then(close);'],
    [
      'compiles',
      `session.on('progress', ({ phase }) => { if (phase === 'compiling') setTimeout(close, 100); }); ${save(colorPreview('#00ff00', slowToCompile))}`,
    ],
    ['draws', `session.stdout.once('data', close); ${save(drawing('print("drawing"); while true {}'))}`],
    ['brings an agent back', "session.on('crash', close); process.kill(session.agent.pid, 'SIGKILL');"],
  ];

  first(2).it.each(
    moments.flatMap(([what, reach]): [string, string, string, number][] => [
      [what, 'exits at once', `const close = () => { session.close(); process.exit(7); }; ${reach}`, 7],
      [what, 'has nothing else to do', `const close = () => { session.close(); }; ${reach}`, 0],
    ]),
  )('while a session %s, by a process that %s, leaves no process and no file', async (_what, _then, code, exitCode) => {
    const fixture = new Fixture();
    const temporary = fixture.path('temporary');
    mkdirSync(temporary);
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const script = `require(${JSON.stringify(library)}).createSession({ file: ${JSON.stringify(file)} }).then((session) => {
      console.log(session.agent.pid);
      ${code}
    });`;
    const host = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: temporary },
    });
    const exited = once(host, 'exit');
    const [pid] = await once(host.stdout, 'data');
    expect(await exited).toEqual([exitCode, null]);
    await until(() => !isRunning(Number(pid)) && workingIn(fixture.folder).length === 0 && readdirSync(temporary).length === 0);
  });
});
