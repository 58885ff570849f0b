// third_party/manifest.json: what hotswift builds from that is not in the tree, and the key under which each of it is cached.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SetupError } from '../child-process.mjs';

const platform = `${process.platform}-${process.arch}`;
const text = readFileSync(new URL('../../third_party/manifest.json', import.meta.url), 'utf8');

/**
 * @typedef {object} DebianPackage
 * @property {string} series versions that are accepted start with this; superseded packages vanish from the archive
 * @property {string} version the version that was last verified
 * @property {Record<'amd64' | 'arm64', string>} sha256 of that version's .deb
 *
 * @typedef {object} Artifact
 * @property {string} about
 * @property {number} layout raised when what is kept of the artifact changes, so that older cache entries are not used
 * @property {Record<string, DebianPackage>} [debian] packages by name; the first one names the version
 * @property {NpmPackage | { version: string, platforms: Record<string, Omit<NpmPackage, 'version'>> }} [npm] one package, or one for each of some
 * platforms (`linux-x64`)
 * @property {SourceArchive} [archive] a tarball
 *
 * @typedef {{ name: string, version: string, url: string, sha256: string }} SourceArchive
 * @typedef {{ name: string, version: string, integrity: string }} NpmPackage
 */

/** @type {{ debian: { keyring: string, suites: Record<string, string> }, artifacts: Record<string, Artifact> }} */
export const manifest = JSON.parse(text);

/**
 * The pin of an artifact.
 * @param {string} name
 * @returns {Artifact}
 */
export function artifact(name) {
  const found = manifest.artifacts[name];
  if (!found) throw new SetupError(`there is no third-party artifact '${name}'; known: ${Object.keys(manifest.artifacts).join(', ')}`);
  return found;
}

/** Debian's name of this machine's architecture. */
export function debianArchitecture() {
  const name = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  if (!name) throw new SetupError(`hotswift is not built for ${process.arch}: x64 and arm64 are`);
  return name;
}

/**
 * Whether an artifact is to be had for this machine.
 * @param {string} name
 */
export function isForThisPlatform(name) {
  const { npm } = artifact(name);
  return !npm?.platforms || platform in npm.platforms;
}

/**
 * The packages that the manifest records for an artifact, on this machine: of Debian's there can be several.
 * @param {string} name
 * @returns {{ name: string, version: string, sha256?: string, integrity?: string }[]}
 */
export function pinnedPackages(name) {
  const { debian, npm, archive } = artifact(name);
  if (archive) return [archive];
  if (!isForThisPlatform(name)) throw new SetupError(`third_party/manifest.json has no ${name} for ${platform}`);
  if (npm) return [npm.platforms ? { version: npm.version, ...npm.platforms[platform] } : npm];
  const architecture = debianArchitecture();
  return Object.entries(debian).map(([packageName, pin]) => ({
    name: packageName,
    version: pin.version,
    sha256: pin.sha256[architecture],
  }));
}

/**
 * The name of the cache folder for an artifact: its version and twelve hex digits over everything that decides its content.
 * @param {string} name
 * @param {{ name: string, version: string, sha256?: string, integrity?: string }[]} packages what it is made of
 */
export function entryName(name, packages) {
  const key = digest([artifact(name).layout, packages.map((item) => [item.name, item.version, item.sha256 ?? item.integrity])]);
  return `${name}-${upstreamVersion(packages[0].version)}-${key}`;
}

/**
 * Stands for what the manifest asks of an artifact on this machine, whichever version the archive then had.
 * @param {string} name
 */
export function pinKey(name) {
  return digest([artifact(name), process.platform, process.arch]);
}

/**
 * `1:22.1.8-1~deb12u1` is `22.1.8`.
 * @param {string} version
 */
export function upstreamVersion(version) {
  return version.replace(/^\d+:/, '').replace(/[-+~].*$/, '');
}

/**
 * Whether a version belongs to a series: `22.1` holds `22.1` and `22.1.9`, not `22.10`.
 * @param {string} version
 * @param {string} series
 */
export function inSeries(version, series) {
  const upstream = upstreamVersion(version);
  return upstream === series || upstream.startsWith(`${series}.`);
}

export function digest(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}
