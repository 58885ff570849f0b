// Checks what would be published, with publint (do the entries of package.json lead somewhere, in the right format) and with "Are the types wrong?" (does
// every way to import it have its types).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, onInterrupt, run } from '../child-process.mjs';
import { packedPackage } from '../third-party/npm-registry.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const module = (...place) => path.join(root, 'node_modules', ...place);

const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-package-'));
const remove = () => rmSync(folder, { recursive: true, force: true });
onInterrupt(remove);
try {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
  const tarball = path.join(folder, packedPackage(stdout).filename);
  for (const tool of [
    [module('publint', 'src', 'cli.js'), 'run', tarball, '--strict'],
    [module('@arethetypeswrong', 'cli', 'dist', 'index.js'), tarball, '--no-color'],
  ]) {
    try {
      await run(process.execPath, tool, { cwd: root });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      console.log(error.output);
      process.exitCode = 1;
    }
  }
} finally {
  remove();
}
