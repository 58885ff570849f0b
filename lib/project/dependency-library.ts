import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HotswiftError } from '../errors.js';
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

/** Libraries that are kept in a folder: sessions may still start agents with older ones. */
const keptLibraries = 16;
const temporaryPrefix = '.linking-';
/** Milliseconds; linking takes seconds. */
const longestLink = 3_600_000;
const suffix = process.platform === 'darwin' ? '.dylib' : '.so';

/**
 * Links objects into one shared library in `folder`, or finds what an earlier call left there: the library's name, which is its SONAME as
 * well, has a digest of what it is made of. `onLink` is called before linking.
 *
 * Resolves with the library's path. Rejects with ERR_HOTSWIFT_PROJECT, quoting the linker, if it cannot be linked.
 */
export async function provideLibrary(
  contents: LibraryContents,
  folder: string,
  toolchain: Toolchain,
  onLink: () => void,
  signal?: AbortSignal,
): Promise<string> {
  const args = linkArguments(contents, toolchain);
  const file = `lib${contents.name}-${await digestOf(contents, args, toolchain)}${suffix}`;
  const library = path.join(folder, file);
  if (await touch(library)) return library;

  onLink();
  await mkdir(folder, { recursive: true });
  const temporary = await mkdtemp(path.join(folder, temporaryPrefix));
  try {
    const output = path.join(temporary, file);
    const list = path.join(temporary, 'objects');
    await writeFile(list, contents.objects.map((object) => `"${object.replace(/["\\]/g, '\\$&')}"\n`).join(''));
    const own = ['-emit-library', '-o', output, ...nameArguments(file), `@${list}`];
    const options = { cwd: temporary, temporaryFolder: temporary, hasChildren: true, signal };
    const { exitCode, stdout, stderr } = await runTool(path.join(toolchain.programs, 'swiftc'), [...own, ...args], options);
    if (exitCode !== 0) {
      const said = `${stdout}\n${stderr}`.trim();
      throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `the libraries that ${contents.name} consists of cannot be linked:\n${said}`);
    }
    await rename(output, library);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await removeOld(folder);
  return library;
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

async function digestOf({ objects, linker }: LibraryContents, args: readonly string[], toolchain: Toolchain): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify([toolchain.id, args, objects]));
  for (const file of [...objects, ...linker.archives]) digest.update(await readFile(file));
  return digest.digest('hex').slice(0, 32);
}

/** Says of a library that it is in use; whether it is there. */
async function touch(library: string): Promise<boolean> {
  const now = new Date();
  return utimes(library, now, now).then(
    () => true,
    () => false,
  );
}

/** Keeps the folder bounded: the libraries used last, and nothing of a link that was cut short. */
async function removeOld(folder: string): Promise<void> {
  const entries = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const file = path.join(folder, name);
      const used = await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      return { file, used, isTemporary: name.startsWith(temporaryPrefix) };
    }),
  );
  const abandoned = entries.filter(({ isTemporary, used }) => isTemporary && Date.now() - used > longestLink);
  const old = entries
    .filter(({ isTemporary }) => !isTemporary)
    .sort((a, b) => b.used - a.used)
    .slice(keptLibraries);
  await Promise.all([...abandoned, ...old].map(({ file }) => rm(file, { recursive: true, force: true })));
}
