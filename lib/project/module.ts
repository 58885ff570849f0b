import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { HotswiftError } from '../errors.js';
import type { ModuleOptions } from '../types.js';

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
}

/**
 * What `createSession` was told about the module, completed and checked.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if a source cannot be read, or if the file belongs to a package and no module was given.
 */
export async function describeModule(file: string, options?: ModuleOptions): Promise<ModuleDescription> {
  const previewed = path.resolve(file);
  const workingDirectory = process.cwd();
  if (options === undefined) {
    await requireReadable(previewed);
    await refusePackage(previewed);
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

/** Flags that make swiftc do something else than compile each file to an object, or write files of their own. */
const refusedFlags = new Set(
  [
    '-c -o -S -emit-assembly -emit-bc -emit-dependencies -emit-executable -emit-ir -emit-library -emit-module -emit-module-path',
    '-emit-objc-header -emit-objc-header-path -emit-sil -emit-silgen -dump-ast -dump-parse -index-store-path -incremental -output-file-map',
    '-parse -print-ast -serialize-diagnostics -typecheck -static',
  ]
    .join(' ')
    .split(' '),
);

/** Takes the flags for the linker out of those for the compiler. */
function sortFlags(all: readonly string[]): { flags: string[]; libraryPaths: string[]; libraries: string[] } {
  const sorted = { flags: [] as string[], libraryPaths: [] as string[], libraries: [] as string[] };
  const rest = [...all];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (refusedFlags.has(flag) || flag.startsWith('-sanitize=')) {
      throw new HotswiftError(
        'ERR_HOTSWIFT_PROJECT',
        `the flag ${flag} cannot be used here: every file is compiled to an object of its own. Leave it out.`,
      );
    }
    if (flag === '-L') sorted.libraryPaths.push(rest.shift() ?? '');
    else if (flag.startsWith('-L')) sorted.libraryPaths.push(flag.slice(2));
    else if (flag.startsWith('-l')) sorted.libraries.push(flag.slice(2));
    else sorted.flags.push(flag);
  }
  return sorted;
}

/** The compiler tells the files of a module apart by their names. */
function refuseEqualNames(sources: readonly string[]): void {
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

async function requireReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
    if (!(await stat(file)).isFile()) throw new Error('it is not a file');
  } catch (cause) {
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** A package's file does not compile alone; to try would give errors about names that exist. */
async function refusePackage(file: string): Promise<void> {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'Package.swift');
    const exists = await access(manifest).then(
      () => true,
      () => false,
    );
    if (exists && manifest !== file) {
      throw new HotswiftError(
        'ERR_HOTSWIFT_PROJECT',
        `${file} belongs to the package in ${folder}. SwiftPM packages are not read yet: describe the target with the option \`module\` ` +
          '(name, sources, flags, importPaths, libraryPaths, libraries).',
      );
    }
  }
}

/** A Swift identifier made of the file's name, as swiftc does for a lone file. */
function moduleNameOf(file: string): string {
  const name = path.basename(file, '.swift').replace(/[^\p{L}\p{N}_]/gu, '_');
  // `main` and `Swift` are names that the compiler refuses for modules.
  return /^[\p{L}_]/u.test(name) && name !== 'main' && name !== 'Swift' ? name : `Module_${name}`;
}
