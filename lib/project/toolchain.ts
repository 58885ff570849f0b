import { access, constants, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { HotswiftError, isError } from '../errors.js';
import type { ToolchainOptions } from '../types.js';
import { askDriver, type Driver, DriverAnswers, type DriverQuestion, identityOfCompiler, isScript } from './driver.js';

/** A Swift compiler, and where it keeps what its programs need at run time. */
export interface Toolchain {
  /** The compiler's path. Absolute. */
  swiftc: string;
  /** The same, to ask it. */
  driver: Driver;
  /** Where `swiftc` has to be called if it is a script, which may choose a compiler by the working directory; else missing. */
  folder?: string;
  /** For example `6.0.3`. */
  version: string;
  /** For example `x86_64-pc-linux-gnu`. */
  triple: string;
  /** The triple without a version, for example `arm64-apple-macosx`. */
  platform: string;
  /** The folder of the toolchain's programs: swift, swiftc and what they run. */
  programs: string;
  /** Folders with the shared libraries of the Swift runtime. */
  runtimeLibraryPaths: string[];
  /** Differs for different compilers, also of the same version: part of every cache key. */
  id: string;
}

/** Older runtimes describe metadata in another layout, see native/swift_metadata.cpp. */
const oldestVersion = [6, 0] as const;

const targetInfo = z.object({
  compilerVersion: z.string(),
  target: z.object({ triple: z.string(), unversionedTriple: z.string() }),
  paths: z.object({ runtimeResourcePath: z.string(), runtimeLibraryPaths: z.array(z.string()) }),
});

const howToInstall =
  'Install Swift 6.0 or newer (Debian 13: apt-get install swiftlang; others: https://www.swift.org/install) and have `swiftc` on PATH, ' +
  'or name it with the option `toolchain.swiftc`.';

/** Where a toolchain is looked for. */
export interface ToolchainSearch {
  /** The folder of what is to be compiled: version managers choose by the working directory. Default: the process's. */
  folder?: string;
  /** Where what the driver says is kept from one session to the next. Default: nowhere. */
  cacheDirectory?: string;
  signal?: AbortSignal;
}

/**
 * Asks the compiler who it is (`swiftc -print-target-info`), once for all that is done with it: a program that stands for the compilers of a version
 * manager (swiftly) is asked which one it would be, and that one is called from then on.
 *
 * Rejects with ERR_HOTSWIFT_TOOLCHAIN if there is none, if the program is no Swift compiler, or if it is too old.
 */
export async function findToolchain(
  options: ToolchainOptions,
  temporaryFolder: string,
  { folder = process.cwd(), cacheDirectory, signal }: ToolchainSearch = {},
): Promise<Toolchain> {
  const asked = options.swiftc ?? (process.env.HOTSWIFT_SWIFTC || 'swiftc');
  const program = await findProgram(asked);
  const answers = cacheDirectory === undefined ? undefined : new DriverAnswers(cacheDirectory);
  const identity = await identityOfCompiler(program);
  const question = { args: ['-print-target-info'], cwd: folder, temporaryFolder, signal };
  // A compiler says the same wherever it is asked.
  const kept = { ...question, cwd: path.parse(program).root };
  const known = identity === undefined ? undefined : await answers?.recall(identity, kept);
  const output = known ?? (await printTargetInfo(asked, program, question));
  const info = parseTargetInfo(asked, output);
  const version = versionOf(asked, info);
  // Next to lib/swift, wherever the name that was asked for leads: it may be a link, or stand for another program.
  const programs = path.join(info.paths.runtimeResourcePath, '..', '..', 'bin');
  const driver = await chooseDriver(program, path.join(programs, 'swiftc'));
  if (known === undefined && driver.program === program && driver.identity !== undefined) {
    await answers?.remember(driver.identity, kept, output);
  }
  return {
    swiftc: driver.program,
    driver: { ...driver, answers },
    folder: driver.identity === undefined ? folder : undefined,
    version,
    triple: info.target.triple,
    platform: info.target.unversionedTriple,
    programs,
    runtimeLibraryPaths: info.paths.runtimeLibraryPaths,
    id: [info.compilerVersion, info.target.triple, ...(await filesOf(driver.program, programs))].join(' '),
  };
}

/**
 * Which program is called from now on: the one that was asked for if it is the compiler, or a script, which may add flags of its own; else the compiler that
 * it has said it would run.
 */
async function chooseDriver(asked: string, chosen: string): Promise<Driver> {
  // /usr/bin/swiftc tells the compiler where the SDK is, too (xcrun(1)).
  if (process.platform === 'darwin') return { program: asked };
  const [askedFile, chosenFile] = await Promise.all([asked, chosen].map((file) => realpath(file).catch(() => undefined)));
  if (askedFile === undefined || chosenFile === undefined || (await isScript(askedFile))) return { program: asked };
  const program = askedFile === chosenFile ? asked : chosen;
  return { program, identity: await identityOfCompiler(program) };
}

async function printTargetInfo(asked: string, program: string, question: DriverQuestion): Promise<string> {
  try {
    const result = await askDriver({ program }, question);
    if (result.exitCode === 0) return result.stdout;
    throw notACompiler(asked, result.stderr.trim().split('\n')[0]);
  } catch (cause) {
    if (!isSpawnError(cause)) throw cause;
    const what = cause.code === 'ENOENT' ? `There is no \`${asked}\`.` : `\`${asked}\` cannot be run (${cause.code}).`;
    throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', `${what} ${howToInstall}`, { cause });
  }
}

function versionOf(asked: string, { compilerVersion }: z.infer<typeof targetInfo>): string {
  const version = /version (\d+(?:\.\d+)*)/.exec(compilerVersion)?.[1];
  if (version === undefined) {
    throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', `${asked} does not tell its version: ${compilerVersion}`);
  }
  if (isOlder(version, oldestVersion)) {
    throw new HotswiftError(
      'ERR_HOTSWIFT_TOOLCHAIN',
      `${asked} is Swift ${version}, which is older than hotswift supports. ${howToInstall}`,
    );
  }
  return version;
}

function parseTargetInfo(swiftc: string, output: string): z.infer<typeof targetInfo> {
  try {
    return targetInfo.parse(JSON.parse(output));
  } catch (cause) {
    throw notACompiler(swiftc, undefined, cause);
  }
}

function notACompiler(swiftc: string, said?: string, cause?: unknown): HotswiftError {
  const detail = said ? `: ${said}` : '';
  return new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', `\`${swiftc}\` is not a Swift compiler${detail}. ${howToInstall}`, { cause });
}

function isSpawnError(error: unknown): error is NodeJS.ErrnoException {
  return isError(error) && 'syscall' in error && String(error.syscall).startsWith('spawn');
}

function isOlder(version: string, than: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < than[0] || (major === than[0] && minor < than[1]);
}

/** The absolute path of a program that is named by a path or found on PATH; the name if there is none. */
async function findProgram(name: string): Promise<string> {
  if (name.includes(path.sep)) return path.resolve(name);
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.resolve(folder, name);
    try {
      await access(candidate, constants.X_OK);
      if ((await stat(candidate)).isFile()) return candidate;
    } catch {
      // Not in this folder of PATH.
    }
  }
  return name;
}

/** The files of the driver and of the frontend, so that an update in place is another compiler. */
async function filesOf(driver: string, programs: string): Promise<string[]> {
  const files = await Promise.all([driver, path.join(programs, 'swift-frontend')].map((file) => realpath(file).catch(() => undefined)));
  const described = [...new Set(files)].map(async (file) => {
    if (file === undefined) return '';
    const { size, mtimeMs } = await stat(file);
    return `${file} ${size} ${mtimeMs}`;
  });
  return Promise.all(described);
}
