import { createHash } from 'node:crypto';
import { copyFile, link, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { SourceSnapshot } from '../edit/source-set.js';
import { type FileDigests, finishedEntries, isWholeEntry, makeEntry, removeOldEntries, verifyEntry } from '../project/cache-entry.js';
import type { CacheLeases, ContentLabel } from '../project/cache-lease.js';
import type { CompiledFile } from './compiled-file.js';
import { type ExternalFile, type ExternalFiles, isUnchanged } from './external-files.js';
import type { StableLibrary } from './stable-library.js';
import type { MergedModule } from './stand-in-module.js';

/** Everything that was made of a module at one moment: its base. */
export interface StoredModule {
  files: ReadonlyMap<string, CompiledFile>;
  library?: StableLibrary;
  standIn?: MergedModule;
}

/** A base that an earlier session left. */
export interface RestoredModule extends StoredModule {
  /** What a file was compiled from; `undefined` for one that was not compiled. */
  textOf(file: string): Promise<Buffer | undefined>;
}

/** States of one module that are kept, besides those in use: they share the files that are equal. */
const keptStates = 4;

/** By which it was decided what is good. What was made by other rules is not used. */
const rules = 'files are compiled for names and types that changed, of whatever libraries';

const descriptionName = 'module.json';
const standInName = 'stand-in.swiftmodule';
const literals = z.object({
  first: z.number(),
  literals: z.array(z.object({ kind: z.enum(['integer', 'float', 'boolean', 'string']), start: z.number(), end: z.number() })),
});
const description = z.object({
  externals: z.array(z.tuple([z.string(), z.number(), z.number()])),
  files: z.array(
    z.object({
      file: z.string(),
      digest: z.string(),
      fromSources: z.boolean(),
      inLibrary: z.enum(['no', 'older', 'same']),
      literals: literals.optional(),
      remark: z.string().optional(),
      alongside: z.array(z.string()),
    }),
  ),
  library: z.object({ name: z.string(), linkedWith: z.string() }).optional(),
  standIn: z.array(z.number()).optional(),
});
type Description = z.infer<typeof description>;

/** In the order of `Description.files`. */
const stemOf = (index: number) => String(index);
/** The text that was compiled. */
const textOf = (index: number) => `${stemOf(index)}.text`;
/** What the library was linked from, where that is another object than the newest. */
const olderObjectOf = (index: number) => `${stemOf(index)}.library.o`;

/**
 * Keeps what was made of a module from one session to the next. A state is a folder that is written once and named after the texts; what two states
 * have in common, they share as hard links. A state that is damaged, or older than a module or header it was compiled against, is not used.
 */
export class ModuleStore {
  readonly #folder: string;
  readonly #externals: ExternalFiles;
  readonly #leases: CacheLeases;
  readonly #label: ContentLabel;
  /** Of the state that the session started from, and uses. */
  #digests: FileDigests = new Map();

  /**
   * `identity`: everything that results depend on besides the texts, such as compiler and flags. `externals`: what they are made with. `leases`: what is
   * loaded is used until they end.
   */
  constructor(cacheDirectory: string, identity: readonly string[], externals: ExternalFiles, leases: CacheLeases, label: ContentLabel) {
    this.#folder = path.join(cacheDirectory, 'modules', digestOf([...identity, rules]));
    this.#externals = externals;
    this.#leases = leases;
    this.#label = label;
  }

  /**
   * What was kept for these texts, else for the newest ones before. `restore` is to read it while it is looked at for damage; `forget` is called if it turns out
   * to be of no use, before the next is tried.
   */
  async load(
    sources: SourceSnapshot,
    { restore, forget }: { restore(stored: RestoredModule): Promise<void>; forget(): Promise<void> },
  ): Promise<StoredModule | undefined> {
    const key = keyOf([...sources.values()].map(({ file, digest }) => [file, digest]));
    const entries = await finishedEntries(this.#folder);
    const exact = entries.filter((entry) => path.basename(entry).startsWith(key));
    for (const entry of [...exact, ...entries.filter((other) => !exact.includes(other))]) {
      // What cannot be used is told apart before all of it is read.
      const stored = await read(entry).catch(() => undefined);
      if (stored === undefined || !(await this.#leases.hold(entry, this.#label))) continue;
      const [digests, isRestored] = await Promise.all([
        verifyEntry(entry),
        restore(stored).then(
          () => true,
          () => false,
        ),
      ]);
      if (digests === undefined || !isRestored) {
        await forget();
        continue;
      }
      this.#digests = digests;
      this.#externals.restore(stored.externals);
      return stored;
    }
    return undefined;
  }

  /**
   * `texts`: what the files were compiled from. Rejects with ERR_HOTSWIFT_PROJECT if the cache cannot be written. Keeps nothing that is older than a module or
   * header it was made with.
   */
  async save(stored: StoredModule, texts: ReadonlyMap<string, Buffer>): Promise<void> {
    const externals = this.#externals.all;
    if (!externals.every(isUnchanged)) return;
    const { files, library, standIn } = stored;
    const key = keyOf([...files].map(([file, { digest }]) => [file, digest]));
    const areAlone = [...files.values()].every(({ alongside }) => alongside.length === 0);
    const completeness = `${library?.linkedWith ?? 0}${standIn === undefined ? 0 : 1}${areAlone ? 1 : 0}`;
    const entry = path.join(this.#folder, `${key}-${completeness}`);
    if (await isWholeEntry(entry)) return;
    await makeEntry(entry, { label: this.#label, build: (folder) => this.#write(stored, texts, externals, folder) });
    await removeOldEntries(this.#folder, keptStates);
  }

  /** Resolves with what is known of files that come from the state that was loaded. */
  async #write(
    { files, library, standIn }: StoredModule,
    texts: ReadonlyMap<string, Buffer>,
    externals: ExternalFile[],
    folder: string,
  ): Promise<FileDigests> {
    const known = new Map<string, string>();
    const share = async (from: string, name: string) => {
      const to = path.join(folder, name);
      // Other states may have the same file; across file systems it is copied.
      await link(from, to).catch(() => copyFile(from, to));
      const digest = this.#digests.get(from);
      if (digest !== undefined) known.set(to, digest);
    };
    const noted = new Map([...files.values()].map(({ dependencies }, index) => [dependencies, `${stemOf(index)}.swiftdeps`]));
    // Of files that have other results by now.
    for (const other of [...files.values()].flatMap(({ alongside }) => alongside)) {
      if (!noted.has(other)) noted.set(other, `${noted.size}.swiftdeps`);
    }
    for (const [from, name] of noted) await share(from, name);
    for (const [index, [file, { object, module }]] of [...files].entries()) {
      const stem = stemOf(index);
      const text = texts.get(file);
      await Promise.all([share(object, `${stem}.o`), share(module, `${stem}.swiftmodule`)]);
      if (text !== undefined) await writeFile(path.join(folder, textOf(index)), text);
    }
    const positions = new Map([...files.values()].map(({ module }, index) => [module, index]));
    if (standIn !== undefined) await share(standIn.module, standInName);
    for (const [index, [file, { object }]] of [...files].entries()) {
      const older = library?.objects.get(file) ?? object;
      if (older !== object) await share(older, olderObjectOf(index));
    }
    if (library !== undefined) await share(library.path, path.basename(library.path));
    const written: Description = {
      externals,
      files: [...files].map(([file, { object, digest, fromSources, literals, remark, alongside }]) => ({
        file,
        digest,
        fromSources,
        literals,
        remark,
        alongside: alongside.flatMap((other) => noted.get(other) ?? []),
        inLibrary: !library?.objects.has(file) ? 'no' : library.objects.get(file) === object ? 'same' : 'older',
      })),
      library: library && { name: path.basename(library.path), linkedWith: library.linkedWith },
      standIn: standIn?.members.flatMap((member) => positions.get(member) ?? []),
    };
    await writeFile(path.join(folder, descriptionName), JSON.stringify(written));
    return known;
  }
}

async function read(entry: string): Promise<(RestoredModule & { externals: ExternalFile[] }) | undefined> {
  const { externals, files, library, standIn } = description.parse(JSON.parse(await readFile(path.join(entry, descriptionName), 'utf8')));
  if (!externals.every(isUnchanged)) return undefined;
  const compiled = files.map(({ file, inLibrary, alongside, ...made }, index): [string, CompiledFile] => {
    const stem = path.join(entry, stemOf(index));
    const others = alongside.map((name) => path.join(entry, path.basename(name)));
    return [file, { ...made, alongside: others, object: `${stem}.o`, dependencies: `${stem}.swiftdeps`, module: `${stem}.swiftmodule` }];
  });
  const contents = files.flatMap(({ file, inLibrary }, index): [string, string][] => {
    if (inLibrary === 'no') return [];
    return [[file, path.join(entry, inLibrary === 'same' ? `${stemOf(index)}.o` : olderObjectOf(index))]];
  });
  const positions = new Map(files.map(({ file }, index) => [file, index]));
  return {
    externals,
    files: new Map(compiled),
    textOf: async (file) => {
      const index = positions.get(file);
      return index === undefined ? Buffer.alloc(0) : readFile(path.join(entry, textOf(index))).catch(() => undefined);
    },
    library: library && { path: path.join(entry, path.basename(library.name)), objects: new Map(contents), linkedWith: library.linkedWith },
    standIn: standIn && {
      members: standIn.flatMap((member) => compiled[member]?.[1].module ?? []),
      module: path.join(entry, standInName),
    },
  };
}

function keyOf(texts: readonly (readonly [string, string])[]): string {
  return digestOf([...texts].sort(([one], [other]) => (one < other ? -1 : 1)).flat());
}

function digestOf(parts: readonly string[]): string {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part).update('\0');
  return digest.digest('hex').slice(0, 32);
}
