import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
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

const sourceFolder = path.join(__dirname, '..', '..', 'swift', 'PreviewKit', 'Sources', 'PreviewKit');
const libraryName = process.platform === 'darwin' ? 'libPreviewKit.dylib' : 'libPreviewKit.so';

/**
 * Compiles PreviewKit for a toolchain, or finds what an earlier call left in the cache: the entry's name is a digest of the sources, the
 * flags and the compiler.
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
  const sources = (await readdir(sourceFolder)).filter((name) => name.endsWith('.swift')).sort();
  const digest = createHash('sha256').update(JSON.stringify([toolchain.id, compileArguments('')]));
  for (const source of sources) digest.update(source).update(await readFile(path.join(sourceFolder, source)));
  const entry = path.join(cacheDirectory, 'preview-kit', digest.digest('hex').slice(0, 32));
  const kit = { importPath: entry, library: path.join(entry, libraryName) };
  if (await exists(kit.library)) return kit;

  onBuild();
  const temporary = await temporaryFolder(path.dirname(entry));
  try {
    const files = sources.map((name) => path.join(sourceFolder, name));
    const result = await runTool(toolchain.swiftc, [...compileArguments(temporary), ...files], { signal, cwd: temporary });
    if (result.exitCode !== 0) {
      throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', `${toolchain.swiftc} cannot compile PreviewKit: ${result.stderr.trim()}`);
    }
    await publish(temporary, entry);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return kit;
}

function compileArguments(output: string): string[] {
  return [
    ...['-emit-library', '-emit-module', '-module-name', 'PreviewKit', '-parse-as-library', '-swift-version', '5', '-O'],
    ...(process.platform === 'darwin' ? [] : ['-Xlinker', '-soname=libPreviewKit.so']),
    ...['-emit-module-path', path.join(output, 'PreviewKit.swiftmodule'), '-o', path.join(output, libraryName)],
  ];
}

async function temporaryFolder(parent: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true });
    return await mkdtemp(path.join(parent, '.building-'));
  } catch (cause) {
    throw new HotswiftError(
      'ERR_HOTSWIFT_PROJECT',
      `the cache folder ${parent} cannot be written: ${(cause as Error).message}. Choose another with the option \`cacheDirectory\`.`,
      { cause },
    );
  }
}

/** Of two processes that build the same entry, the first to finish wins; the other's is as good. */
async function publish(temporary: string, entry: string): Promise<void> {
  try {
    await rename(temporary, entry);
  } catch (error) {
    if (await exists(path.join(entry, libraryName))) return;
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
