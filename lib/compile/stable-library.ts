import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HotswiftError } from '../errors.js';
import { runTool } from '../project/run-tool.js';
import type { CompiledFile } from './compiled-file.js';

/** A shared library of the objects of a module, or of most of them. */
export interface StableLibrary {
  path: string;
  /** From each source in it to the object that went in. */
  objects: ReadonlyMap<string, string>;
  /** What `LinkOptions.identity` was. */
  linkedWith: string;
}

export interface LinkOptions {
  swiftc: string;
  /** Where it is called. Default: `folder`. */
  swiftcFolder?: string;
  /** The module's name. */
  name: string;
  /** Libraries to link with: paths, or `-l` and a name. */
  libraries: readonly string[];
  /** Folders to find them in. */
  searchPaths: readonly string[];
  /** A digest that stands for both: a library that was linked with others is of no use. */
  identity: string;
  /** For the library, and what the driver leaves behind. */
  folder: string;
  /** Whether debug information goes into the library; for backtraces, that of its objects does. Default `false`. */
  keepsDebugInformation?: boolean;
  /** Whether the linker gives way to other programs. Default `false`. */
  givesWay?: boolean;
}

/**
 * Links objects to a library. Its SONAME is a digest of what is in it: of two libraries of one SONAME, a process only ever loads
 * the first.
 *
 * Rejects with ERR_HOTSWIFT_LINK if the linker refuses.
 */
export async function linkStableLibrary(
  files: ReadonlyMap<string, CompiledFile>,
  { swiftc, swiftcFolder, name, libraries, searchPaths, identity, folder, keepsDebugInformation = false, givesWay }: LinkOptions,
  signal?: AbortSignal,
): Promise<StableLibrary> {
  const objects = new Map([...files].map(([file, { object }]) => [file, object]));
  const contents = createHash('sha256').update(`${identity}\0`);
  for (const [file, { digest }] of files) contents.update(`${file}\0${digest}\0`);
  // What an object holds also depends on the files it uses: two libraries of the same texts may differ.
  for (const object of objects.values()) contents.update(`${object}\0`);
  const soname = `lib${name}-${contents.digest('hex').slice(0, 16)}${process.platform === 'darwin' ? '.dylib' : '.so'}`;
  const library = path.join(folder, soname);
  const list = `${library}.objects`;
  await writeFile(list, [...objects.values()].map(quoted).join('\n'));
  const args = [
    ...['-emit-library', `@${list}`, '-module-name', name, '-o', library],
    ...(process.platform === 'darwin' ? ['-Xlinker', '-undefined', '-Xlinker', 'dynamic_lookup'] : ['-Xlinker', `-soname=${soname}`]),
    ...(keepsDebugInformation ? [] : ['-Xlinker', '-S']),
    ...searchPaths.flatMap((searched) => ['-L', searched, '-Xlinker', '-rpath', '-Xlinker', searched]),
    ...libraries,
  ];
  const options = { cwd: swiftcFolder ?? folder, temporaryFolder: folder, hasChildren: true, givesWay, signal };
  // The quickest by far, where the toolchain has it.
  const quick = process.platform === 'linux' ? await runTool(swiftc, [...args, '-use-ld=lld'], options) : undefined;
  const result = quick?.exitCode === 0 ? quick : await runTool(swiftc, args, options);
  if (result.exitCode !== 0) {
    throw new HotswiftError(
      'ERR_HOTSWIFT_LINK',
      `the objects of ${name} cannot be linked to a library: ${result.stderr.trim().slice(0, 2000)}`,
    );
  }
  return { path: library, objects, linkedWith: identity };
}

/** As response files want it. */
function quoted(file: string): string {
  return `"${file.replace(/["\\]/g, '\\$&')}"`;
}
