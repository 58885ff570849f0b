import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { SourceReader } from '../../lib/edit/source-set.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';

const old = new Date(Date.now() - 60_000);
/** What was written before is known by its stamp from now on. */
const settled = () => setTimeout(100);

describe('reading sources again', () => {
  async function readTwice(change: (fixture: Fixture, file: string) => void, wait = settled): Promise<string> {
    const fixture = new Fixture();
    const file = fixture.write('A.swift', 'let one = 1\n');
    utimesSync(file, old, old);
    const reader = new SourceReader(loadAddon().stampFiles);
    await wait();
    await reader.read([file], new Map());
    change(fixture, file);
    return (await reader.read([file], new Map())).get(file)?.bytes.toString() ?? '';
  }

  it('sees a text of the same length, written at once', async () => {
    const text = await readTwice(
      (fixture) => fixture.write('A.swift', 'let two = 2\n'),
      async () => {},
    );
    expect(text).toBe('let two = 2\n');
  });

  it('sees a file of the same length and time put in its place', async () => {
    const text = await readTwice((fixture, file) => {
      const other = fixture.write('B.swift', 'let two = 2\n');
      utimesSync(other, old, old);
      renameSync(other, file);
    });
    expect(text).toBe('let two = 2\n');
  });

  it('sees a text whose time was set back', async () => {
    const text = await readTwice((fixture, file) => {
      fixture.write('A.swift', 'let two = 2\n');
      utimesSync(file, old, old);
    });
    expect(text).toBe('let two = 2\n');
  });

  it('sees what a link leads to, and that it leads elsewhere', async () => {
    const fixture = new Fixture({ 'One.swift': 'let one = 1\n', 'Two.swift': 'let two = 2\n' });
    const link = fixture.path('Link.swift');
    const reader = new SourceReader(loadAddon().stampFiles);
    for (const name of ['One.swift', 'Two.swift']) utimesSync(fixture.path(name), old, old);
    symlinkSync('One.swift', link);
    const read = async () => (await reader.read([link], new Map())).get(link);
    await settled();
    const first = await read();
    expect(await read()).toBe(first);
    fixture.write('One.swift', 'let one = 3\n');
    expect((await read())?.bytes.toString()).toBe('let one = 3\n');
    rmSync(link);
    symlinkSync('Two.swift', link);
    expect((await read())?.bytes.toString()).toBe('let two = 2\n');
  });

  it('sees the one file of a thousand that was saved', async () => {
    const fixture = new Fixture();
    const files = Array.from({ length: 1000 }, (_, index) => fixture.write(`F${index}.swift`, `let f${index} = 1\n`));
    const reader = new SourceReader(loadAddon().stampFiles);
    await settled();
    const before = await reader.read(files, new Map());
    const saved = fixture.write('F777.swift', 'let f777 = 2\n');
    const after = await reader.read(files, new Map());
    // What was not read again is the same object.
    expect(files.filter((file) => after.get(file) !== before.get(file))).toEqual([saved]);
    expect(after.get(saved)?.bytes.toString()).toBe('let f777 = 2\n');
  });

  it('prefers an unsaved buffer, and goes back to the file', async () => {
    const fixture = new Fixture();
    const file = fixture.write('A.swift', 'let one = 1\n');
    const reader = new SourceReader(loadAddon().stampFiles);
    const read = async (buffers: Map<string, string>) => (await reader.read([file], buffers)).get(file)?.bytes.toString();
    expect(await read(new Map([[file, 'let three = 3\n']]))).toBe('let three = 3\n');
    expect(await read(new Map())).toBe('let one = 1\n');
  });

  it('names a file that is gone', async () => {
    const reader = new SourceReader(loadAddon().stampFiles);
    await expect(reader.read(['/nowhere/A.swift'], new Map())).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PROJECT',
      message: expect.stringContaining('/nowhere/A.swift'),
    });
  });

  it('names a folder that stands in the place of a file', async () => {
    const fixture = new Fixture();
    mkdirSync(fixture.path('A.swift'));
    await expect(new SourceReader(loadAddon().stampFiles).read([fixture.path('A.swift')], new Map())).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PROJECT',
      message: expect.stringContaining(fixture.path('A.swift')),
    });
  });
});
