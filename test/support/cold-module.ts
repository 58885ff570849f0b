import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type PreviewKit, providePreviewKit } from '../../lib/compile/preview-kit.js';
import { defaultCacheDirectory } from '../../lib/project/cache-directory.js';
import { findToolchain, type Toolchain } from '../../lib/project/toolchain.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture, swiftc, toolEnvironment } from './fixture';
import { moduleOfTexts } from './texts-of-module';

const run = promisify(execFile);

/** Asked once for all tests of a file. */
let compiler: Promise<Toolchain> | undefined;
function toolchain(): Promise<Toolchain> {
  compiler ??= findToolchain({}, tmpdir());
  return compiler;
}

/** PreviewKit as sessions find it. */
export async function previewKit(): Promise<PreviewKit> {
  loadAddon();
  return providePreviewKit(await toolchain(), defaultCacheDirectory(), () => {});
}

// Whole-module is the fastest; the verifier checks the compiler.
const wholeModule = ['-wmo', '-Onone', '-Xfrontend', '-sil-verify-none'];

/**
 * What `value()` of a module returns when nothing of it was compiled before: `swiftc` makes one program of the texts, all of them in one job,
 * and a process of its own runs it. Shares nothing with a session but the compiler and PreviewKit.
 *
 * The answer is kept in the cache folder, under a digest of all that it comes of: the texts, the flags, the compiler, and PreviewKit.
 */
export async function coldValue(texts: Record<string, string>): Promise<number> {
  const kit = await previewKit();
  // The name of PreviewKit's entry is a digest of its sources.
  const origin = JSON.stringify([(await toolchain()).id, path.basename(kit.importPath), wholeModule, texts]);
  const digest = createHash('sha256').update(origin).digest('hex');
  const kept = path.join(defaultCacheDirectory(), 'tests', 'cold-values', digest);
  const known = readIfThere(kept);
  if (known !== undefined) return Number(known);

  const value = await compileAndRun(texts, kit);
  mkdirSync(path.dirname(kept), { recursive: true });
  // A run that is killed leaves no half of a number.
  writeFileSync(`${kept} ${process.pid}`, String(value));
  renameSync(`${kept} ${process.pid}`, kept);
  return value;
}

async function compileAndRun(texts: Record<string, string>, { importPath, library }: PreviewKit): Promise<number> {
  const all = { ...texts, 'main.swift': 'print(value())\n' };
  const fixture = new Fixture(all);
  const program = fixture.path('program');
  const { sources, flags = [], importPaths = [] } = moduleOfTexts('Cold', fixture, all);
  const folders = [importPath, ...importPaths].flatMap((folder) => ['-I', folder]);
  const libraries = [library, '-Xlinker', '-rpath', '-Xlinker', importPath];
  const args = [...wholeModule, ...flags, ...folders, ...sources, ...libraries, '-module-name', 'Cold', '-o', program];
  await run(swiftc, args, { env: toolEnvironment });
  const { stdout } = await run(program, { env: toolEnvironment });
  await rm(path.dirname(fixture.folder), { recursive: true });
  if (!/^-?\d+\n$/.test(stdout)) throw new Error(`value() of a cold module printed ${stdout}`);
  return Number(stdout);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
