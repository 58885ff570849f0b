// Fetches packages from Debian's archive with apt, as any user, without touching the system: apt gets a configuration, lists and a
// cache of its own, and only inherits how this machine reaches the network (proxies, certificates).

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ask, run, SetupError } from '../child-process.mjs';
import { artifact, debianArchitecture, inSeries, manifest, pinnedPackages, upstreamVersion } from './manifest.mjs';

/**
 * @typedef {object} ArchivePackage
 * @property {string} name
 * @property {string} version
 * @property {string} sha256 from the signed index
 * @property {number} bytes to download
 * @property {string} file the name that apt saves it under
 */

/** Debian's archive as it is now, seen through a private apt whose files live in one folder. */
export class DebianArchive {
  #folder;
  #options;

  /**
   * Fetches the signed indexes.
   * @param {string} folder scratch folder that outlives the object
   * @returns {Promise<DebianArchive>}
   */
  static async open(folder) {
    requireApt();
    const archive = new DebianArchive(folder);
    await archive.#apt('apt-get', ['update', '-q']);
    return archive;
  }

  constructor(folder) {
    this.#folder = folder;
    const configuration = path.join(folder, 'apt.conf');
    // `-c` is read after the system's own configuration, so it has the last word.
    this.#options = ['-c', configuration, '-o', 'Acquire::Retries=3'];
    for (const name of ['state/lists/partial', 'cache/archives/partial', 'sources', 'empty']) {
      mkdirSync(path.join(folder, name), { recursive: true });
    }
    writeFileSync(path.join(folder, 'state/status'), '');
    writeFileSync(path.join(folder, 'sources/debian.sources'), sources());
    writeFileSync(configuration, configurationFor(folder));
  }

  /**
   * The packages of an artifact as the archive has them now. A newer version of the pinned series is accepted: its integrity comes
   * from the signed index. Other content under the recorded version is not.
   * @param {string} name of the artifact
   * @returns {Promise<ArchivePackage[]>}
   */
  async resolve(name) {
    const pins = Object.entries(artifact(name).debian);
    const packages = await this.#find(pins.map(([packageName]) => packageName));
    const recorded = pinnedPackages(name);
    return pins.map(([packageName, pin], index) => {
      const found = packages.get(packageName);
      if (!found || !inSeries(found.version, pin.series)) {
        throw new SetupError(
          `Debian's archive (${Object.keys(manifest.debian.suites).join(', ')}) has ` +
            `${found ? `${packageName} ${upstreamVersion(found.version)}` : `no ${packageName}`}, hotswift needs ${pin.series}.x`,
        );
      }
      if (found.version === pin.version && found.sha256 !== recorded[index].sha256) {
        throw new SetupError(`${packageName} ${pin.version} in Debian's archive is not the one that third_party/manifest.json records`);
      }
      return found;
    });
  }

  /**
   * Downloads packages and unpacks them, all into one tree.
   * @param {ArchivePackage[]} packages
   * @returns {Promise<string>} the root of the tree
   */
  async unpack(packages) {
    const root = path.join(this.#folder, `root-${packages[0].name}`);
    const downloads = path.join(this.#folder, `downloads-${packages[0].name}`);
    for (const folder of [root, downloads]) mkdirSync(folder);

    await this.#apt('apt-get', ['download', '-q', ...packages.map(exactly)], downloads);
    for (const item of packages) {
      await checkDownload(downloads, item);
      await run('dpkg-deb', ['--extract', path.join(downloads, item.file), root]);
    }
    return root;
  }

  async #find(names) {
    const { stdout } = await this.#apt('apt-cache', ['show', '--no-all-versions', ...names]);
    const describe = (record) => ({
      name: record.Package,
      version: record.Version,
      sha256: record.SHA256,
      bytes: Number(record.Size),
      file: `${record.Package}_${record.Version.replaceAll(':', '%3a')}_${record.Architecture}.deb`,
    });
    return new Map(parseRecords(stdout).map((record) => [record.Package, describe(record)]));
  }

  #apt(command, args, cwd) {
    return run(command, [...this.#options, ...args], { cwd });
  }
}

function requireApt() {
  if (process.platform !== 'linux' || ask('apt-get', ['--version']) === null || ask('dpkg-deb', ['--version']) === null) {
    throw new SetupError(
      'LLVM is taken from Debian packages, and this machine has no apt-get and dpkg-deb to fetch and unpack them.\n' +
        "Build it from source, as README.md says under 'Building LLVM from source', and set HOTSWIFT_LLVM to its install prefix.",
    );
  }
  if (!existsSync(manifest.debian.keyring)) {
    throw new SetupError(`${manifest.debian.keyring} is missing: install it with 'apt-get install debian-archive-keyring'`);
  }
}

function exactly({ name, version }) {
  return `${name}=${version}`;
}

async function checkDownload(folder, { file, sha256 }) {
  // apt has checked it; this ties the cache's key to the bytes that are unpacked.
  if ((await sha256Of(path.join(folder, file))) !== sha256) throw new SetupError(`${file} is damaged: its SHA-256 is not the index's`);
}

function sources() {
  const { keyring, suites } = manifest.debian;
  const paragraph = ([suite, uri]) => `Types: deb\nURIs: ${uri}\nSuites: ${suite}\nComponents: main\nSigned-By: ${keyring}\n`;
  return Object.entries(suites).map(paragraph).join('\n');
}

function configurationFor(folder) {
  const architecture = debianArchitecture();
  // Hooks such as docker-clean's would act on the system's cache. The download user `_apt` could not enter a private cache folder.
  return `
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State "${folder}/state";
Dir::State::lists "${folder}/state/lists";
Dir::State::status "${folder}/state/status";
Dir::Cache "${folder}/cache";
Dir::Cache::archives "${folder}/cache/archives";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "${folder}/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "${folder}/empty";
`;
}

function parseRecords(text) {
  return text
    .split(/\n\n+/)
    .filter((paragraph) => paragraph.trim())
    .map((paragraph) => Object.fromEntries([...paragraph.matchAll(/^([A-Za-z0-9-]+): (.*)$/gm)].map(([, field, value]) => [field, value])));
}

async function sha256Of(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
