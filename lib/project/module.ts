import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { HotswiftError } from '../errors.js';
import type { ModuleOptions } from '../types.js';
import { sortFlags } from './compiler-flags.js';

/** The module that is compiled and previewed. All paths are absolute. */
export interface ModuleDescription {
  name: string;
  /** The previewed file. */
  file: string;
  /** Every Swift file of the module, the previewed one among them; no duplicates. */
  sources: string[];
  /** Position of the source with top-level code, main.swift, if there is one. */
  script?: number;
  /** Flags for swiftc, import paths included. */
  flags: string[];
  /** What relative paths in the flags count from. */
  workingDirectory: string;
  libraryPaths: string[];
  /** Names as after `-l`, or paths. */
  libraries: string[];
  /** A digest of what the package's resource bundles hold. */
  resources?: string;
  /** C modules of system libraries that are not installed, and what to do about each: a sentence. */
  notInstalled?: { module: string; remedy: string }[];
}

/**
 * What `createSession` was told about the module, completed and checked; a module of the file alone if it was told nothing.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if a source cannot be read, or for a flag that cannot be used.
 */
export async function describeModule(file: string, options?: ModuleOptions): Promise<ModuleDescription> {
  const previewed = path.resolve(file);
  const workingDirectory = process.cwd();
  if (options === undefined) {
    await requireReadable(previewed);
    const name = moduleNameOf(previewed);
    const sources = [previewed];
    return { name, file: previewed, sources, script: findScript(sources), flags: [], workingDirectory, libraryPaths: [], libraries: [] };
  }
  const sources = [...new Set([...options.sources.map((source) => path.resolve(source)), previewed])];
  for (const source of sources) await requireReadable(source);
  refuseEqualNames(sources);
  const { flags, libraryPaths, libraries } = sortFlags(options.flags ?? []);
  return {
    name: options.name,
    file: previewed,
    sources,
    script: findScript(sources),
    flags: [...flags, ...(options.importPaths ?? []).flatMap((folder) => ['-I', path.resolve(folder)])],
    workingDirectory,
    libraryPaths: [...(options.libraryPaths ?? []), ...libraryPaths].map((folder) => path.resolve(folder)),
    libraries: [...(options.libraries ?? []), ...libraries].map((library) =>
      library.includes(path.sep) ? path.resolve(library) : library,
    ),
  };
}

/** The position of main.swift, the one source that may have top-level code. */
export function findScript(sources: readonly string[]): number | undefined {
  const position = sources.findIndex((source) => path.basename(source) === 'main.swift');
  return position < 0 ? undefined : position;
}

/** Throws ERR_HOTSWIFT_PROJECT if two sources have one name: the compiler tells the files of a module apart by their names. */
export function refuseEqualNames(sources: readonly string[]): void {
  const known = new Map<string, string>();
  for (const source of sources) {
    const other = known.get(path.basename(source));
    if (other !== undefined) {
      throw new HotswiftError(
        'ERR_HOTSWIFT_PROJECT',
        `${other} and ${source} have the same name; Swift wants each file of a module to have its own`,
      );
    }
    known.set(path.basename(source), source);
  }
}

/** Rejects with ERR_HOTSWIFT_PROJECT if there is no such file, or if it cannot be read. */
export async function requireReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
    if (!(await stat(file)).isFile()) throw new Error('it is not a file');
  } catch (cause) {
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** A Swift identifier made of the file's name, as swiftc does for a lone file. */
function moduleNameOf(file: string): string {
  const name = path.basename(file, '.swift').replace(/[^\p{L}\p{N}_]/gu, '_');
  // `main` and `Swift` are names that the compiler refuses for modules.
  return /^[\p{L}_]/u.test(name) && name !== 'main' && name !== 'Swift' ? name : `Module_${name}`;
}
