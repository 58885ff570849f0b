import { existsSync } from 'node:fs';
import path from 'node:path';
import { sortFlags } from './compiler-flags.js';
import type { LinkerSetting, PackageTarget } from './package-description.js';
import { askPkgConfig } from './pkg-config.js';

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

/** What manifests say in `linkerSettings`, and pkg-config of system libraries, of some targets of packages; `root` is the main package's. */
export async function collectLinkerOptions(targets: readonly PackageTarget[], root: string, signal?: AbortSignal): Promise<LinkerOptions> {
  const declared = targets.flatMap(({ linkerSettings }) => linkerSettings.filter(applies).flatMap(flagsOf));
  const systems = targets.flatMap(({ pkgConfig }) => pkgConfig ?? []);
  const installed = await Promise.all(systems.map((name) => askPkgConfig(name, ['--libs'], signal)));
  const { flags, libraryPaths, libraries } = sortFlags([...declared, ...installed.flatMap((words) => words ?? [])]);
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
