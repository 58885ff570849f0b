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
  /** Flags for swiftc, import paths included. */
  flags: string[];
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
  if (options === undefined) {
    await requireReadable(previewed);
    await refusePackage(previewed);
    return { name: moduleNameOf(previewed), file: previewed, sources: [previewed], flags: [], libraryPaths: [], libraries: [] };
  }
  const sources = [...new Set([...options.sources.map((source) => path.resolve(source)), previewed])];
  for (const source of sources) await requireReadable(source);
  return {
    name: options.name,
    file: previewed,
    sources,
    flags: [...(options.flags ?? []), ...(options.importPaths ?? []).flatMap((folder) => ['-I', path.resolve(folder)])],
    libraryPaths: (options.libraryPaths ?? []).map((folder) => path.resolve(folder)),
    libraries: (options.libraries ?? []).map((library) => (library.includes(path.sep) ? path.resolve(library) : library)),
  };
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
