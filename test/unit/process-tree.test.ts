import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { killTree } from '../../lib/project/process-tree.js';

/** Leads a process group of its own, starts another that does, and tells its process. */
const parent = `
const { spawn } = require('node:child_process');
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(process.pid)'], { detached: true });
child.stdout.pipe(process.stdout);
setInterval(() => {}, 1000);`;

describe('a process that is killed', () => {
  it('takes with it what it started, in whatever process group', async () => {
    const tree = spawn(process.execPath, ['-e', parent], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    const [told] = await once(tree.stdout, 'data');
    const grandchild = Number(String(told));
    expect(process.kill(grandchild, 0)).toBe(true);
    // Both have the pipe open: it closes when both have ended.
    const closed = once(tree, 'close');
    killTree(tree.pid ?? 0);
    expect(await closed).toEqual([null, 'SIGKILL']);
  });
});
