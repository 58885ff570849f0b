import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { HotswiftError, isError } from '../errors.js';
import type { ToolchainOptions } from '../types.js';
import { runTool } from './run-tool.js';

/** A Swift compiler, and where it keeps what its programs need at run time. */
export interface Toolchain {
  /** As it was asked for; runnable. */
  swiftc: string;
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

/**
 * Asks the compiler who it is (`swiftc -print-target-info`).
 *
 * Rejects with ERR_HOTSWIFT_TOOLCHAIN if there is none, if the program is no Swift compiler, or if it is too old.
 */
export async function findToolchain(options: ToolchainOptions, temporaryFolder: string, signal?: AbortSignal): Promise<Toolchain> {
  const swiftc = options.swiftc ?? (process.env.HOTSWIFT_SWIFTC || 'swiftc');
  const output = await printTargetInfo(swiftc, temporaryFolder, signal);
  const info = parseTargetInfo(swiftc, output);
  const version = /version (\d+(?:\.\d+)*)/.exec(info.compilerVersion)?.[1];
  if (version === undefined) {
    throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', `${swiftc} does not tell its version: ${info.compilerVersion}`);
  }
  if (isOlder(version, oldestVersion)) {
    throw new HotswiftError(
      'ERR_HOTSWIFT_TOOLCHAIN',
      `${swiftc} is Swift ${version}, which is older than hotswift supports. ${howToInstall}`,
    );
  }
  return {
    swiftc,
    version,
    triple: info.target.triple,
    platform: info.target.unversionedTriple,
    // Next to lib/swift, wherever the name that was asked for leads: it may be a link or a version manager's shim.
    programs: path.join(info.paths.runtimeResourcePath, '..', '..', 'bin'),
    runtimeLibraryPaths: info.paths.runtimeLibraryPaths,
    id: [info.compilerVersion, info.target.triple, await identity(swiftc)].join(' '),
  };
}

async function printTargetInfo(swiftc: string, temporaryFolder: string, signal?: AbortSignal): Promise<string> {
  try {
    const result = await runTool(swiftc, ['-print-target-info'], { temporaryFolder, signal });
    if (result.exitCode === 0) return result.stdout;
    throw notACompiler(swiftc, result.stderr.trim().split('\n')[0]);
  } catch (cause) {
    if (!isSpawnError(cause)) throw cause;
    const what = cause.code === 'ENOENT' ? `There is no \`${swiftc}\`.` : `\`${swiftc}\` cannot be run (${cause.code}).`;
    throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', `${what} ${howToInstall}`, { cause });
  }
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

/** The compiler's file, so that an update in place is another compiler. */
async function identity(swiftc: string): Promise<string> {
  for (const folder of swiftc.includes(path.sep) ? [''] : (process.env.PATH ?? '').split(path.delimiter)) {
    try {
      const file = await realpath(path.join(folder, swiftc));
      const { size, mtimeMs } = await stat(file);
      return `${file} ${size} ${mtimeMs}`;
    } catch {
      // Not in this folder of PATH.
    }
  }
  return swiftc;
}
