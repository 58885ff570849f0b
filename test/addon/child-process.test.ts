import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Spawned, type SpawnOptions, spawn } from '../../lib/project/spawn.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';

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
});
