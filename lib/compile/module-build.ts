import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import debug from 'debug';
import { literalEdits } from '../edit/literals.js';
import { changedFiles, type SourceSnapshot, sameTexts } from '../edit/source-set.js';
import { type HotswiftError, isHotswiftError } from '../errors.js';
import type { ModuleDescription } from '../project/module.js';
import type { Progress } from '../types.js';
import { BackgroundRounds } from './background-rounds.js';
import type { CompiledFile, CompiledLiterals } from './compiled-file.js';
import type { ExternalFiles } from './external-files.js';
import type { FrontendJobs, JobOptions } from './frontend-jobs.js';
import type { CompileResult, ModuleCompiler } from './module-compiler.js';
import type { ModuleStore } from './module-store.js';
import type { ObjectVersions } from './native-indexes.js';
import type { PatchTrials } from './patch-trials.js';
import { type GenerationFacts, isWorthPatching, planGeneration } from './planner.js';
import { mayHaveSetup } from './source-reach.js';
import { StableLibraries } from './stable-libraries.js';
import type { LinkOptions, StableLibrary } from './stable-library.js';
import type { StandInModule } from './stand-in-module.js';
import type { Thunks } from './thunks.js';

/** What a generation is linked from. */
export interface BuiltGeneration extends CompileResult {
  compiled: CompileResult;
  /** By source, in the order of the module: the objects to link. */
  objects: ReadonlyMap<string, string>;
  /** Those of the previewed file that can be set. */
  literals?: CompiledLiterals;
  /** To be loaded before. */
  library?: StableLibrary;
  /** By source: the objects that take the places of those in the library. */
  patches: ReadonlyMap<string, ObjectVersions>;
  /** The process that it was planned for; `undefined`: a new one. */
  pid?: number;
  /** Whether it has to run in a fresh agent, rather than in that one. */
  fresh: boolean;
  /** Files whose conformances the Swift runtime goes on finding in their old form. */
  stale: string[];
  foreign: readonly string[];
}

export interface BuildEvents {
  progress: [Progress];
  /** A file that the preview does not need is at fault. */
  failure: [HotswiftError];
  /** There is a library that is worth a fresh agent. */
  rebased: [];
  /** What is being built, or the next edit of the same file, will need a fresh agent, with this library. */
  'needs-agent': [StableLibrary | undefined];
}

export interface BuildParts {
  module: ModuleDescription;
  compiler: ModuleCompiler;
  jobs: FrontendJobs;
  standIn: StandInModule;
  /** Missing: literals are compiled. */
  thunks?: Thunks;
  trials: PatchTrials;
  store: ModuleStore;
  externals: ExternalFiles;
  /** Removes of the cache what was not used for long, if it has become too large. */
  boundCache(signal: AbortSignal): Promise<void>;
  link: LinkOptions;
  /** Files that are loaded with the module. */
  libraryFiles: readonly string[];
  /** Whether there can be another agent. */
  isReplaceable: boolean;
  /** See {@link GenerationFacts}. */
  canPatch: boolean;
  /** See {@link GenerationFacts}. */
  mostLinkedInPlace?: number;
}

/** What an agent holds, as far as it bears on what can be linked into it. */
interface AgentContents {
  library?: StableLibrary;
  /** Symbols of conformances that were registered. */
  foreign: Set<string>;
  /** From files to the objects that took places in the library. */
  applied: Map<string, string>;
  /** Objects that were linked into it, the newest last: should it crash in their code, they tell where that is. */
  linked: Set<string>;
}

const log = debug('hotswift:build');

/** Linked objects that are kept for an agent, so that what its edits leave behind is bounded. */
const mostLinked = 256;

/** Milliseconds without an edit, after which the state is kept for later sessions. Where {@link ModuleBuild.idle} is waited for, it is kept at once. */
const quiet = 2000;

/**
 * Builds the generations of a module: what the edit needs first, and in the background the rest of the module, its stable library, the module
 * that stands in for its files, and the copy of all this in the cache.
 */
export class ModuleBuild extends EventEmitter<BuildEvents> {
  readonly #parts: BuildParts;
  #libraries: StableLibraries;
  #link: LinkOptions;
  #libraryFiles: readonly string[];
  /** By process: the one in use, and others that have yet to take its place. */
  readonly #agents = new Map<number, AgentContents>();
  #restored: Promise<void> | undefined;
  /** Files that stay outside of libraries, besides the previewed file and what uses it: each edit of them would need another. */
  readonly #hot = new Set<string>();
  /** The library of which the newest generation patches functions: the next edit needs another agent with it. */
  #patched: StableLibrary | undefined;
  readonly #background = new BackgroundRounds((signal) => this.#workInBackground(signal));

  constructor(parts: BuildParts) {
    super();
    this.#parts = parts;
    this.#link = parts.link;
    this.#libraryFiles = parts.libraryFiles;
    this.#libraries = this.#stableLibraries();
  }

  #stableLibraries(): StableLibraries {
    return new StableLibraries({
      link: this.#link,
      // Everything but the previewed file, what uses it, and what is edited all the time.
      files: () => this.#parts.compiler.without([...this.#alwaysLinked, ...this.#hot]),
      onLink: () => this.emit('progress', { phase: 'linking the stable library' }),
    });
  }

  /** From now on the module is linked with other libraries: what was compiled is good, and what was linked is not. */
  relink(options: Omit<LinkOptions, 'folder'>, libraryFiles: readonly string[]): void {
    this.#background.interrupt();
    this.#parts.externals.forget(this.#libraryFiles);
    this.#link = { ...this.#link, ...options };
    this.#libraryFiles = libraryFiles;
    this.#libraries = this.#stableLibraries();
    this.#patched = undefined;
  }

  /** Starts from what an earlier session left, if there is something. */
  async #restore(sources: SourceSnapshot): Promise<void> {
    const { compiler, standIn, store, thunks, module } = this.#parts;
    const stored = await store.load(sources, {
      restore: ({ files, library, textOf }) => {
        // Another session previewed another file: the numbers of its literals are nobody's here.
        const usable = new Map([...files].filter(([file, made]) => file === module.file || made.literals === undefined));
        return compiler.restore(usable, library?.objects ?? new Map(), textOf, sources);
      },
      forget: () => compiler.forget(),
    });
    if (stored === undefined) return;
    const literals = stored.files.get(module.file)?.literals;
    if (literals !== undefined) thunks?.reserve(literals);
    standIn.restore(stored.standIn);
    if (stored.library?.linkedWith === this.#link.identity) this.#libraries.restore(stored.library);
  }

  /**
   * The modules, headers and libraries of others that are not what results were made with: what was made with them is compiled by the next build, and has to
   * run in a new process.
   */
  get outdated(): string[] {
    return this.#parts.externals.changed();
  }

  /**
   * Compiles what differs and says what has to be linked. `pid`: the process it would run in. `outdated`: see there.
   *
   * Rejects with ERR_HOTSWIFT_COMPILE if the sources are at fault.
   */
  async build(
    sources: SourceSnapshot,
    pid: number | undefined,
    outdated: readonly string[],
    options: JobOptions,
  ): Promise<BuiltGeneration> {
    const { compiler } = this.#parts;
    this.#restored ??= this.#restore(sources);
    await this.#restored;
    await this.#expectAgent(sources, pid);
    const { interfaces } = compiler;
    const { externals } = this.#parts;
    const compiled = await compiler.compile(sources, options, outdated);
    externals.noteAgain(outdated);
    externals.note([...compiler.externalDependencies, ...this.#libraryFiles]);
    // What is being compiled in the background reads texts that are no longer true.
    if (compiler.interfaces !== interfaces && compiler.pending.size > 0) this.#background.interrupt();
    const generation = await this.#plan(compiled, pid, options);
    if (filesOfGeneration(generation).every((file) => existsSync(file))) return generation;
    // Something cleans folders up: what is left of ours is not worth trusting.
    this.#libraries.restore(undefined);
    await compiler.forget();
    return this.#plan(await compiler.compile(sources, options), pid, options);
  }

  /** Compiles what a later `build` for the same texts would have to. Rejects as that does. */
  async compileAhead(sources: SourceSnapshot, options: JobOptions): Promise<void> {
    await this.#parts.compiler.compile(sources, options);
  }

  /** Rejects with ERR_HOTSWIFT_COMPILE if the compiler has something against texts that crash because of it. */
  check(sources: SourceSnapshot, options: JobOptions): Promise<void> {
    return this.#parts.compiler.check(sources, options);
  }

  /** Whether texts differ from others, which are being compiled, by no more than values that can be set once those run. */
  isLiteralEdit(sources: SourceSnapshot, others: SourceSnapshot): boolean {
    const { thunks, module } = this.#parts;
    const [thunk, text, other] = [thunks?.newest, sources.get(module.file), others.get(module.file)];
    if (thunk === undefined || text === undefined || thunk.source.digest !== other?.digest) return false;
    if (!sameTexts(new Map([...sources, [module.file, other]]), others)) return false;
    return literalEdits(thunk.source.bytes, thunk.literals.literals, text.bytes) !== undefined;
  }

  /** A generation was loaded in this process. */
  loaded({ library, foreign, patches, objects }: BuiltGeneration, pid: number): void {
    const agent: AgentContents = this.#agents.get(pid) ?? { foreign: new Set(), applied: new Map(), linked: new Set() };
    this.#agents.set(pid, agent);
    agent.library ??= library;
    for (const symbol of foreign) agent.foreign.add(symbol);
    for (const [file, { present }] of patches) agent.applied.set(file, present);
    // A process that cannot be replaced leaves nobody behind who would ask.
    if (this.#parts.isReplaceable) agent.linked = newest([...agent.linked, ...objects.values(), ...agent.applied.values()], mostLinked);
  }

  /** Of this process nothing is left. */
  ended(pid: number): void {
    this.#agents.delete(pid);
  }

  /** A generation failed to load, in this process if it is still there: what it registered stays. */
  failedToLoad({ library, foreign }: BuiltGeneration, pid: number | undefined, reason: Error): void {
    for (const symbol of foreign) this.#agents.get(pid ?? 0)?.foreign.add(symbol);
    if (library === undefined || !reason.message.includes(library.path)) return;
    // It cannot be loaded: the next generation goes without.
    log('%s', reason.message);
    this.#libraries.refuse(library);
  }

  /** Plans a generation again whose patches were refused when they were loaded. `pid`: the process that it would run in now. */
  async withoutPatches({ compiled, patches }: BuiltGeneration, pid: number | undefined, signal: AbortSignal): Promise<BuiltGeneration> {
    this.#parts.trials.refuse([...patches.values()].map(({ present }) => present));
    return this.#plan(compiled, pid, { signal });
  }

  /** Plans a generation again, for another process than it was planned for. */
  replan({ compiled }: BuiltGeneration, pid: number, signal: AbortSignal): Promise<BuiltGeneration> {
    return this.#plan(compiled, pid, { signal });
  }

  /** Deletes what neither the build nor these objects need. */
  async discard(inUse: Iterable<string>): Promise<void> {
    const objects = this.#usedLibraries.flatMap((library) => [...library.objects.values()]);
    const linked = [...this.#agents.values()].flatMap((agent) => [...agent.linked]);
    await this.#parts.compiler.discard([...inUse, ...this.#libraries.linking, ...objects, ...linked]);
  }

  /** The newest stable library. */
  get library(): StableLibrary | undefined {
    return this.#libraries.newest;
  }

  /** The objects that a library of the module was linked from. */
  objectsOf(path: string): string[] {
    const known = this.#usedLibraries.find((library) => library.path === path);
    return [...(known?.objects.values() ?? [])];
  }

  /** Resolves when nothing is being done in the background. */
  idle(): Promise<void> {
    return this.#background.idle();
  }

  /** Does in the background what is left to do. */
  continue(): void {
    this.#background.request();
  }

  /** Resolves when nothing of the build runs any more. */
  async close(): Promise<void> {
    this.#background.close();
    await this.#parts.jobs.close();
    await this.#background.idle();
    this.removeAllListeners();
  }

  /** An agent can start while the compiler runs. */
  async #expectAgent(sources: SourceSnapshot, pid: number | undefined): Promise<void> {
    const { compiler } = this.#parts;
    const library = this.#agents.get(pid ?? 0)?.library;
    if (library === undefined) return;
    const edited = changedFiles(sources, compiler.files).filter((file) => library.objects.has(file));
    if (edited.length === 0) return;
    const always = this.#alwaysLinked;
    const [{ files }, unedited] = await Promise.all([compiler.closure([...always, ...edited]), compiler.closure(always)]);
    if (isWorthPatching({ files, unedited: unedited.files, foreign: [], library, registered: new Set(), ...this.#limits })) {
      this.emit('needs-agent', library);
    }
  }

  async #plan(compiled: CompileResult, pid: number | undefined, options: JobOptions): Promise<BuiltGeneration> {
    const { compiler } = this.#parts;
    const agent = pid === undefined ? undefined : this.#agents.get(pid);
    let library = agent?.library ?? this.#libraries.newest;
    let closure = await this.#closure(library);
    let recompiled = compiled.recompiled;
    if (closure.unresolved.length > 0 && compiler.pending.size > 0) {
      // An object that is linked needs what nothing seemed to need.
      recompiled = [...recompiled, ...(await compiler.compilePending(options))];
      closure = await this.#closure(library);
    }
    const unedited = await compiler.closure([...this.#alwaysLinked, ...this.#hot]);
    const facts: GenerationFacts = {
      ...closure,
      differing: closure.differing.length,
      unedited: unedited.files,
      library,
      registered: agent?.foreign ?? new Set(),
      applied: agent?.applied ?? new Map(),
      ...this.#limits,
    };
    const patched = library !== undefined && isWorthPatching(facts) ? await this.#patchable(library, closure.differing) : undefined;
    const decision = planGeneration({ ...facts, patched });
    const fresh = decision.agent === 'fresh' && pid !== undefined;
    if (fresh) this.emit('needs-agent', decision.rebase === 'first' ? undefined : library);
    this.#patched = decision.isPatched ? library : undefined;
    if (decision.isPatched && patched !== undefined) closure = { ...closure, ...patched };
    if (decision.rebase === 'first') {
      for (const { file } of closure.foreign) if (library?.objects.has(file)) this.#hot.add(file);
      library = await this.#libraries.link(options.signal, false);
      closure = await this.#closure(library);
    } else if (decision.rebase === 'later') {
      this.#libraries.requestRebase();
    }
    const patches = decision.isPatched && library !== undefined ? versionsOf(patched?.patches, library) : new Map();
    log(
      '%d of %d files differ from %s; linked are %d, patched: %s',
      closure.differing.length,
      compiler.files.size,
      library?.path ?? 'nothing',
      closure.files.length,
      [...patches.keys()].map((file) => path.basename(file)).join(', ') || 'none',
    );
    const linked = new Set(closure.files);
    const previewed = compiler.files.get(this.#parts.module.file);
    return {
      ...compiled,
      compiled,
      recompiled,
      reason: compiled.reason + decision.reason + (previewed?.remark ?? ''),
      literals: previewed?.literals,
      objects: objectsAmong(compiler.files, linked),
      library,
      patches,
      pid,
      fresh,
      stale: decision.stale,
      foreign: closure.foreign.filter(({ isFormer }) => !isFormer).map(({ symbol }) => symbol),
    };
  }

  /** The newest library, and those of agents. */
  get #usedLibraries(): StableLibrary[] {
    const used = [this.#libraries.newest, ...[...this.#agents.values()].map(({ library }) => library)];
    return used.filter((library) => library !== undefined);
  }

  get #limits() {
    const { isReplaceable, canPatch, mostLinkedInPlace } = this.#parts;
    return { isReplaceable, canPatch, mostLinkedInPlace };
  }

  /**
   * The previewed file, whose metadata tells the previews, those whose metadata may tell of what has to be set up, and main.swift, whose variables are checked
   * in its object.
   */
  get #alwaysLinked(): string[] {
    const { module, compiler } = this.#parts;
    const { file, sources, script } = module;
    const setups = [...compiler.sources.values()].filter((source) => compiler.files.has(source.file) && mayHaveSetup(source));
    return [...new Set([file, ...sources.filter((_, position) => position === script), ...setups.map((source) => source.file)])];
  }

  /** What differs from a library, and what uses it; the previewed file is always there. */
  async #closure(library: StableLibrary | undefined) {
    const { compiler } = this.#parts;
    const inLibrary = library?.objects ?? new Map<string, string>();
    const differing: string[] = [];
    for (const [file, { object }] of compiler.files) if (inLibrary.get(file) !== object) differing.push(file);
    // Of a file that is gone, the conformances are not.
    for (const file of inLibrary.keys()) if (!compiler.files.has(file)) differing.push(file);
    return { ...(await compiler.closure(new Set([...this.#alwaysLinked, ...differing]))), differing };
  }

  /** What would be linked if all files that can be were patched, and those that would be patched then. */
  async #patchable(library: StableLibrary, differing: readonly string[]) {
    const { compiler, trials } = this.#parts;
    const patchable = await trials.patchable(library, objectsAmong(compiler.files, new Set(differing)));
    const others = differing.filter((file) => !patchable.has(file));
    const closure = await compiler.closure(new Set([...this.#alwaysLinked, ...others]));
    const linked = new Set(closure.files);
    return { ...closure, patches: new Map([...patchable].filter(([file]) => !linked.has(file))) };
  }

  async #workInBackground(signal: AbortSignal): Promise<void> {
    try {
      if (this.#patched !== undefined) this.emit('needs-agent', this.#patched);
      await this.#compileRest(signal);
      await this.#parts.compiler.lookThroughSources(signal);
      if (await this.#libraries.provide(signal, this.#givesWay)) this.emit('rebased');
      await this.#provideStandIn(signal);
      await this.#warmUp(false, signal);
      await this.#background.pause(quiet, signal);
      if (!this.#background.isRequested) await this.#warmUp(true, signal);
      if (this.#background.isRequested) return;
      await this.#save();
      await this.#compileAlone(signal);
      await this.#parts.boundCache(signal);
    } catch (error) {
      if (signal.aborted) return;
      log('in the background: %s', (error as Error).message);
      // It may be about texts that are no longer true; if not, it comes again.
      if (this.#background.isRequested) return;
      if (isHotswiftError(error) && error.code === 'ERR_HOTSWIFT_COMPILE') this.emit('failure', error);
    }
  }

  /** Whether what is started in the background gives way to other programs. */
  get #givesWay(): boolean {
    return !this.#background.isAwaited;
  }

  async #compileRest(signal: AbortSignal): Promise<void> {
    const { compiler } = this.#parts;
    while (compiler.pending.size > 0) {
      const onProgress = (done: number, total: number) => {
        this.emit('progress', { phase: 'compiling the rest of the module', done, total });
      };
      await compiler.compilePending({ signal, inBackground: true, givesWay: this.#givesWay, onProgress, alone: true });
    }
  }

  /** Has it known exactly what each file depends on: edits to come compile less then. */
  async #compileAlone(signal: AbortSignal): Promise<void> {
    const { compiler } = this.#parts;
    if (compiler.accompanied.length === 0) return;
    const onProgress = (done: number, total: number) => this.emit('progress', { phase: 'compiling each file alone', done, total });
    await compiler.compileAlone({ signal, inBackground: true, givesWay: this.#givesWay, onProgress });
    await this.#save();
  }

  async #provideStandIn(signal: AbortSignal): Promise<void> {
    const { standIn, jobs, compiler, module } = this.#parts;
    const hasUsers = () => compiler.hasUsers(module.file);
    const onMerge = () => this.emit('progress', { phase: 'merging modules' });
    await standIn.merge(jobs, compiler.sources, { hasUsers, onMerge, signal, givesWay: this.#givesWay });
  }

  async #warmUp(all: boolean, signal: AbortSignal): Promise<void> {
    await this.#parts.compiler.warmUp({ all });
    signal.throwIfAborted();
  }

  async #save(): Promise<void> {
    const { compiler, standIn, store } = this.#parts;
    this.emit('progress', { phase: 'keeping the module for later sessions' });
    const files = new Map(compiler.files);
    // What only the library still has, a later session would not know of.
    const library = this.#libraries.newest;
    const isWhole = [...(library?.objects.keys() ?? [])].every((file) => files.has(file));
    const texts = new Map([...compiler.sources].map(([file, { bytes }]) => [file, bytes]));
    await store.save({ files, library: isWhole ? library : undefined, standIn: standIn.merged }, texts).catch((error: Error) => {
      // A later session will have to compile more.
      log('the module cannot be kept: %s', error.message);
    });
  }
}

/** Every file that a generation needs. */
export function filesOfGeneration({ objects, library, patches }: BuiltGeneration): string[] {
  const versions = [...patches.values()].flatMap(({ former, present }) => [former, present]);
  return [...objects.values(), ...versions, ...(library === undefined ? [] : [library.path])];
}

/** In the order of `files`. */
function objectsAmong(files: ReadonlyMap<string, CompiledFile>, wanted: ReadonlySet<string>): Map<string, string> {
  const objects = new Map<string, string>();
  for (const [file, { object }] of files) if (wanted.has(file)) objects.set(file, object);
  return objects;
}

function versionsOf(patches: ReadonlyMap<string, string> = new Map(), library: StableLibrary): Map<string, ObjectVersions> {
  return new Map([...patches].map(([file, present]) => [file, { former: library.objects.get(file) ?? '', present }]));
}

/** The last of some values, those that come twice where they come last. */
function newest<Value>(values: readonly Value[], most: number): Set<Value> {
  return new Set([...new Set([...values].reverse())].slice(0, most).reverse());
}
