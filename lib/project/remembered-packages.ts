import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { digestFiles } from './cache-entry.js';
import type { CacheLeases } from './cache-lease.js';
import { digestOfState, type PackageInputs } from './package-state.js';
import { isInside } from './paths.js';
import { recallPkgConfig } from './pkg-config.js';
import type { PackageDescription } from './swift-package.js';

const strings = z.array(z.string());
const remembered = z.object({
  /** See {@link digestOfState}. */
  state: z.string(),
  /** Of the products, by path: see native/file_digest.h. */
  digests: z.record(z.string(), z.string()).optional(),
  inputs: z.object({
    roots: strings,
    targetFolders: strings,
    dependencyFolders: strings,
    pluginInputs: strings,
    products: strings,
    present: strings,
    systemLibraries: z.array(z.object({ name: z.string(), words: z.object({ cflags: strings, libs: strings }).nullable() })),
    variables: strings.optional(),
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
    watch: z.object({ manifests: strings, targetFolders: strings, dependencyFolders: strings, pluginInputs: strings }),
  }),
});

/**
 * The description of the target that has `source`, an absolute path without symbolic links, as an earlier call left it in a package's folder
 * of the cache. `undefined` if there is none, or if anything that it was made of has changed since. `facts` are what must hold besides. What was damaged is
 * removed when it is looked at first, so that SwiftPM builds it again.
 */
export async function recallDescription(
  folder: string,
  source: string,
  facts: string[],
  { verified }: CacheLeases,
): Promise<PackageDescription | undefined> {
  const names = await readdir(folderIn(folder)).catch(() => []);
  for (const name of names) {
    try {
      const file = path.join(folderIn(folder), name);
      const { description, inputs, state, digests = {} } = remembered.parse(JSON.parse(await readFile(file, 'utf8')));
      if (!description.module.sources.includes(source)) continue;
      const systemLibraries = await Promise.all(inputs.systemLibraries.map(({ name }) => recallPkgConfig(name)));
      if ((await digestOfState({ ...inputs, systemLibraries, facts })) !== state) return undefined;
      if (!verified.has(file) && !(await removeDamaged(folder, digests))) return undefined;
      verified.add(file);
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
  const digests = await digestFiles(inputs.products);
  await writeFile(
    temporary,
    JSON.stringify({ state, digests: Object.fromEntries(digests), inputs, description } satisfies z.input<typeof remembered>),
  );
  await rename(temporary, file);
}

/** Resolves with whether there is nothing to remove. */
async function removeDamaged(folder: string, digests: Record<string, string>): Promise<boolean> {
  const found = await digestFiles(Object.keys(digests));
  const damaged = [...found].filter(([file, digest]) => digest !== digests[file]).map(([file]) => file);
  // What is the user's is left for SwiftPM to judge.
  await Promise.all(damaged.filter((file) => isInside(folder, file)).map((file) => rm(file, { force: true })));
  return damaged.length === 0;
}

function folderIn(folder: string): string {
  return path.join(folder, 'descriptions');
}
