import { PassThrough } from 'node:stream';
import { forwardOutput } from '../../lib/reload/agent-output.js';

/** What an agent prints, and what the host has of it. Nothing of a stream is lost or kept here beyond a turn. */
function open(limit: number) {
  const agent = new PassThrough();
  const host = new PassThrough();
  forwardOutput(agent, host, 'stdout', limit);
  const turn = () => new Promise(setImmediate);
  const print = async (text: string) => {
    agent.write(text);
    await turn();
  };
  return { agent, host, print, read: () => String(host.read() ?? '') };
}

const mark = /\n\[hotswift: session\.stdout holds \d+ bytes that were not read; .* lost\]\n/;

describe('what an agent prints', () => {
  it('is kept for a host that reads later', async () => {
    const { print, read } = open(1000);
    await print('one ');
    await print('two');
    expect(read()).toBe('one two');
  });

  it('is kept up to a limit, and never waits for the host', async () => {
    const { agent, host, print } = open(1000);
    for (let count = 0; count < 1000; count += 1) await print('x'.repeat(100));
    expect(agent.readableLength + agent.writableLength).toBe(0);
    expect(host.readableLength + host.writableLength).toBeLessThan(1000 + 200);
  });

  it('goes on where it was read again, behind a line that tells of what is lost', async () => {
    const { print, read } = open(1000);
    await print('a'.repeat(900));
    for (let count = 0; count < 5; count += 1) await print('b'.repeat(200));
    let kept = '';
    for (let part = read(); part !== ''; part = read()) kept += part;
    expect(kept.replace(mark, '|')).toBe(`${'a'.repeat(900)}|`);
    await print('c');
    expect(read()).toBe('c');
  });

  it('flows away where nobody ever reads', async () => {
    const { host, print } = open(1000);
    host.resume();
    for (let count = 0; count < 50; count += 1) await print('x'.repeat(100));
    expect(host.readableLength).toBe(0);
    await print('y'.repeat(900));
    const last = new Promise((resolve) => host.once('data', (data) => resolve(String(data))));
    await print('z');
    expect(await last).toBe('z');
  });
});
