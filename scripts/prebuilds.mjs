// The binaries of a release, for each platform that prebuilds/platforms.json lists.
//
//   node scripts/prebuilds.mjs build                             makes the one of this machine: prebuilds/<platform>-<arch>/hotswift.glibc.node
//   node scripts/prebuilds.mjs list                              the platforms, as one line of JSON
//   node scripts/prebuilds.mjs try <package> --record <folder>   loads the binary of an installed package, sets its JIT up, and notes that it could
//   node scripts/prebuilds.mjs check [<package>] [--records <folder>]
//                                                                fails unless a package has a binary for every platform; with records, unless
//                                                                each of them was loaded, as it is, on its platform

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ask, reportFailure, run, SetupError } from './child-process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @typedef {{ platform: string, arch: string, runner: string, container: string, oldest: string }} Platform */

/** @returns {Platform[]} */
function platforms() {
  return JSON.parse(readFileSync(path.join(root, 'prebuilds', 'platforms.json'), 'utf8'));
}

const nameOf = ({ platform, arch }) => `${platform}-${arch}`;

async function build() {
  if (!process.env.npm_config_node_gyp) throw new SetupError('prebuildify needs the node-gyp that npm has: npm run build:prebuilds');
  const prebuildify = path.join(root, 'node_modules', 'prebuildify', 'bin.js');
  await run(process.execPath, [prebuildify, '--napi', '--strip', '--tag-libc'], { cwd: root, env: ownHeaders() });
  console.log(`made ${path.relative(root, binaryIn(root, nameOf(process)))}`);
}

/** Node-gyp downloads Node's headers, which Node itself usually came with. */
function ownHeaders() {
  const prefix = path.dirname(path.dirname(realpathSync(process.execPath)));
  const has = existsSync(path.join(prefix, 'include', 'node', 'common.gypi'));
  return process.env.npm_config_nodedir || !has ? {} : { npm_config_nodedir: prefix };
}

function tryBinary(folder, recordFolder) {
  if (!folder || !recordFolder) throw new SetupError('try: name the folder of an installed package, and --record <folder>');
  const name = nameOf(process);
  process.env.PREBUILDS_ONLY = '1';
  const { loadAddon, addonFile } = createRequire(import.meta.url)(path.resolve(folder, 'dist', 'reload', 'native.js'));
  const addon = loadAddon();
  const binary = binaryIn(folder, name);
  if (realpathSync(addonFile()) !== realpathSync(binary)) throw new SetupError(`${addonFile()} was loaded, not ${binary}`);
  // Sets the JIT up, with the ORC runtime in it.
  new addon.Engine([]);
  addon.encodePng(new Uint8Array(4), { width: 1, height: 1, premultiplied: true });
  if (process.platform === 'darwin') requireSystemLibraries(binary);
  mkdirSync(recordFolder, { recursive: true });
  const record = { binary: name, sha256: hashOf(binary), node: process.versions.node };
  writeFileSync(path.join(recordFolder, `${name}-node-${process.versions.node}.json`), JSON.stringify(record, null, 2));
  console.log(`${binary} works in Node ${process.versions.node}`);
}

/** A library of Homebrew's is not where users have one; that of Linux is looked at by test/package/binary.test.ts. */
function requireSystemLibraries(binary) {
  const needed = [...ask('otool', ['-L', binary]).matchAll(/^\t(\S+) /gm)].map(([, library]) => library);
  const foreign = needed.filter((library) => !/^\/usr\/lib\/|^\/System\//.test(library) && path.basename(library) !== 'hotswift.node');
  if (foreign.length > 0) throw new SetupError(`${binary} needs ${foreign.join(', ')}`);
}

function check(folder, recordFolder) {
  const records = recordFolder ? recordsIn(recordFolder) : null;
  const wrong = platforms()
    .map(nameOf)
    .flatMap((name) => {
      const binary = binaryIn(folder, name);
      if (binary === null) return [`${name}: there is no binary`];
      const hash = hashOf(binary);
      const isTried = (record) => record.binary === name && record.sha256 === hash;
      return records && !records.some(isTried) ? [`${name}: nothing says that this binary was loaded there`] : [];
    });
  if (wrong.length > 0) throw new SetupError(`this cannot be released\n  ${wrong.join('\n  ')}`);
  console.log(`${platforms().map(nameOf).join(', ')}: ${records ? 'there, and loaded' : 'there'}`);
}

function recordsIn(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.json'));
  return files.map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
}

/** The one binary of a package for a platform, or null. */
function binaryIn(folder, name) {
  const place = path.join(folder, 'prebuilds', name);
  const [binary, another] = existsSync(place) ? readdirSync(place).filter((file) => file.endsWith('.node')) : [];
  if (another) throw new SetupError(`${place} has several binaries, one is made for a platform: remove what is older`);
  return binary ? path.join(place, binary) : null;
}

function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

async function main() {
  const options = { record: { type: 'string' }, records: { type: 'string' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command, folder] = positionals;
  if (command === 'build') return build();
  if (command === 'list') return console.log(JSON.stringify(platforms()));
  if (command === 'try') return tryBinary(folder, values.record);
  if (command === 'check') return check(folder ?? root, values.records);
  throw new SetupError('say build, list, try or check');
}

await main().catch(reportFailure);
