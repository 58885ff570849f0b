import { existsSync } from 'node:fs';
import path from 'node:path';
import { sortFlags } from './compiler-flags.js';
import type { LinkerSetting, PackageTarget } from './package-description.js';
import type { SystemLibrary } from './pkg-config.js';

/** What targets want to be linked with. */
export interface LinkerOptions {
  /** Names as after `-l`, static libraries apart. */
  libraries: string[];
  /** Absolute paths of static libraries. */
  archives: string[];
  /** Absolute. */
  libraryPaths: string[];
  /** Everything else, for swiftc. */
  flags: string[];
}

/** As manifests call it. */
const platform = process.platform === 'darwin' ? 'macos' : process.platform;

/** What manifests say in the `linkerSettings` of some targets of packages, and pkg-config of system libraries; `root` is the main package's. */
export function collectLinkerOptions(
  targets: readonly PackageTarget[],
  systemLibraries: readonly SystemLibrary[],
  root: string,
): LinkerOptions {
  const declared = targets.flatMap(({ linkerSettings }) => linkerSettings.filter(applies).flatMap(flagsOf));
  const installed = systemLibraries.flatMap(({ words }) => words?.libs ?? []);
  const { flags, libraryPaths, libraries } = sortFlags([...declared, ...installed]);
  const folders = [...new Set(libraryPaths.map((folder) => path.resolve(root, folder)))];
  const found = [...new Set(libraries)].map((name) => ({ name, archive: findArchive(name, folders) }));
  return {
    libraries: found.filter(({ archive }) => archive === undefined).map(({ name }) => name),
    archives: found.flatMap(({ archive }) => archive ?? []),
    libraryPaths: folders,
    flags,
  };
}

/** The static library that a linker would take; it prefers shared ones. Those of the system are left to it. */
function findArchive(name: string, folders: readonly string[]): string | undefined {
  const candidates = [process.platform === 'darwin' ? '.dylib' : '.so', '.a'].flatMap((suffix) =>
    folders.map((folder) => path.join(folder, `lib${name}${suffix}`)),
  );
  const found = candidates.find((candidate) => existsSync(candidate));
  return found?.endsWith('.a') ? found : undefined;
}

function applies({ condition }: LinkerSetting): boolean {
  const { platformNames = [], config } = condition ?? {};
  return (platformNames.length === 0 || platformNames.includes(platform)) && (!config || config === 'debug');
}

function flagsOf({ kind }: LinkerSetting): string[] {
  if ('linkedLibrary' in kind) return [`-l${kind.linkedLibrary._0}`];
  if ('linkedFramework' in kind) return ['-framework', kind.linkedFramework._0];
  return kind.unsafeFlags._0;
}
