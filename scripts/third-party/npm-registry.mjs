// Fetches package tarballs from the npm registry. Nothing of them is installed and none of their scripts runs.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { run, SetupError } from '../child-process.mjs';

/**
 * What `npm pack --json` says of the one package that it was asked for: in a list until npm 11, from npm 12 on by its name.
 * @param {string} output
 * @returns {{ filename: string, files: { path: string }[] }}
 */
export function packedPackage(output) {
  return Object.values(JSON.parse(output))[0];
}

/**
 * Downloads a package, checks it against its pinned integrity and unpacks it.
 * @param {{ name: string, version: string, integrity: string }} pin
 * @param {string} folder scratch folder
 * @returns {Promise<string>} the package's root
 */
export async function unpackNpmPackage(pin, folder) {
  const spec = `${pin.name}@${pin.version}`;
  const { stdout } = await run('npm', ['pack', spec, '--json', '--ignore-scripts', '--loglevel=error'], { cwd: folder });
  const tarball = path.join(folder, path.basename(packedPackage(stdout).filename));
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (integrity !== pin.integrity) {
    throw new SetupError(`${spec} from the npm registry has integrity ${integrity}, third_party/manifest.json pins ${pin.integrity}`);
  }
  const root = path.join(folder, pin.name);
  mkdirSync(root, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', root, '--strip-components=1']);
  return root;
}
