import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HotswiftError } from '../errors.js';
import { doesNotStay, makeEntry, mostAttempts, removeOldEntries, useEntry } from './cache-entry.js';
import type { CacheLeases } from './cache-lease.js';
import type { LinkerOptions } from './linker-settings.js';
import { runTool } from './run-tool.js';
import type { Toolchain } from './toolchain.js';

/** What a shared library is made of. All paths are absolute. */
export interface LibraryContents {
  /** Part of the library's name. */
  name: string;
  objects: string[];
  /** PreviewKit's shared library, for objects that use it. */
  previewKit: string;
  linker: LinkerOptions;
  usesCxx: boolean;
}

/** Libraries that are kept of a package, besides those in use. */
const keptLibraries = 16;
const suffix = process.platform === 'darwin' ? '.dylib' : '.so';

/** For {@link provideLibrary}. */
export interface LibraryOptions {
  /** Of all libraries of a package. */
  folder: string;
  toolchain: Toolchain;
  leases: CacheLeases;
  /** Called before linking. */
  onLink(): void;
  signal?: AbortSignal;
}

/**
 * Links objects into one shared library in a folder of its own, or finds what an earlier call left there: the library's name, which is its SONAME as
 * well, has a digest of what it is made of. A damaged one is linked again.
 *
 * Resolves with the library's path. Rejects with ERR_HOTSWIFT_PROJECT, quoting the linker, if it cannot be linked.
 */
export async function provideLibrary(contents: LibraryContents, options: LibraryOptions): Promise<string> {
  const { folder, toolchain, onLink, signal } = options;
  const args = linkArguments(contents, toolchain);
  const digest = await digestOf(contents, args, toolchain);
  const file = `lib${contents.name}-${digest}${suffix}`;
  const entry = path.join(folder, digest);
  const library = path.join(entry, file);
  for (let attempts = 0; !(await isUsable(library, options)); attempts += 1) {
    if (attempts === mostAttempts) throw doesNotStay(entry);
    onLink();
    const build = async (product: string, temporary: string) => {
      const list = path.join(temporary, 'objects');
      await writeFile(list, contents.objects.map((object) => `"${object.replace(/["\\]/g, '\\$&')}"\n`).join(''));
      const own = ['-emit-library', '-o', path.join(product, file), ...nameArguments(file), `@${list}`];
      const tool = { cwd: temporary, temporaryFolder: temporary, hasChildren: true, signal };
      const { exitCode, stdout, stderr } = await runTool(path.join(toolchain.programs, 'swiftc'), [...own, ...args], tool);
      if (exitCode === 0) return undefined;
      const said = `${stdout}\n${stderr}`.trim();
      throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `the libraries that ${contents.name} consists of cannot be linked:\n${said}`);
    };
    await makeEntry(entry, { label: labelOf(library), build });
    await removeOldEntries(folder, keptLibraries);
  }
  return library;
}

/** Whether a library that {@link provideLibrary} made is as it was made. If so, it is leased. */
export function isUsable(library: string, { leases }: { leases: CacheLeases }): Promise<boolean> {
  return useEntry(path.dirname(library), labelOf(library), leases);
}

function labelOf(library: string) {
  return { of: path.dirname(path.dirname(library)), what: path.basename(library) };
}

function linkArguments({ previewKit, linker, usesCxx }: LibraryContents, toolchain: Toolchain): string[] {
  const isDarwin = process.platform === 'darwin';
  return [
    // Swift's own link step adds what its objects need: swiftrt.o, and the libraries that their imports name.
    ...['-target', toolchain.triple, '-module-name', 'Dependencies'],
    ...linker.libraryPaths.flatMap((folder) => ['-L', folder, '-Xlinker', '-rpath', '-Xlinker', folder]),
    // Whole: the code that uses the rest is linked later, again and again, and has one copy of their variables like all.
    ...linker.archives.flatMap((archive) =>
      isDarwin
        ? ['-Xlinker', '-force_load', '-Xlinker', archive]
        : ['-Xlinker', '--whole-archive', '-Xlinker', archive, '-Xlinker', '--no-whole-archive'],
    ),
    ...linker.libraries.map((name) => `-l${name}`),
    ...linker.flags,
    previewKit,
    ...(usesCxx ? [isDarwin ? '-lc++' : '-lstdc++'] : []),
  ];
}

function nameArguments(file: string): string[] {
  return process.platform === 'darwin' ? ['-Xlinker', '-install_name', '-Xlinker', `@rpath/${file}`] : ['-Xlinker', `-soname=${file}`];
}

async function digestOf({ name, objects, linker }: LibraryContents, args: readonly string[], toolchain: Toolchain): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify([toolchain.id, name, args, objects]));
  for (const file of [...objects, ...linker.archives]) digest.update(await readFile(file));
  return digest.digest('hex').slice(0, 32);
}
