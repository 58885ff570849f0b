// Fetches tarballs of sources.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, SetupError } from '../child-process.mjs';

/**
 * Downloads a tarball, checks it against its pinned hash and unpacks it.
 * @param {import('./manifest.mjs').SourceArchive} pin
 * @param {string} folder scratch folder
 * @returns {Promise<string>} the folder with what is in the tarball's one folder
 */
export async function unpackSourceArchive({ name, url, sha256 }, folder) {
  const bytes = await download(url);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new SetupError(`${url} has the SHA-256 ${found}, third_party/manifest.json pins ${sha256}`);
  const tarball = path.join(folder, path.basename(url));
  writeFileSync(tarball, bytes);
  const root = path.join(folder, name);
  mkdirSync(root);
  await run('tar', ['-xzf', tarball, '-C', root, '--strip-components=1']);
  return root;
}

async function download(url) {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (cause) {
    throw new SetupError(`${url} cannot be downloaded: ${cause.cause?.message ?? cause.message}`, { cause });
  }
}
