import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type PreviewKit, providePreviewKit } from '../../lib/compile/preview-kit.js';
import { defaultCacheDirectory } from '../../lib/project/cache-directory.js';
import { findToolchain } from '../../lib/project/toolchain.js';
import { Fixture, swiftc, toolEnvironment } from './fixture';

const run = promisify(execFile);

/** PreviewKit as sessions find it. */
export async function previewKit(): Promise<PreviewKit> {
  return providePreviewKit(await findToolchain({}, tmpdir()), defaultCacheDirectory(), () => {});
}

/**
 * What `value()` of a module returns when nothing of it was compiled before: `swiftc` makes one program of the texts, all of them in one job,
 * and a process of its own runs it. Shares nothing with a session but the compiler and PreviewKit.
 */
export async function coldValue(texts: Record<string, string>): Promise<number> {
  const { importPath, library } = await previewKit();
  const fixture = new Fixture({ ...texts, 'main.swift': 'print(value())\n' });
  const program = fixture.path('program');
  const sources = [...Object.keys(texts), 'main.swift'].map((name) => fixture.path(name));
  // Whole-module is the fastest; the verifier checks the compiler.
  const flags = ['-wmo', '-Onone', '-swift-version', '5', '-Xfrontend', '-sil-verify-none', '-I', importPath];
  const libraries = [library, '-Xlinker', '-rpath', '-Xlinker', importPath];
  await run(swiftc, [...flags, ...sources, ...libraries, '-module-name', 'Cold', '-o', program], { env: toolEnvironment });
  const { stdout } = await run(program, { env: toolEnvironment });
  await rm(path.dirname(fixture.folder), { recursive: true });
  return Number(stdout);
}
