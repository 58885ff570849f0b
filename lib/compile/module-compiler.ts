import path from 'node:path';
import debug from 'debug';
import { changedFiles, type SourceSnapshot, type SourceText } from '../edit/source-set.js';
import type { Diagnostic, Strategy } from '../types.js';
import { type CompiledFile, filesOf } from './compiled-file.js';
import { FormerResults } from './former-results.js';
import type { FrontendJobs, JobOptions, JobResults } from './frontend-jobs.js';
import type { DependencyIndex, EditedSlot, ModuleSlot, NativeIndexes, ObjectIndex } from './native-indexes.js';
import type { NeededSources } from './needed-sources.js';
import { plainImports } from './plain-imports.js';
import type { Slots } from './slots.js';
import { reachableFiles } from './source-reach.js';
import type { StandInModule } from './stand-in-module.js';
import { asOfUser, type Thunks, withThunk } from './thunks.js';
import type { CompileInputs } from './warm-frontend.js';

const log = debug('hotswift:compile');

/** What a compile did. */
export interface CompileResult {
  recompiled: string[];
  strategy: Strategy;
  reason: string;
  /** Whether warm frontends did all of it. */
  warm: boolean;
  diagnostics: Diagnostic[];
}

/** Files that have to be linked together; see native-indexes.ts. */
export interface FileClosure {
  files: string[];
  /** Conformances whose type and protocol both belong to other modules; `isFormer`: the file had them once. */
  foreign: { file: string; symbol: string; isFormer: boolean }[];
  /** Symbols of the module that no compiled file defines. */
  unresolved: string[];
}

/** Edits that are compiled from sources after one that a prebuilt module, or a thunk, was no way for. */
const pauseOfSplit = 8;

/** Modules that the compiler imports without being told. */
const alwaysLoaded = new Set(['Swift', '_Concurrency', '_StringProcessing']);

/**
 * Compiles a module file by file and knows the object of each.
 *
 * An edit compiles the edited files, and if the interface of one of them changed, the files that what changed can touch: `DependencyIndex` says which these
 * are. The rest of the module is read along: in large modules, when the previewed file alone was edited, as a prebuilt module that stands in for it
 * ('split'), else as sources ('same-module'). An object that was compiled against a prebuilt module is good until an interface changes: it is compiled again then, from sources.
 *
 * Nothing is remembered of a compile that failed, so the next one starts from what last worked; the first compile, of which every file that worked
 * stays, excepted.
 */
export class ModuleCompiler {
  readonly #previewed: string;
  readonly #jobs: FrontendJobs;
  readonly #objects: ObjectIndex;
  readonly #dependencies: DependencyIndex;
  readonly #standIn: StandInModule;
  readonly #thunks: Thunks | undefined;
  readonly #slots: Slots;
  readonly #needed: NeededSources;
  readonly #haveSameTokens: NativeIndexes['haveSameTokens'];
  #files = new Map<string, CompiledFile>();
  /** Sources that nothing has needed yet. */
  #pending = new Set<string>();
  #sources: SourceSnapshot = new Map();
  readonly #former = new FormerResults();
  /** See {@link FormerResults}. */
  #epoch = 0;
  /** The text of a file when an earlier session compiled the module. */
  #storedText: (file: string) => Promise<Buffer | undefined> = async () => undefined;
  #interfaces = 0;
  /** The file that was edited last, and the last of those that are not previewed. */
  #edited: { last?: string; other?: string } = {};
  /** Edits to come that are not worth trying against a prebuilt module. */
  #splitPause = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    previewed: string,
    jobs: FrontendJobs,
    indexes: { slots: Slots; objects: ObjectIndex; dependencies: DependencyIndex },
    needed: NeededSources,
    standIn: StandInModule,
    thunks: Thunks | undefined,
    haveSameTokens: NativeIndexes['haveSameTokens'],
  ) {
    this.#haveSameTokens = haveSameTokens;
    this.#previewed = previewed;
    this.#jobs = jobs;
    this.#slots = indexes.slots;
    this.#objects = indexes.objects;
    this.#dependencies = indexes.dependencies;
    this.#needed = needed;
    this.#standIn = standIn;
    this.#thunks = thunks;
  }

  /** The newest results, by source. */
  get files(): ReadonlyMap<string, CompiledFile> {
    return this.#files;
  }

  /** Counts the changes of interfaces. */
  get interfaces(): number {
    return this.#interfaces;
  }

  /** The texts of the last compile that succeeded. */
  get sources(): SourceSnapshot {
    return this.#sources;
  }

  /** Sources that are not compiled yet, because nothing that was drawn needs them. */
  get pending(): ReadonlySet<string> {
    return this.#pending;
  }

  /** Everything that the compiler read besides the module's sources: modules and headers. */
  get externalDependencies(): string[] {
    return this.#dependencies.externalDependencies();
  }

  /**
   * Starts from results that an earlier session left. `objects`: those of a stable library, of which some may be older. `storedText`: what they were compiled
   * from; `sources`: what there is now. Rejects if they cannot be read.
   */
  async restore(
    files: ReadonlyMap<string, CompiledFile>,
    objects: ReadonlyMap<string, string>,
    storedText: (file: string) => Promise<Buffer | undefined>,
    sources: SourceSnapshot,
  ): Promise<void> {
    await this.#inTurn(async () => {
      const older = [...objects].filter(([file, object]) => files.get(file)?.object !== object);
      await this.#objects.set(older.map(([file, object]) => ({ slot: this.#slots.of(file), path: object })));
      this.#storedText = storedText;
      await this.#commit(files, [], sources);
    });
  }

  /** Forgets everything: files of it are gone. */
  async forget(): Promise<void> {
    await this.#inTurn(async () => {
      const all = [...this.#files.keys()];
      this.#jobs.forgetCopies();
      this.#pending.clear();
      this.#former.clear();
      this.#sources = new Map();
      this.#storedText = async () => undefined;
      this.#interfaces += 1;
      await this.#commit(new Map(), all, this.#sources, this.#former.nextEpoch());
    });
  }

  /**
   * Brings the objects up to the sources. `outdated`: modules and headers of others that are not what they were. Rejects with ERR_HOTSWIFT_COMPILE if the sources
   * are at fault.
   */
  async compile(sources: SourceSnapshot, options: JobOptions = {}, outdated: readonly string[] = []): Promise<CompileResult> {
    return this.#inTurn(async () => {
      const isFirst = this.#files.size === 0;
      const result = isFirst ? await this.#compileFirst(sources, options) : await this.#compileEdit(sources, options, outdated);
      this.#sources = sources;
      this.#former.noteTexts(sources, this.#epoch, this.#files.values());
      return result;
    });
  }

  /**
   * Compiles what nothing has needed so far, in the background or because it is needed now. Resolves with the files that were compiled; fewer than
   * all if an interface changed meanwhile. Rejects with ERR_HOTSWIFT_COMPILE if one of them is at fault.
   */
  async compilePending(options: JobOptions = {}): Promise<string[]> {
    return this.#compileBeside([...this.#pending], options, (file) => this.#pending.has(file));
  }

  /** Sources that were compiled together with others, in the order of the module: of those more is compiled after an edit than has to be. */
  get accompanied(): string[] {
    return [...this.#files].filter(([, { alongside }]) => alongside.length > 0).map(([file]) => file);
  }

  /** Compiles alone, in the background, what was compiled together. Resolves and rejects as `compilePending`. */
  async compileAlone(options: JobOptions): Promise<string[]> {
    const isWanted = (file: string) => (this.#files.get(file)?.alongside.length ?? 0) > 0;
    return this.#compileBeside(this.accompanied, { ...options, alone: true }, isWanted);
  }

  /** Compiles files whose texts stay what they are. */
  async #compileBeside(files: readonly string[], options: JobOptions, isWanted: (file: string) => boolean): Promise<string[]> {
    const interfaces = this.#interfaces;
    const compiled: string[] = [];
    const onCompiled = (made: ReadonlyMap<string, CompiledFile>) =>
      this.#inTurn(async () => {
        if (interfaces !== this.#interfaces) return;
        const isNewest = (file: string, digest: string) => isWanted(file) && this.#sources.get(file)?.digest === digest;
        const wanted = new Map([...made].filter(([file, { digest }]) => isNewest(file, digest)));
        await this.#commit(wanted, [], this.#sources);
        compiled.push(...wanted.keys());
      });
    const { failure } = await this.#jobs.compile(files, this.#sources, undefined, { ...options, onCompiled });
    if (failure !== undefined) throw failure;
    return compiled;
  }

  /**
   * Starts a frontend for another edit of the file that was edited last, and, with `all`, one for the other file that is likely to be edited next.
   * Resolves when they wait for it, or when a compile came in between.
   */
  async warmUp({ all }: { all: boolean }): Promise<void> {
    const edits = await this.#likelyEdits();
    await this.#jobs.warmUp(edits, all ? edits.length : 1, this.#sources);
  }

  /** Looks through the sources, so that compiles to come read no more of them than they need. */
  async lookThroughSources(signal: AbortSignal): Promise<void> {
    if (this.#pending.size === 0) await this.#needed.prepare(this.#sources, signal);
  }

  /**
   * Rejects with ERR_HOTSWIFT_COMPILE if the compiler refuses the previewed file as it is: arithmetic with literals is checked in texts where they are not
   * read from elsewhere. Nothing comes of it otherwise.
   */
  async check(sources: SourceSnapshot, options: JobOptions): Promise<void> {
    if (this.#files.get(this.#previewed)?.literals === undefined) return;
    const { failure } = await this.#jobs.compile([this.#previewed], sources, undefined, { ...options, attempt: 'second' });
    if (failure !== undefined) throw failure;
  }

  /** What has to be linked together with these files, as far as it is compiled. */
  async closure(files: Iterable<string>): Promise<FileClosure> {
    const { slots, foreign, unresolved } = await this.#objects.closure([...files].map((file) => this.#slots.of(file)));
    return {
      files: this.#slots.files(slots),
      foreign: foreign.map(({ slot, ...conformance }) => ({ file: this.#slots.files([slot])[0] ?? '', ...conformance })),
      unresolved,
    };
  }

  /** Whether another file uses something that a file declares. */
  async hasUsers(file: string): Promise<boolean> {
    return (await this.#usersOf([file])).length > 0;
  }

  /** The newest results, without those of some files and of what uses them: nothing that is left needs what is left out. */
  async without(files: Iterable<string>): Promise<Map<string, CompiledFile>> {
    return this.#inTurn(async () => {
      const left = new Set((await this.closure(files)).files);
      return new Map([...this.#files].filter(([file]) => !left.has(file)));
    });
  }

  /** Deletes what no result needs, apart from these files. */
  async discard(inUse: Iterable<string>): Promise<void> {
    const results = [...this.#files.values(), ...this.#former.all];
    await this.#jobs.discard([...inUse, ...results.flatMap(filesOf)]);
  }

  /** What the compile of the next edit is likely to read, the likeliest first: of the previewed file, and of the other one that was edited last. */
  async #likelyEdits(): Promise<CompileInputs[]> {
    const sources = this.#sources;
    const edited = [...new Set([this.#edited.last, this.#previewed, this.#edited.other])]
      .filter((file) => file !== undefined)
      .filter((file) => this.#files.has(file) && path.basename(file) !== 'main.swift');
    const inputs = edited.map(async (file) => {
      const module = this.#standIn.for([file], sources);
      if (module !== undefined) return { file, sources, modules: [module] };
      return { file, sources: (await this.#select([file], [], sources)) ?? sources };
    });
    return Promise.all(inputs);
  }

  /** The sources that a compile of these files needs; `undefined`: all. `edited`: others that may declare something else than is known. */
  async #select(files: readonly string[], edited: readonly string[], sources: SourceSnapshot): Promise<SourceSnapshot | undefined> {
    return this.#pending.size === 0 ? this.#needed.select(files, edited, sources) : undefined;
  }

  async #compileFirst(sources: SourceSnapshot, options: JobOptions): Promise<CompileResult> {
    const wanted = await reachableFiles(sources, this.#previewed);
    const results = await this.#compileWithLiterals(wanted, sources, options);
    const chosen = new Set(wanted);
    this.#pending = new Set([...sources.keys()].filter((file) => !chosen.has(file)));
    // Those that could be compiled were compiled with the texts of the others as they are: their users are found when these change.
    await this.#commit(results.files, [], sources);
    if (results.failure !== undefined) throw results.failure;
    const reason = this.#pending.size === 0 ? 'nothing was compiled yet' : 'nothing was compiled yet: what the preview reaches comes first';
    return { recompiled: wanted, strategy: 'whole-module', reason, warm: results.warm, diagnostics: results.diagnostics };
  }

  async #compileEdit(sources: SourceSnapshot, options: JobOptions, outdated: readonly string[]): Promise<CompileResult> {
    // What was made with other headers is of no use.
    if (outdated.length > 0) this.#former.clear();
    const readers = new Set(this.#slots.files(this.#dependencies.readersOf(outdated)));
    const removed = [...this.#files.keys()].filter((file) => !sources.has(file));
    // What was compiled so far may use what a file that was not compiled yet said: such a file counts as new once it says something else.
    for (const file of this.#pending) if (this.#sources.get(file)?.digest !== sources.get(file)?.digest) this.#pending.delete(file);
    const different = new Set([...changedFiles(sources, this.#files), ...readers]);
    const changed = [...sources.keys()].filter((file) => different.has(file) && !this.#pending.has(file));
    const returned = await this.#returnToEpoch(sources, changed, removed, options);
    if (returned !== undefined) return returned;
    const takenBack = this.#formerResults(changed, sources, this.#epoch);
    const respaced = await this.#respaced(
      changed.filter((file) => !readers.has(file)),
      sources,
    );
    const known = new Map([...respaced, ...takenBack]);
    const edited = changed.filter((file) => !known.has(file));
    if (edited.length === 0 && removed.length === 0) {
      await this.#commit(known, [], sources);
      return { recompiled: [], strategy: 'same-module', reason: withoutCompile(takenBack, respaced), warm: false, diagnostics: [] };
    }

    for (const last of edited) this.#edited = last === this.#previewed ? { ...this.#edited, last } : { last, other: last };
    const split = removed.length === 0 ? await this.#compileSplit(edited, sources, options) : undefined;
    // If a trial has failed already, it is for the text itself to say whether it is at fault.
    const isRefused = split === 'refused';
    const first = isRefused || split === undefined ? await this.#compileFromSources(edited, [], sources, options, isRefused) : split;
    if (isRefused) this.#splitPause = pauseOfSplit;
    const isSplit = first === split;
    const change = await this.#interfaceChange(first.files, removed, sources);
    if (change === undefined && readers.size === 0) {
      await this.#commit(new Map([...known, ...this.#withFormerModules(first.files)]), [], sources);
      const reason = `no interface changed: only ${names(edited)} compiled`;
      const strategy = isSplit ? 'split' : 'same-module';
      return { recompiled: edited, strategy, reason, warm: first.warm, diagnostics: first.diagnostics };
    }

    const against = [...this.#files].filter(([, { fromSources }]) => !fromSources).map(([file]) => file);
    const affected = [...new Set([...(change?.dependents ?? []), ...against, ...takenBack.keys()])].filter(
      (file) => !edited.includes(file) && sources.has(file) && !this.#pending.has(file),
    );
    const rest = isSplit ? [...edited, ...affected] : affected;
    const second = await this.#compileFromSources(rest, edited, sources, options);
    this.#interfaces += 1;
    await this.#commit(new Map([...respaced, ...first.files, ...second.files]), removed, sources, this.#former.nextEpoch());
    return {
      recompiled: [...edited, ...affected],
      strategy: 'same-module',
      reason: readers.size > 0 ? `${names(outdated)} changed` : explain(change?.names ?? [], affected.length),
      warm: first.warm && second.warm,
      diagnostics: isSplit ? second.diagnostics : [...first.diagnostics, ...second.diagnostics],
    };
  }

  /** The edited files alone, a prebuilt module standing in for the others; `undefined` if that is no way, and `refused` if it did not work. */
  async #compileSplit(
    edited: readonly string[],
    sources: SourceSnapshot,
    options: JobOptions,
  ): Promise<JobResults | 'refused' | undefined> {
    const known = edited.every((file) => this.#files.has(file)) && this.#pending.size === 0;
    const module = known ? this.#standIn.for(edited, sources) : undefined;
    if (module === undefined) return undefined;
    if (this.#splitPause > 0) {
      this.#splitPause -= 1;
      return undefined;
    }
    const thunk = await this.#thunks?.make(sources);
    const texts = thunk === undefined ? sources : withThunk(sources, thunk);
    const results = await this.#jobs.compile(edited, texts, [module], thunk === undefined ? options : { ...options, attempt: 'first' });
    if (results.failure !== undefined) {
      // Whose fault it is, the sources tell.
      log('against a prebuilt module: %s', results.failure.message);
      return 'refused';
    }
    if (thunk === undefined) return results;
    this.#thunks?.accept();
    return asOfUser(results, thunk);
  }

  /** `edited`: see {@link NeededSources}. `isPlain`: as the texts are, and all of them, by frontends that have read nothing before. */
  async #compileFromSources(
    files: readonly string[],
    edited: readonly string[],
    sources: SourceSnapshot,
    options: JobOptions,
    isPlain = false,
  ): Promise<JobResults> {
    if (files.length === 0) return { files: new Map(), diagnostics: [], warm: true };
    const results = isPlain
      ? await this.#jobs.compile(files, sources, undefined, { ...options, attempt: 'second' })
      : await this.#compileNeeded(files, edited, sources, options);
    if (results.failure !== undefined) throw results.failure;
    return results;
  }

  /** Lets the compiler read what it needs, and all sources if it does not compile that way. */
  async #compileNeeded(
    files: readonly string[],
    edited: readonly string[],
    sources: SourceSnapshot,
    options: JobOptions,
  ): Promise<JobResults> {
    const needed = await this.#select(files, edited, sources);
    if (needed === undefined) return this.#compileWithLiterals(files, sources, options);
    log('%s: %d of %d sources are needed', names(files), needed.size, sources.size);
    const thunk = files.includes(this.#previewed) ? await this.#thunks?.make(sources) : undefined;
    const texts = thunk === undefined ? needed : withThunk(needed, thunk);
    const first = await this.#jobs.compile(files, texts, undefined, { ...options, attempt: 'first' });
    if (first.failure === undefined) {
      if (thunk === undefined) return first;
      this.#thunks?.accept();
      return asOfUser(first, thunk);
    }
    log('with what seemed to be needed: %s', first.failure.message);
    if (thunk !== undefined) {
      // The thunk may be at fault.
      const others = await this.#compileWithLiterals(files, sources, options);
      if (others.files.get(this.#previewed)?.literals !== undefined) this.#needed.doubt(files);
      return others;
    }
    const second = await this.#jobs.compile(files, sources, undefined, { ...options, attempt: 'second' });
    const isAtFault = (first.failure.diagnostics ?? []).length > 0;
    if (second.failure === undefined && isAtFault) this.#needed.doubt(files);
    return second;
  }

  /** Compiles from sources, and so that the literals of the previewed file can be edited, if it compiles that way. */
  async #compileWithLiterals(files: readonly string[], sources: SourceSnapshot, options: JobOptions): Promise<JobResults> {
    const thunk = files.includes(this.#previewed) ? await this.#thunks?.make(sources) : undefined;
    if (thunk === undefined) return this.#jobs.compile(files, sources, undefined, options);
    const trial = await this.#jobs.compile(files, withThunk(sources, thunk), undefined, { ...options, attempt: 'first' });
    const first = asOfUser(trial, thunk);
    if (first.files.has(this.#previewed)) this.#thunks?.accept();
    if (trial.failure === undefined) return first;
    const rest = files.filter((file) => !first.files.has(file));
    const second = await this.#jobs.compile(rest, sources, undefined, { ...options, attempt: 'second' });
    if (second.files.has(this.#previewed)) this.#thunks?.refuse(thunk, trial.failure.diagnostics ?? []);
    return {
      files: new Map([...first.files, ...second.files]),
      // Of the trial, what it says about files that have compiled; of the others the second one speaks.
      diagnostics: [...first.diagnostics.filter(({ file }) => first.files.has(file)), ...second.diagnostics],
      warm: false,
      failure: second.failure,
    };
  }

  /** Whether what the files offer the rest of the module is another now, and who uses what changed. */
  async #interfaceChange(
    compiled: ReadonlyMap<string, CompiledFile>,
    removed: readonly string[],
    sources: SourceSnapshot,
  ): Promise<{ names: string[]; dependents: string[] } | undefined> {
    const entries: EditedSlot[] = await Promise.all(
      [...compiled].map(async ([file, { dependencies }]) => ({
        slot: this.#slots.of(file),
        path: dependencies,
        before: await this.#textBefore(file),
        after: sources.get(file)?.bytes,
      })),
    );
    for (const file of removed) {
      entries.push({ slot: this.#slots.of(file), path: null, before: await this.#textBefore(file), after: Buffer.alloc(0) });
    }
    const { changed, names, dependents, imports } = await this.#dependencies.compare(entries);
    const edited = new Set([...compiled.keys(), ...removed]);
    const others = [...this.#files.keys()].filter((file) => !edited.has(file));
    // Members of a module are visible everywhere as soon as one file imports it: this was the only one, or now is.
    const lonely = imports.filter((module) => !alwaysLoaded.has(module) && !others.some((file) => isImportedBy(sources.get(file), module)));
    if (changed.length === 0 && lonely.length === 0) return undefined;
    const affected = lonely.length === 0 ? this.#slots.files(dependents) : others;
    return { names: [...names, ...lonely], dependents: affected };
  }

  /** The text that others were compiled with; `undefined` if it is not known. */
  async #textBefore(file: string): Promise<Buffer | undefined> {
    if (this.#sources.size === 0) return this.#storedText(file);
    return this.#sources.get(file)?.bytes ?? Buffer.alloc(0);
  }

  /** The slots of other files that use anything that these declare. */
  async #usersOf(files: readonly string[]): Promise<number[]> {
    if (files.length === 0) return [];
    // Without the files, all that they declare is gone.
    return (await this.#dependencies.compare(files.map((file) => ({ slot: this.#slots.of(file), path: null })))).dependents;
  }

  /** The results, each with the module that there was: it says the same, and others were made of it. */
  #withFormerModules(compiled: ReadonlyMap<string, CompiledFile>): Map<string, CompiledFile> {
    return new Map([...compiled].map(([file, made]) => [file, { ...made, module: this.#files.get(file)?.module ?? made.module }]));
  }

  /** Earlier results of texts as these are, of files whose results were good in an epoch. */
  #formerResults(files: readonly string[], sources: SourceSnapshot, epoch: number): Map<string, CompiledFile> {
    const found = new Map<string, CompiledFile>();
    for (const file of files) {
      const result = this.#former.find(file, sources.get(file)?.digest, epoch);
      if (result !== undefined) found.set(file, result);
    }
    return found;
  }

  /**
   * If the module had these texts before: takes back what it had then, and compiles what was not kept of it. Another branch comes back at once, and so
   * does the one before it.
   */
  async #returnToEpoch(
    sources: SourceSnapshot,
    changed: readonly string[],
    removed: readonly string[],
    options: JobOptions,
  ): Promise<CompileResult | undefined> {
    if (changed.length === 0 || this.#pending.size > 0) return undefined;
    const epoch = this.#former.epochOf(sources);
    if (epoch === undefined || epoch === this.#epoch) return undefined;
    const others = [...sources.keys()].filter((file) => {
      const made = this.#files.get(file);
      return made === undefined || made.digest !== sources.get(file)?.digest || !this.#former.isGoodIn(made, epoch);
    });
    const takenBack = this.#formerResults(others, sources, epoch);
    const missing = others.filter((file) => !takenBack.has(file));
    const compiled = await this.#compileFromSources(missing, [...takenBack.keys()], sources, options);
    this.#interfaces += 1;
    await this.#commit(new Map([...takenBack, ...compiled.files]), removed, sources, epoch);
    const { warm, diagnostics } = compiled;
    const rest = missing.length === 0 ? '' : `; of ${names(missing)} nothing was kept`;
    return { recompiled: missing, strategy: 'same-module', reason: `the module had these texts before${rest}`, warm, diagnostics };
  }

  /** The results of files that say what they said, in the same places: spaces and comments differ. The literals of the previewed one are elsewhere then. */
  async #respaced(files: readonly string[], sources: SourceSnapshot): Promise<Map<string, CompiledFile>> {
    const found = new Map<string, CompiledFile>();
    for (const file of files) {
      const [made, before, after] = [this.#files.get(file), await this.#textBefore(file), sources.get(file)];
      if (file === this.#previewed || made === undefined || before === undefined || after === undefined) continue;
      if (await this.#haveSameTokens(before, after.bytes)) found.set(file, { ...made, digest: after.digest });
    }
    return found;
  }

  /** Takes results over, and what was removed out. `epoch`: the one that begins with it, or comes back, in which other results stay good. */
  async #commit(
    compiled: ReadonlyMap<string, CompiledFile>,
    removed: readonly string[],
    sources: SourceSnapshot,
    epoch = this.#epoch,
  ): Promise<void> {
    const emptied: ModuleSlot[] = removed.map((file) => ({ slot: this.#slots.of(file), path: null }));
    const objects = [...compiled].map(([file, { object }]) => ({ slot: this.#slots.of(file), path: object }));
    const noted = await Promise.all(
      [...compiled].map(async ([file, { dependencies, alongside, digest }]) => {
        const source = sources.get(file);
        const text = source?.digest === digest ? source.bytes : await this.#storedText(file);
        return { slot: this.#slots.of(file), path: dependencies, alongside, text };
      }),
    );
    await Promise.all([this.#objects.set([...emptied, ...objects]), this.#dependencies.set([...emptied, ...noted])]);
    this.#epoch = epoch;
    for (const file of removed) this.#files.delete(file);
    for (const [file, made] of compiled) {
      const before = this.#files.get(file);
      if (before !== undefined) this.#former.keep(file, before, made);
      this.#files.set(file, made);
      this.#pending.delete(file);
    }
    this.#former.note(this.#files.values(), epoch);
    this.#standIn.update(this.#files);
    this.#needed.changed([...compiled.keys(), ...removed]);
  }

  /** One change of the results at a time. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** Whether a file imports a module for certain. */
function isImportedBy(source: SourceText | undefined, module: string): boolean {
  return source?.bytes.includes(module) === true && plainImports(source.bytes.toString()).includes(module);
}

function names(files: readonly string[]): string {
  return files.map((file) => path.basename(file)).join(', ');
}

/** Why an edit needs no compiler. */
function withoutCompile(takenBack: ReadonlyMap<string, CompiledFile>, respaced: ReadonlyMap<string, CompiledFile>): string {
  const reasons: string[] = [];
  if (takenBack.size > 0) reasons.push(`${names([...takenBack.keys()])} had this text before`);
  if (respaced.size > 0) reasons.push(`in ${names([...respaced.keys()])} spaces and comments changed`);
  return reasons.join('; ') || 'nothing that was needed so far changed';
}

function explain(changed: readonly string[], dependents: number): string {
  const shown = changed.slice(0, 3).join(', ');
  const what = `the interface of ${shown}${changed.length > 3 ? ` and ${changed.length - 3} more` : ''} changed`;
  if (dependents === 0) return `${what}; no other file uses it`;
  return `${what}: the ${dependents === 1 ? 'file that uses it' : `${dependents} files that use it`} compiled as well`;
}
