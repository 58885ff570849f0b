// Brings what third_party/manifest.json pins into the user's cache and links it into the tree as third_party/<name>.
//
//   node scripts/third-party.mjs [names…]   what building and linting need, or those named
//   node scripts/third-party.mjs --list     what is pinned, and whether it is there
//   node scripts/third-party.mjs --licenses writes THIRD_PARTY_LICENSES, after a pin of what is linked has changed
//
// What is in the cache is linked without asking the network. Any number of processes may run this at once.

import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { reportFailure } from './child-process.mjs';
import { findEntryForPin, link, linkedTo, makeEntry, readEntry, withScratchFolder } from './third-party/cache.mjs';
import { DebianArchive } from './third-party/debian-archive.mjs';
import { fromInstallPrefix, prefixVariable } from './third-party/install-prefix.mjs';
import { layouts } from './third-party/layouts.mjs';
import { licenseTexts } from './third-party/licenses.mjs';
import { artifact, entryName, isForThisPlatform, manifest, pinKey, pinnedPackages, upstreamVersion } from './third-party/manifest.mjs';
import { unpackNpmPackage } from './third-party/npm-registry.mjs';
import { unpackSourceArchive } from './third-party/source-archive.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What compiling the addon needs. */
export const buildArtifacts = ['llvm', 'libdeflate', 'tree-sitter', 'tree-sitter-swift'];

/** What linting needs on top. */
export const lintArtifacts = ['clang-tools'];

/**
 * Makes sure that third_party/<name> is there for each of the artifacts.
 * @param {string[]} names
 * @param {(message: string) => void} [report] told before anything that takes long
 * @returns {Promise<string[]>} the artifacts that had to be fetched
 */
export async function bringThirdParty(names, report = () => {}) {
  const missing = [];
  for (const name of names) {
    const place = (await fromInstallPrefix(name)) ?? findCached(name)?.path;
    if (place) link(place, placeOf(name));
    else missing.push(name);
  }
  if (missing.length > 0) await withScratchFolder((scratch) => fetchAll(missing, scratch, report));
  return missing;
}

async function fetchAll(names, scratch, report) {
  let debian;
  for (const name of names) {
    const { npm, archive } = artifact(name);
    if (npm) {
      link((await fetchPinned(name, 'the npm registry', unpackNpmPackage, scratch, report)).path, placeOf(name));
    } else if (archive) {
      link((await fetchPinned(name, archive.url, unpackSourceArchive, scratch, report)).path, placeOf(name));
    } else {
      debian ??= await DebianArchive.open(scratch);
      link((await fetchFromDebian(name, debian, report)).path, placeOf(name));
    }
  }
}

async function fetchFromDebian(name, archive, report) {
  const packages = await archive.resolve(name);
  for (const pinned of pinnedPackages(name)) {
    const { version } = packages.find((item) => item.name === pinned.name);
    if (version !== pinned.version) {
      report(`${pinned.name}: Debian now has ${version}; third_party/manifest.json was last verified with ${pinned.version}`);
    }
  }
  const entry = readEntry(entryName(name, packages));
  if (entry) return entry;

  const megabytes = packages.reduce((sum, item) => sum + item.bytes, 0) / 1e6;
  report(`${name} ${upstreamVersion(packages[0].version)}: downloading ${megabytes.toFixed(1)} MB of Debian packages`);
  return makeEntry(entryName(name, packages), recordOf(name, packages), async (folder) => {
    layouts[name](await archive.unpack(packages), folder);
  });
}

async function fetchPinned(name, where, unpack, scratch, report) {
  const [pinned] = pinnedPackages(name);
  report(`${name} ${pinned.version}: downloading from ${where}`);
  return makeEntry(entryName(name, [pinned]), recordOf(name, [pinned]), async (folder) => {
    layouts[name](await unpack(pinned, scratch), folder);
  });
}

function recordOf(name, packages) {
  return { pin: pinKey(name), packages: packages.map((item) => ({ name: item.name, version: item.version, sha256: item.sha256 })) };
}

function findCached(name) {
  return readEntry(entryName(name, pinnedPackages(name))) ?? findEntryForPin(pinKey(name));
}

function placeOf(name) {
  return path.join(root, 'third_party', name);
}

function list() {
  for (const name of Object.keys(manifest.artifacts).filter(isForThisPlatform)) {
    const { about } = artifact(name);
    const place = linkedTo(placeOf(name));
    const cached = findCached(name);
    const state = place && existsSync(place) ? `linked to ${place}` : cached ? `cached in ${cached.path}` : 'not fetched';
    console.log(`${name} ${upstreamVersion(pinnedPackages(name)[0].version)} (${state})\n    ${about}`);
    if (process.env[prefixVariable(name)]) console.log(`    ${prefixVariable(name)}=${process.env[prefixVariable(name)]}`);
  }
}

async function main(args) {
  if (args.includes('--list')) return list();
  if (args.includes('--licenses')) {
    return writeFileSync(path.join(root, 'THIRD_PARTY_LICENSES'), licenseTexts(path.join(root, 'third_party'), buildArtifacts));
  }
  const names = args.length > 0 ? args : [...buildArtifacts, ...lintArtifacts];
  const started = Date.now();
  const fetched = await bringThirdParty(names, (message) => console.log(message));
  const how = fetched.length > 0 ? `fetched ${fetched.join(', ')}` : 'all were in the cache';
  console.log(`third_party/: ${names.join(', ')}; ${how} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2)).catch(reportFailure);
}
