import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { digestOfState, type PackageInputs } from './package-state.js';
import { recallPkgConfig } from './pkg-config.js';
import type { PackageDescription } from './swift-package.js';

const strings = z.array(z.string());
const remembered = z.object({
  /** See {@link digestOfState}. */
  state: z.string(),
  inputs: z.object({
    roots: strings,
    targetFolders: strings,
    dependencyFolders: strings,
    products: strings,
    present: strings,
    systemLibraries: z.array(z.object({ name: z.string(), words: z.object({ cflags: strings, libs: strings }).nullable() })),
    facts: strings,
  }),
  description: z.object({
    module: z.object({
      name: z.string(),
      file: z.string(),
      sources: strings,
      script: z.number().optional(),
      flags: strings,
      workingDirectory: z.string(),
      libraryPaths: strings,
      libraries: strings,
      resources: z.string().optional(),
      notInstalled: z.array(z.object({ module: z.string(), remedy: z.string() })).optional(),
    }),
    watch: z.object({ manifests: strings, targetFolders: strings, dependencyFolders: strings }),
  }),
});

/**
 * The description of the target that has `source`, an absolute path without symbolic links, as an earlier call left it in a package's folder
 * of the cache. `undefined` if there is none, or if anything that it was made of has changed since. `facts` are what must hold besides.
 */
export async function recallDescription(folder: string, source: string, facts: string[]): Promise<PackageDescription | undefined> {
  const names = await readdir(folderIn(folder)).catch(() => []);
  for (const name of names) {
    try {
      const { description, inputs, state } = remembered.parse(JSON.parse(await readFile(path.join(folderIn(folder), name), 'utf8')));
      if (!description.module.sources.includes(source)) continue;
      const systemLibraries = await Promise.all(inputs.systemLibraries.map(({ name }) => recallPkgConfig(name)));
      if ((await digestOfState({ ...inputs, systemLibraries, facts })) !== state) return undefined;
      return { ...description, module: { ...description.module, file: source } };
    } catch {
      // Damaged, of another version, or a folder is gone.
    }
  }
  return undefined;
}

/** Keeps a description for {@link recallDescription}, unless its inputs changed after `before`, milliseconds since 1970. */
export async function rememberDescription(
  folder: string,
  description: PackageDescription,
  inputs: PackageInputs,
  before: number,
): Promise<void> {
  const state = await digestOfState(inputs, before);
  if (state === undefined) return;
  await mkdir(folderIn(folder), { recursive: true });
  const file = path.join(folderIn(folder), `${description.module.name}.json`);
  const temporary = path.join(folder, `.${description.module.name}.${process.pid}`);
  await writeFile(temporary, JSON.stringify({ state, inputs, description } satisfies z.input<typeof remembered>));
  await rename(temporary, file);
}

function folderIn(folder: string): string {
  return path.join(folder, 'descriptions');
}
