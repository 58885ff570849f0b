import { readFileSync } from 'node:fs';
import { access, constants, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createSession } from './create-session.js';
import { isHotswiftError } from './errors.js';
import { cacheNotWritable, defaultCacheDirectory, openCacheDirectory } from './project/cache-directory.js';
import { findToolchain, type Toolchain } from './project/toolchain.js';
import { addonFile, loadAddon } from './reload/native.js';
import { TemporaryFolder } from './temporary-folder.js';

export interface DoctorOptions {
  /** The compiler. Default: as `createSession`. */
  swiftc?: string;
  /** Default: as `createSession`. */
  cacheDirectory?: string;
}

/** What was found of one thing that a session needs. */
export interface Finding {
  /** For example `Swift toolchain`. */
  what: string;
  /** `missing`: no session works. `poor`: some do not, or not as they might. */
  state: 'fine' | 'poor' | 'missing';
  /** What is there, or what is wrong with it. */
  says: string;
  /** What to do about it. */
  remedy?: string;
}

/** Bytes: what the compiler's modules, PreviewKit and some packages take. */
const roomNeeded = 500 * 2 ** 20;

/** Of this installation. */
export const manifest = JSON.parse(readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8')) as {
  version: string;
  engines: { node: string };
};

/** Looks at all that a session needs, one thing after the other, and tries one at the end. `onFinding` is told of each as it comes. */
export async function examine(options: DoctorOptions, onFinding: (finding: Finding) => void): Promise<Finding[]> {
  const findings: Finding[] = [];
  const tell = (finding: Finding) => {
    findings.push(finding);
    onFinding(finding);
  };
  const folder = await TemporaryFolder.create();
  try {
    tell(examineVersions());
    tell(examineAddon());
    const { finding, toolchain } = await examineToolchain(options, folder.path);
    tell(finding);
    if (toolchain !== undefined) tell(await examineSwiftPM(toolchain));
    tell(await examineCache(options));
    tell(examineFonts());
    if (findings.every(({ state }) => state !== 'missing')) tell(await trySession(options, folder.path));
  } finally {
    await folder.remove();
  }
  return findings;
}

function examineVersions(): Finding {
  const what = 'hotswift';
  const glibc = (process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined)?.header?.glibcVersionRuntime;
  const libc = process.platform === 'linux' ? `, ${glibc === undefined ? 'no glibc' : `glibc ${glibc}`}` : '';
  const says = `${manifest.version}, Node ${process.versions.node}, ${process.platform}-${process.arch}${libc}`;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldest = 0, oldestMinor = 0] = (/(\d+)\.(\d+)/.exec(manifest.engines.node)?.slice(1) ?? []).map(Number);
  if (major < oldest || (major === oldest && minor < oldestMinor))
    return { what, state: 'missing', says, remedy: `Install Node ${manifest.engines.node}.` };
  if (process.platform === 'linux' && glibc === undefined)
    return { what, state: 'missing', says, remedy: 'Use a distribution with glibc: musl is not supported.' };
  return { what, state: 'fine', says };
}

function examineAddon(): Finding {
  const what = 'native addon';
  try {
    loadAddon();
    return { what, state: 'fine', says: addonFile() ?? '' };
  } catch (error) {
    return missing(what, error);
  }
}

async function examineToolchain(
  { swiftc, cacheDirectory = defaultCacheDirectory() }: DoctorOptions,
  folder: string,
): Promise<{ finding: Finding; toolchain?: Toolchain }> {
  const what = 'Swift toolchain';
  try {
    const toolchain = await findToolchain({ swiftc }, folder, { cacheDirectory: path.resolve(cacheDirectory) });
    const says = `${toolchain.swiftc}, Swift ${toolchain.version}, ${toolchain.triple}`;
    return { finding: { what, state: 'fine', says }, toolchain };
  } catch (error) {
    return { finding: missing(what, error) };
  }
}

async function examineSwiftPM({ programs }: Toolchain): Promise<Finding> {
  const what = 'Swift packages';
  const program = path.join(programs, 'swift-package');
  try {
    await access(program, constants.X_OK);
    return { what, state: 'fine', says: program };
  } catch {
    const remedy = 'Install the whole toolchain, not only the compiler: files of a Package.swift need SwiftPM.';
    return { what, state: 'poor', says: `there is no ${program}`, remedy };
  }
}

async function examineCache({ cacheDirectory }: DoctorOptions): Promise<Finding> {
  const what = 'cache folder';
  try {
    const folder = await openCacheDirectory(path.resolve(cacheDirectory ?? defaultCacheDirectory()));
    const remedy = 'Set HOTSWIFT_CACHE, or the option `cacheDirectory`, to a folder with room that can be written.';
    await access(folder, constants.W_OK).catch((cause: unknown) => {
      throw cacheNotWritable(folder, cause);
    });
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const says = `${folder}, ${(free / 2 ** 30).toFixed(1)} GiB free`;
    return free < roomNeeded ? { what, state: 'poor', says, remedy } : { what, state: 'fine', says };
  } catch (error) {
    return missing(what, error);
  }
}

function examineFonts(): Finding {
  const what = 'fonts';
  const { GlobalFonts } = require('@napi-rs/canvas') as typeof import('@napi-rs/canvas');
  const families = GlobalFonts.families.length;
  if (families > 0) return { what, state: 'fine', says: families === 1 ? 'one family' : `${families} families` };
  const remedy = 'Install some (Debian: apt-get install fonts-dejavu-core): without, text in an SVG is not drawn.';
  return { what, state: 'poor', says: 'there are none', remedy };
}

/** A file is compiled, linked, run and drawn. */
async function trySession({ swiftc, cacheDirectory }: DoctorOptions, folder: string): Promise<Finding> {
  const what = 'a preview';
  const file = path.join(folder, 'Doctor.swift');
  const text = `import PreviewKit

struct Doctor_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Doctor", width: 8, height: 8) { SVG("<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>") }
  }
}
`;
  try {
    await writeFile(file, text);
    const started = performance.now();
    const session = await createSession({ file, cacheDirectory, toolchain: { swiftc } });
    try {
      if (session.error !== null) throw session.error;
      const { width, height } = await session.snapshot();
      return { what, state: 'fine', says: `${width} x ${height} pixels after ${((performance.now() - started) / 1000).toFixed(1)} s` };
    } finally {
      await session.close();
    }
  } catch (error) {
    return missing(what, error);
  }
}

/** Our errors say what to do themselves. */
function missing(what: string, error: unknown): Finding {
  const { message } = error as Error;
  return { what, state: 'missing', says: isHotswiftError(error) ? `${error.code}: ${message}` : message };
}
