// What a session has left in its cache: the objects of a module, by source.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * The objects of the state of a module that was kept for these texts.
 *
 * @param {string} cache the cache directory
 * @param {string} probe a source of the module
 * @returns {Map<string, string> | undefined} from sources to objects; `undefined` if nothing was kept
 */
export function keptObjects(cache, probe) {
  const states = statesIn(cache).flatMap((folder) => {
    const { files } = JSON.parse(readFileSync(path.join(folder, 'module.json'), 'utf8'));
    const isOfModule = files.some(({ file }) => file === probe);
    const isNow = files.every(({ file, digest }) => existsSync(file) && digestOf(file) === digest);
    const isExact = files.every(({ alongside }) => alongside.length === 0);
    return isOfModule && isNow && isExact ? [{ folder, files }] : [];
  });
  const [newest] = states.sort((one, other) => statSync(other.folder).mtimeMs - statSync(one.folder).mtimeMs);
  if (newest === undefined) return undefined;
  return new Map(newest.files.map(({ file }, index) => [file, path.join(newest.folder, `${index}.o`)]));
}

/** Forgets what was made of modules, and keeps what was made for packages. */
export function forgetModules(cache) {
  rmSync(path.join(cache, 'modules'), { recursive: true, force: true });
}

/** The compiler's hash of it all, which has the paths of temporary files, and the libraries to link, in the order in which they were come upon. */
const ignored = ['.swift_modhash', '.swift1_autolink_entries'];

/** Of what an object does, without what debuggers are told. */
export function digestOfObject(object) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-history-'));
  try {
    const stripped = path.join(folder, 'stripped.o');
    execFileSync('objcopy', ['--strip-debug', ...ignored.map((section) => `--remove-section=${section}`), object, stripped]);
    return digestOf(stripped);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function digestOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function statesIn(cache) {
  const modules = path.join(cache, 'modules');
  if (!existsSync(modules)) return [];
  const folders = readdirSync(modules).flatMap((id) => readdirSync(path.join(modules, id)).map((name) => path.join(modules, id, name)));
  return folders.filter((folder) => existsSync(path.join(folder, 'module.json')));
}
