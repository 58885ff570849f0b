import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** What the names of resource bundles end with (SwiftPM's `Triple.nsbundleExtension`). */
const suffix = process.platform === 'darwin' ? '.bundle' : '.resources';

/** A digest of what the resource bundles in a folder of SwiftPM's products hold: names and contents. */
export async function digestOfResources(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(suffix)).sort();
  const digest = createHash('sha256');
  for (const name of names) {
    for (const file of await filesIn(path.join(folder, name))) {
      const contents = createHash('sha256').update(await readFile(file));
      digest.update(JSON.stringify([path.relative(folder, file), contents.digest('hex')]));
    }
  }
  return digest.digest('hex').slice(0, 32);
}

/** Those of folders below as well, in the order of their paths. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
