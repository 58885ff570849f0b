import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { HotswiftError } from '../errors.js';
import { doesNotStay, isWholeEntry, makeEntry, mostAttempts } from '../project/cache-entry.js';
import { CacheLeases } from '../project/cache-lease.js';
import { noSpaceLeft } from '../project/full-disk.js';
import { runTool } from '../project/run-tool.js';
import type { Toolchain } from '../project/toolchain.js';

/** The Swift support module, compiled for one toolchain. */
export interface PreviewKit {
  /** Folder with `PreviewKit.swiftmodule`. */
  importPath: string;
  /** The shared library. */
  library: string;
}

const sourceFolder = path.join(__dirname, '..', '..', 'swift', 'PreviewKit', 'Sources', 'PreviewKit');
const libraryName = process.platform === 'darwin' ? 'libPreviewKit.dylib' : 'libPreviewKit.so';

/** How clang and ld, which link for swiftc, say that there is no linker, or no C library to link with: some packages of Swift do not bring them along. */
const cannotLink = /unable to execute command: Executable "ld|invalid linker name|cannot find \S*crti\.o/;
const howToLink = "Install a linker and the C library's development files (Debian: apt-get install binutils libc6-dev).";

/** Builds under way in this process, by entry: sessions that start together share one. */
const builds = new Map<string, Promise<void>>();

export interface PreviewKitOptions {
  signal?: AbortSignal;
  /** Leases what is provided. Default: nothing keeps it from being removed. */
  leases?: CacheLeases;
  /** Where the compiler keeps what it makes of C modules. Default: a folder that goes once PreviewKit is compiled. */
  compilerModules?: string;
}

/**
 * Compiles PreviewKit for a toolchain, or finds what an earlier call left in the cache: the entry's name is a digest of the sources, the
 * flags and the compiler. A damaged entry is replaced.
 *
 * `onBuild` is called before a compile, which takes seconds. Rejects with ERR_HOTSWIFT_TOOLCHAIN if the compiler cannot do it, and with
 * ERR_HOTSWIFT_PROJECT if the cache folder cannot be written or has no room.
 */
export async function providePreviewKit(
  toolchain: Toolchain,
  cacheDirectory: string,
  onBuild: () => void,
  options: PreviewKitOptions = {},
): Promise<PreviewKit> {
  const entry = path.join(cacheDirectory, 'preview-kit', await entryName(toolchain));
  const { leases = new CacheLeases() } = options;
  try {
    let attempts = 0;
    while (!((await leases.hold(entry, labelOf(toolchain))) && (await isWholeEntry(entry)))) {
      const underWay = builds.get(entry);
      if (underWay !== undefined) {
        // Another session's build; if that one is given up, this one builds for itself.
        await underWay.catch(() => {});
        continue;
      }
      if (attempts === mostAttempts) throw doesNotStay(entry);
      attempts += 1;
      onBuild();
      const build = buildEntry(toolchain, entry, options).finally(() => builds.delete(entry));
      builds.set(entry, build);
      await build;
    }
  } finally {
    if (options.leases === undefined) await leases.release();
  }
  return { importPath: entry, library: path.join(entry, libraryName) };
}

function labelOf({ version, swiftc }: Toolchain) {
  return { of: `Swift ${version}, ${swiftc}`, what: 'PreviewKit' };
}

/** By toolchain; the sources are those of this installation and stay what they are. */
const entryNames = new Map<string, Promise<string>>();

function entryName(toolchain: Toolchain): Promise<string> {
  const known = entryNames.get(toolchain.id) ?? digestOfInputs(toolchain);
  entryNames.set(toolchain.id, known);
  known.catch(() => entryNames.delete(toolchain.id));
  return known;
}

async function digestOfInputs(toolchain: Toolchain): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify([toolchain.id, compileArguments('')]));
  for (const source of await sourceFiles()) digest.update(path.basename(source)).update(await readFile(source));
  return digest.digest('hex').slice(0, 32);
}

async function sourceFiles(): Promise<string[]> {
  const names = (await readdir(sourceFolder)).filter((name) => name.endsWith('.swift')).sort();
  return names.map((name) => path.join(sourceFolder, name));
}

async function buildEntry(toolchain: Toolchain, entry: string, { signal, compilerModules }: PreviewKitOptions): Promise<void> {
  await makeEntry(entry, {
    label: labelOf(toolchain),
    build: async (folder, temporary) => {
      // The compiler's own place for them is in the home folder, which need not be writable.
      const modules = ['-module-cache-path', compilerModules ?? path.join(temporary, 'modules')];
      const args = [...compileArguments(folder), ...modules, ...(await sourceFiles())];
      const options = { signal, cwd: toolchain.folder ?? temporary, temporaryFolder: temporary, hasChildren: true };
      const result = await runTool(toolchain.swiftc, args, options);
      if (result.exitCode === 0) return undefined;
      const full = await noSpaceLeft(result.stderr, [temporary, ...(compilerModules === undefined ? [] : [compilerModules])]);
      if (full !== undefined) throw full;
      const remedy = cannotLink.test(result.stderr) ? `\n${howToLink}` : '';
      throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', `${toolchain.swiftc} cannot compile PreviewKit: ${result.stderr.trim()}${remedy}`);
    },
  });
}

function compileArguments(output: string): string[] {
  return [
    ...['-emit-library', '-emit-module', '-module-name', 'PreviewKit', '-parse-as-library', '-swift-version', '5', '-O', '-wmo'],
    ...(process.platform === 'darwin' ? [] : ['-Xlinker', '-soname=libPreviewKit.so']),
    ...['-emit-module-path', path.join(output, 'PreviewKit.swiftmodule'), '-o', path.join(output, libraryName)],
  ];
}
