import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import type { HotswiftError } from '../../lib/errors.js';
import { type Spawned, type SpawnOptions, spawn } from '../../lib/project/spawn.js';
import { loadAddon } from '../../lib/reload/native.js';
import { inChild } from '../support/child';
import { Fixture } from '../support/fixture';
import { processes } from '../support/processes';
import { asNobodyElse, asProcessOne, type Restricted, withCores, withoutDevices } from '../support/restricted';

const shell = (script: string, options: Partial<SpawnOptions> = {}) =>
  spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'], ...options });

const end = (child: Spawned) => new Promise((resolve) => child.once('close', (...how) => resolve(how)));
const failure = (child: Spawned) => new Promise((resolve) => child.once('error', resolve));

async function output(child: Spawned): Promise<string> {
  const [text] = await Promise.all([child.stdout && buffer(child.stdout), end(child)]);
  return text?.toString() ?? '';
}

describe('a process that is started', () => {
  beforeAll(() => {
    loadAddon();
  });

  it('tells how it has ended, after all that it has printed', async () => {
    const child = shell('printf out; printf err >&2; exit 3');
    const [out, err, how] = await Promise.all([buffer(child.stdout as Socket), buffer(child.stderr as Socket), end(child)]);
    expect([String(out), String(err), how]).toEqual(['out', 'err', [3, null]]);
    expect(child).toMatchObject({ exitCode: 3, signalCode: null });

    const killed = shell('kill -SEGV $$');
    expect(await end(killed)).toEqual([null, 'SIGSEGV']);
    expect(killed).toMatchObject({ exitCode: null, signalCode: 'SIGSEGV' });
  });

  it('ends also when nobody reads what it prints', async () => {
    expect(await end(shell('printf unread; exit 5'))).toEqual([5, null]);
  });

  it('is in its directory, with its environment alone', async () => {
    const cwd = new Fixture().folder;
    const child = spawn('env', [], { stdio: ['ignore', 'pipe', 'ignore'], cwd, env: { ONE: '1', NONE: undefined, ÜBER: 'ä b' } });
    expect((await output(child)).split('\n').sort()).toEqual(['', 'ONE=1', 'ÜBER=ä b']);
    expect(await output(shell('pwd -P', { cwd }))).toBe(`${cwd}\n`);
  });

  it.each([
    ['program', () => spawn('/nowhere/tool', [], { stdio: ['ignore', 'pipe', 'ignore'] })],
    ['directory', () => shell('true', { cwd: '/nowhere' })],
  ])('is an error where there is no such %s', async (_, start) => {
    const child = start();
    expect(child.pid).toBeUndefined();
    expect(await failure(child)).toMatchObject({
      code: 'ENOENT',
      syscall: expect.stringMatching(/^spawn \//),
      message: expect.stringMatching(/^spawn \/.*: No such/),
    });
  });

  it('has pipes both ways, and descriptors of the host in whatever order', async () => {
    const fixture = new Fixture();
    const files = ['first', 'second', 'third'].map((name) => fixture.path(name));
    const [first = 0, second = 0, third = 0] = files.map((file) => openSync(file, 'w'));
    // Each is where another one is to be, or may be.
    const stdio = ['pipe', third, 'ignore', 'pipe', first, second] as const;
    const child = shell('cat; read line <&3; printf "<$line>" >&3; printf one >&4; printf two >&5', { stdio });
    for (const fd of [first, second, third]) closeSync(fd);
    child.stdin?.end('three');
    const channel = child.stdio[3] as Socket;
    channel.write('ping\n');
    const [answer] = await Promise.all([buffer(channel), end(child)]);
    expect([String(answer), ...files.map((file) => readFileSync(file, 'utf8'))]).toEqual(['<ping>', 'one', 'two', 'three']);
  });

  it('inherits nothing else, no ignored signal either, and has a session of its own if it is to', async () => {
    const child = shell('ls /proc/$$/fd | tr "\\n" " "; grep -E "SigIgn|SigBlk" /proc/$$/status; cut -d " " -f 5,6 /proc/$$/stat', {
      detached: true,
    });
    const [descriptors, ...rest] = (await output(child)).split(/ (?=Sig)|\n/);
    expect(
      descriptors
        ?.trim()
        .split(' ')
        .filter((fd) => Number(fd) < 10),
    ).toEqual(['0', '1', '2']);
    expect(rest).toEqual(['SigBlk:\t0000000000000000', 'SigIgn:\t0000000000000000', `${child.pid} ${child.pid}`, '']);
  });

  it('keeps its number until its end is told, and keeps the host if it is to', async () => {
    const { pid } = shell('sleep 100', { stdio: ['ignore', 'ignore', 'ignore'] });
    process.kill(pid ?? 0, 'SIGKILL');
    // It has ended, and is still there to be killed.
    expect(process.kill(pid ?? 0, 'SIGKILL')).toBe(true);

    const host = (then: string) => `
      require(${JSON.stringify(path.resolve('dist/reload/native.js'))}).loadAddon();
      const { spawn } = require(${JSON.stringify(path.resolve('dist/project/spawn.js'))});
      const child = spawn('/bin/sleep', [process.argv[1] ?? '0.1'], { stdio: ['pipe', 'pipe', 'ignore'] });
      child.on('exit', () => console.log('told'));
      ${then}`;
    const run = async (script: string) => output(spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] }));
    expect(await run(host(''))).toBe('told\n');
    expect(await run(host('child.unref(); child.stdin.unref(); child.stdout.unref();'))).toBe('');
    // The end comes while the host takes itself apart.
    expect(
      await run(
        host(
          "process.on('exit', (code) => { process.kill(child.pid, 'SIGKILL'); console.log(code); }); process.exitCode = 7; child.unref(); child.stdin.unref(); child.stdout.unref();",
        ),
      ),
    ).toBe('7\n');
  });

  /** Where this user can have what a test needs. */
  const where = (restricted: Restricted | undefined) => (restricted === undefined ? it.skip : it);
  const spawner = path.resolve('dist/project/spawn.js');

  where(asNobodyElse)('is refused, and the host goes on, where there can be no thread that waits for it', async () => {
    const ends = await inChild(
      async (_, spawner) => {
        const { spawn } = require(spawner);
        const limit = (tasks: number) =>
          require('node:child_process').execFileSync('prlimit', [`--nproc=${tasks}:`, `--pid=${process.pid}`]);
        const end = () =>
          new Promise((resolve) => {
            const child = spawn('/bin/true', [], { stdio: ['ignore', 'ignore', 'ignore'] });
            child.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code)).once('exit', resolve);
          });
        limit(require('node:fs').readdirSync('/proc/self/task').length + 1);
        const withRoomForOne = await end();
        limit(1000);
        return [withRoomForOne, await end()];
      },
      spawner,
      asNobodyElse,
    );
    expect(ends).toEqual(['EAGAIN', 0]);
  });

  where(withoutDevices)('is refused in words that help where there is no /dev/null', async () => {
    const refusal = await inChild(
      async (_, tool) =>
        require(tool)
          .runTool('/bin/true', [])
          .catch(({ code, message }: HotswiftError) => ({ code, message })),
      path.resolve('dist/project/run-tool.js'),
      withoutDevices,
    );
    expect(refusal).toEqual({
      code: 'ERR_HOTSWIFT_NATIVE',
      message: '/bin/true cannot be started (ENOENT): there is no /dev/null: mount /dev',
    });
  });

  where(withCores)('leaves no core, and may if it is told so', async () => {
    const limits = await inChild(
      async (_, spawner) => {
        const { spawn } = require(spawner);
        const limit = async (leavesCore?: boolean) => {
          const child = spawn('/bin/sh', ['-c', 'read _; ulimit -c'], { stdio: ['pipe', 'pipe', 'ignore'], leavesCore });
          child.stdin.end('\n');
          return String(await require('node:stream/consumers').text(child.stdout)).trim();
        };
        return [await limit(), await limit(true), require('node:child_process').execSync('ulimit -c', { encoding: 'utf8' }).trim()];
      },
      spawner,
      withCores,
    );
    expect(limits[2]).not.toBe('0');
    expect(limits.slice(0, 2)).toEqual(['0', limits[2]]);
  });

  /** A shell that starts processes in its process group, in another one, and in sessions of their own, and ends. */
  const startsOthers = (seconds: number) =>
    `sleep ${seconds} & set -m; sleep ${seconds} & set +m; (setsid sleep ${seconds} &); (env -i "$(command -v setsid)" sleep ${seconds} &); read _`;

  it('has ended with all that it has started, daemons as well, when its end is told', async () => {
    const seconds = 100_000 + process.pid;
    const others = () => processes().filter(({ command }) => command.includes(`sleep ${seconds}`) && !command.includes('read'));
    const child = shell(startsOthers(seconds), { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    while (others().length < 4) await setImmediate();
    child.stdin?.end();
    await once(child, 'exit');
    expect(others()).toEqual([]);
  });

  where(asProcessOne)('leaves no zombie to a host that is process 1, which learns how others of its children end', async () => {
    const left = await inChild(
      async (_, { spawner, script }) => {
        const { spawn } = require(spawner);
        const { readdirSync, readFileSync } = require('node:fs');
        const stat = (pid: string): string => {
          try {
            return readFileSync(`/proc/${pid}/stat`, 'utf8');
          } catch {
            return '';
          }
        };
        /** Those that there are, but for this process: numbers, names, states, parents. */
        const others = () =>
          (readdirSync('/proc') as string[])
            .filter((name) => /^\d+$/.test(name) && name !== '1')
            .flatMap((pid) => /^\d+ \(.*\) \w \d+/.exec(stat(pid)) ?? []);
        const count = (what: string) => others().filter((each) => each.includes(what)).length;
        const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
        const child = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
        while (count('(sleep) S') < 4) await turn();
        // One that has lost its parent ends while the child runs.
        process.kill(parseInt(others().find((each) => each.endsWith('(sleep) S 1')) ?? '', 10), 'SIGKILL');
        while (count('(sleep)') === 4) await turn();
        const own = require('node:child_process').spawn('/bin/sh', ['-c', 'exit 7']);
        const ownEnd = await new Promise((resolve) => own.once('exit', resolve));
        child.stdin.end();
        await new Promise((resolve) => child.once('exit', resolve));
        return { pid: process.pid, ownEnd, left: others() };
      },
      { spawner, script: startsOthers(100_000) },
      asProcessOne,
    );
    expect(left).toEqual({ pid: 1, ownEnd: 7, left: [] });
  });
});
