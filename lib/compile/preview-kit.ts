import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { HotswiftError } from '../errors.js';
import { runTool } from '../project/run-tool.js';
import type { Toolchain } from '../project/toolchain.js';

/** The Swift support module, compiled for one toolchain. */
export interface PreviewKit {
  /** Folder with `PreviewKit.swiftmodule`. */
  importPath: string;
  /** The shared library. */
  library: string;
}

/** Entries are 200 KB each; one a toolchain and version of hotswift. */
const keptEntries = 16;
const temporaryPrefix = '.building-';
/** Milliseconds; a build takes seconds. */
const longestBuild = 3_600_000;

const sourceFolder = path.join(__dirname, '..', '..', 'swift', 'PreviewKit', 'Sources', 'PreviewKit');
const libraryName = process.platform === 'darwin' ? 'libPreviewKit.dylib' : 'libPreviewKit.so';

/** What a finished entry says of itself: the sizes of its files. */
const inventoryName = 'inventory.json';

/** Builds under way in this process, by entry: sessions that start together share one. */
const builds = new Map<string, Promise<void>>();

/**
 * Compiles PreviewKit for a toolchain, or finds what an earlier call left in the cache: the entry's name is a digest of the sources, the
 * flags and the compiler. A damaged entry is replaced.
 *
 * `onBuild` is called before a compile, which takes seconds. Rejects with ERR_HOTSWIFT_TOOLCHAIN if the compiler cannot do it, and with
 * ERR_HOTSWIFT_PROJECT if the cache folder cannot be written.
 */
export async function providePreviewKit(
  toolchain: Toolchain,
  cacheDirectory: string,
  onBuild: () => void,
  signal?: AbortSignal,
): Promise<PreviewKit> {
  const entry = path.join(cacheDirectory, 'preview-kit', await entryName(toolchain));
  const kit = { importPath: entry, library: path.join(entry, libraryName) };
  if (await isWhole(entry)) return kit;

  const underWay = builds.get(entry);
  if (underWay !== undefined) {
    // Another session's build; if that one is given up, this one builds for itself.
    await underWay.catch(() => {});
    return providePreviewKit(toolchain, cacheDirectory, onBuild, signal);
  }
  onBuild();
  const build = buildEntry(toolchain, entry, signal).finally(() => builds.delete(entry));
  builds.set(entry, build);
  await build;
  return kit;
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

async function buildEntry(toolchain: Toolchain, entry: string, signal?: AbortSignal): Promise<void> {
  const temporary = await temporaryFolder(path.dirname(entry));
  const product = path.join(temporary, 'product');
  try {
    await mkdir(product);
    const args = [...compileArguments(product), ...(await sourceFiles())];
    const options = { signal, cwd: temporary, temporaryFolder: temporary, hasChildren: true };
    const result = await runTool(toolchain.swiftc, args, options);
    if (result.exitCode !== 0) {
      throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', `${toolchain.swiftc} cannot compile PreviewKit: ${result.stderr.trim()}`);
    }
    const sizes = await Promise.all((await readdir(product)).map(async (name) => [name, (await stat(path.join(product, name))).size]));
    await writeFile(path.join(product, inventoryName), JSON.stringify(Object.fromEntries(sizes)));
    // A damaged entry is moved, and goes with the temporary folder.
    if (!(await isWhole(entry))) await rename(entry, path.join(temporary, 'damaged')).catch(() => {});
    await publish(product, entry);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await removeOldEntries(path.dirname(entry));
}

function compileArguments(output: string): string[] {
  return [
    ...['-emit-library', '-emit-module', '-module-name', 'PreviewKit', '-parse-as-library', '-swift-version', '5', '-O'],
    ...(process.platform === 'darwin' ? [] : ['-Xlinker', '-soname=libPreviewKit.so']),
    ...['-emit-module-path', path.join(output, 'PreviewKit.swiftmodule'), '-o', path.join(output, libraryName)],
  ];
}

/** Whether an entry has what its build left there. */
async function isWhole(entry: string): Promise<boolean> {
  try {
    const inventory = z.record(z.string(), z.number()).parse(JSON.parse(await readFile(path.join(entry, inventoryName), 'utf8')));
    const sizes = await Promise.all(
      Object.keys(inventory).map(async (name) => (await stat(path.join(entry, name))).size === inventory[name]),
    );
    return sizes.every(Boolean);
  } catch {
    return false;
  }
}

async function temporaryFolder(parent: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true });
    return await mkdtemp(path.join(parent, temporaryPrefix));
  } catch (cause) {
    throw new HotswiftError(
      'ERR_HOTSWIFT_PROJECT',
      `the cache folder ${parent} cannot be written: ${(cause as Error).message}. Choose another with the option \`cacheDirectory\`.`,
      { cause },
    );
  }
}

/** Of two processes that build the same entry, the first to finish wins; the other's is as good. */
async function publish(product: string, entry: string): Promise<void> {
  try {
    await rename(product, entry);
  } catch (cause) {
    if (await isWhole(entry)) return;
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `the cache entry ${entry} cannot be replaced: ${(cause as Error).message}`, { cause });
  }
}

/** Keeps the cache bounded: the newest entries, and no folder of a build that was cut short. */
async function removeOldEntries(folder: string): Promise<void> {
  const entries = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const file = path.join(folder, name);
      const changed = await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      return { file, changed, isTemporary: name.startsWith(temporaryPrefix) };
    }),
  );
  const abandoned = entries.filter(({ isTemporary, changed }) => isTemporary && Date.now() - changed > longestBuild);
  const finished = entries.filter(({ isTemporary }) => !isTemporary).sort((a, b) => b.changed - a.changed);
  const removed = [...abandoned, ...finished.slice(keptEntries)];
  await Promise.all(removed.map(({ file }) => rm(file, { recursive: true, force: true })));
}
