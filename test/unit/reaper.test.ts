import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Fixture } from '../support/fixture';
import { isRunning } from '../support/processes';

const reaper = JSON.stringify(path.resolve('dist/project/reaper.js'));

/** A host that does something with the reaper, tells what it has found out, and waits to be killed. */
async function host(script: string): Promise<{ told: string; kill(): Promise<unknown> }> {
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const { reapFolder, reapProcess } = require(${reaper});
       const { spawn } = require('node:child_process');
       const children = () => require('node:fs').readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ').filter(Boolean).length;
       (async () => { ${script} })().then((told) => process.stdout.write(String(told) + '\\n'));
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [told] = await once(child.stdout, 'data');
  const ended = once(child, 'exit');
  return {
    told: String(told).trim(),
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

describe('what a host leaves that is killed', () => {
  it('is removed: folders of whatever name, processes and what they have started', async () => {
    const fixture = new Fixture();
    const names = ['plain', 'with blanks', "it's $HOME", 'back\\slash', 'ä', 'two\nlines', '*'];
    for (const name of [...names, 'kept', 'taken back', 'other']) mkdirSync(fixture.path(name));
    const { told, kill } = await host(`
      const folders = ${JSON.stringify([...names, 'taken back'].map((name) => fixture.path(name)))};
      const taken = folders.map((folder) => reapFolder(folder)).pop();
      await taken();
      const child = spawn('/bin/sh', ['-c', 'setsid sleep 1000 & echo $!; wait'], { detached: true });
      reapProcess(child.pid);
      const [grandchild] = await require('node:events').once(child.stdout, 'data');
      return child.pid + ' ' + String(grandchild).trim();`);
    const pids = told.split(' ').map(Number);
    expect(pids.map(isRunning)).toEqual([true, true]);
    await kill();
    while (pids.some(isRunning) || readdirSync(fixture.folder).length > 3) await setTimeout(5);
    expect(['kept', 'taken back', 'other'].map((name) => existsSync(fixture.path(name)))).toEqual([true, true, true]);
  });

  it('is seen to by a shell that is there as long as there is something, and no longer', async () => {
    const { told, kill } = await host(`
      const first = reapFolder('/nowhere/a');
      const second = reapFolder('/nowhere/b');
      const counts = [children()];
      await first();
      await first();
      counts.push(children());
      await second();
      counts.push(children());
      const third = reapFolder('/nowhere/c');
      counts.push(children());
      await third();
      return [...counts, children()];`);
    await kill();
    expect(told).toBe('1,1,0,1,0');
  });
});
