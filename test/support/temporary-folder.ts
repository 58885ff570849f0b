import { mkdirSync, readdirSync } from 'node:fs';
import { Fixture } from './fixture';

/** Has everything that makes temporary files do so in a folder of its own, in which nothing may be left afterwards. */
export async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = new Fixture().path('temporary');
  mkdirSync(folder);
  const usual = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    await work(folder);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
  }
}
