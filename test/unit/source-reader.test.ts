import { renameSync, utimesSync } from 'node:fs';
import { SourceReader } from '../../lib/edit/source-set.js';
import { Fixture } from '../support/fixture';

const old = new Date(Date.now() - 60_000);

describe('reading sources again', () => {
  async function readTwice(change: (fixture: Fixture, file: string) => void): Promise<string> {
    const fixture = new Fixture();
    const file = fixture.write('A.swift', 'let one = 1\n');
    utimesSync(file, old, old);
    const reader = new SourceReader();
    await reader.read([file], new Map());
    change(fixture, file);
    return (await reader.read([file], new Map())).get(file)?.bytes.toString() ?? '';
  }

  it('sees a text of the same length, written at once', async () => {
    expect(await readTwice((fixture) => fixture.write('A.swift', 'let two = 2\n'))).toBe('let two = 2\n');
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

  it('prefers an unsaved buffer, and goes back to the file', async () => {
    const fixture = new Fixture();
    const file = fixture.write('A.swift', 'let one = 1\n');
    const reader = new SourceReader();
    const read = async (buffers: Map<string, string>) => (await reader.read([file], buffers)).get(file)?.bytes.toString();
    expect(await read(new Map([[file, 'let three = 3\n']]))).toBe('let three = 3\n');
    expect(await read(new Map())).toBe('let one = 1\n');
  });

  it('names a file that is gone', async () => {
    const reader = new SourceReader();
    await expect(reader.read(['/nowhere/A.swift'], new Map())).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PROJECT',
      message: expect.stringContaining('/nowhere/A.swift'),
    });
  });
});
