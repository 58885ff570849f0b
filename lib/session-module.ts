import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ExternalFiles } from './compile/external-files.js';
import { askForTemplate, type FrontendTemplate } from './compile/frontend-job.js';
import { FrontendJobs } from './compile/frontend-jobs.js';
import { ModuleBuild } from './compile/module-build.js';
import { ModuleCompiler } from './compile/module-compiler.js';
import { ModuleStore } from './compile/module-store.js';
import { NeededSources } from './compile/needed-sources.js';
import { PatchTrials } from './compile/patch-trials.js';
import { type PreviewKit, providePreviewKit } from './compile/preview-kit.js';
import { Slots } from './compile/slots.js';
import type { LinkOptions } from './compile/stable-library.js';
import { StandInModule } from './compile/stand-in-module.js';
import { Thunks } from './compile/thunks.js';
import { previewMacroTexts } from './edit/preview-macros.js';
import type { StampFiles } from './edit/source-set.js';
import type { NativeSyntaxTree } from './edit/syntax.js';
import { HotswiftError } from './errors.js';
import type { CacheLeases, ContentLabel } from './project/cache-lease.js';
import { provideCompilerModules } from './project/compiler-modules.js';
import { describeModule, type ModuleDescription } from './project/module.js';
import { describePackage, type PackageDescription, type PackageWatch } from './project/swift-package.js';
import type { Toolchain } from './project/toolchain.js';
import type { SymbolSources } from './reload/crash-record.js';
import type { NativeAddon } from './reload/native.js';
import type { RunnerOptions } from './reload/swift-runner.js';
import type { ModuleOptions, Progress } from './types.js';

export interface SessionModuleOptions {
  file: string;
  /** Missing: the package that the file belongs to, or the file alone. */
  module?: ModuleOptions;
  debug: boolean;
  /** Whether frontends may wait for the next edit. */
  warmCompiler: boolean;
  toolchain: Toolchain;
  /** For what is kept from one session to the next. */
  cache: string;
  /** What of it is in use. */
  leases: CacheLeases;
  /** Removes of it what was not used for long, if it has become too large. */
  boundCache(signal: AbortSignal): Promise<void>;
  /** For what is not. */
  folder: string;
  /** Milliseconds that SwiftPM may say nothing; missing: the usual limit. */
  packageTimeout?: number;
  addon: NativeAddon;
  /** Whether there can be another agent. */
  isReplaceable: boolean;
}

export interface RefreshOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

interface DescribeOptions extends RefreshOptions {
  compilerModules: string | undefined;
}

/**
 * What became of the module, what matters more last: `sources`, files came or went; `resources`, running code may have kept what it read of them;
 * `libraries`, it is linked with others, and runs in another process; `settings`, anything else, such as flags: nothing that was built of it is of use any
 * more, either.
 */
export const moduleChanges = ['none', 'sources', 'resources', 'libraries', 'settings'] as const;
export type ModuleChange = (typeof moduleChanges)[number];

/** The module of a session, as it is described now, and what is built of it. */
export class SessionModule {
  /** Whether builds that are prepared from now on have literals whose values can be set. */
  editsLiterals = false;
  /** Parses sources. */
  readonly syntax: NativeSyntaxTree;
  readonly stampFiles: StampFiles;
  readonly #options: SessionModuleOptions;
  readonly #kit: PreviewKit;
  /** Missing: the cache cannot be written. */
  readonly #compilerModules: string | undefined;
  readonly #description: ModuleDescription;
  #package: PackageDescription | undefined;
  #build: ModuleBuild | undefined;
  #builds = 0;

  /** Rejects with ERR_HOTSWIFT_PROJECT if there is no such module, and with _TOOLCHAIN if PreviewKit cannot be compiled. */
  static async open(options: SessionModuleOptions, { signal, onProgress }: RefreshOptions): Promise<SessionModule> {
    const { toolchain, cache, leases, file, module } = options;
    const onBuild = () => onProgress?.({ phase: 'compiling PreviewKit for this toolchain, once' });
    const compilerModules = await provideCompilerModules(cache, toolchain, leases);
    const kit = await providePreviewKit(toolchain, cache, onBuild, { signal, leases, compilerModules });
    const described = { compilerModules, signal, onProgress };
    const owner = module === undefined ? await packageOf(options, kit, described) : undefined;
    return new SessionModule(options, kit, compilerModules, owner, owner?.module ?? (await describeModule(file, module)));
  }

  private constructor(
    options: SessionModuleOptions,
    kit: PreviewKit,
    compilerModules: string | undefined,
    owner: PackageDescription | undefined,
    description: ModuleDescription,
  ) {
    this.syntax = new options.addon.SyntaxTree();
    this.stampFiles = options.addon.stampFiles;
    this.#options = options;
    this.#kit = kit;
    this.#compilerModules = compilerModules;
    this.#package = owner;
    this.#description = { ...description };
  }

  /** The same object for the whole session; its contents change. */
  get description(): Readonly<ModuleDescription> {
    return this.#description;
  }

  /** Of which parts a change means that the module is another. */
  get structure(): PackageWatch | undefined {
    return this.#package?.watch;
  }

  /** Libraries that every generation is linked with: paths, or `-l` and a name. */
  get libraries(): string[] {
    const named = this.#description.libraries.map((library) => (path.isAbsolute(library) ? library : `-l${library}`));
    return [this.#kit.library, ...named];
  }

  get runner(): RunnerOptions {
    const librarySearchPaths = [...this.#description.libraryPaths, ...this.#options.toolchain.runtimeLibraryPaths];
    return { librarySearchPaths, debug: this.#options.debug };
  }

  /** For backtraces of crashed agents. */
  get symbols(): SymbolSources {
    return {
      demangler: path.join(this.#options.toolchain.programs, 'swift-demangle'),
      objectsOf: (library) => this.build.objectsOf(library),
    };
  }

  get build(): ModuleBuild {
    if (this.#build === undefined) throw new TypeError('the build is prepared before it is used');
    return this.#build;
  }

  /** Makes a build of the module as it is described now. Rejects with ERR_HOTSWIFT_PROJECT if swiftc refuses its flags. */
  async prepareBuild(signal?: AbortSignal): Promise<void> {
    const { toolchain, cache, leases, debug, warmCompiler, addon, isReplaceable } = this.#options;
    // PreviewKit is part of the identity of results, and moves with the cache.
    const externals = new ExternalFiles((file) => file.startsWith(path.join(cache, 'preview-kit') + path.sep));
    this.#builds += 1;
    const folder = path.join(this.#options.folder, `build-${this.#builds}`);
    const module = this.#description;
    const compiled = debug ? { ...module, flags: [...module.flags, '-g'] } : module;
    const moduleCache = this.#compilerModules ?? path.join(this.#options.folder, 'compiler-modules');
    const template = await askForTemplate(toolchain, compiled, [this.#kit.importPath], moduleCache, this.#options.folder, signal);
    const image = warmCompiler ? addon.warmFrontendImage() : -1;
    const jobs = new FrontendJobs(module, template, path.join(folder, 'compiles'), image < 0 ? undefined : image);
    const slots = new Slots();
    const dependencies = new addon.DependencyIndex();
    const indexes = { slots, objects: new addon.ObjectIndex(module.name), dependencies };
    const thunks = this.editsLiterals ? new Thunks(module.file, this.syntax) : undefined;
    const smallest = numberFrom('HOTSWIFT_SPLIT_FROM') ?? smallestLargeModule;
    const standIn = new StandInModule(path.join(folder, 'stand-in'), module.file, smallest);
    // What macros of the user's make of a text, nobody has noted.
    const hasMacros = template.args.some((arg) => arg.startsWith('-load-plugin'));
    const declarations = (file: string) => dependencies.declarations(slots.of(file));
    const needed = new NeededSources(module.name, this.syntax, hasMacros ? Number.POSITIVE_INFINITY : smallest, declarations);
    this.#build = new ModuleBuild({
      module,
      jobs,
      standIn,
      thunks,
      trials: new PatchTrials(addon.tryPatches),
      isReplaceable,
      // Debuggers would look for the old functions, and optimised code is not taken apart.
      canPatch: addon.canPatch && !debug && !template.args.some((arg) => /^-O(?!none$)/.test(arg)),
      mostLinkedInPlace: numberFrom('HOTSWIFT_PATCH_FROM'),
      compiler: new ModuleCompiler(module.file, jobs, indexes, needed, standIn, thunks, addon.haveSameTokens),
      store: new ModuleStore(cache, this.#identity(template), externals, leases, this.#label),
      externals,
      libraryFiles: this.#libraryFiles,
      boundCache: this.#options.boundCache,
      link: { ...this.#linkOptions, folder: path.join(folder, 'libraries') },
    });
  }

  get #linkOptions(): Omit<LinkOptions, 'folder'> {
    const { toolchain, debug } = this.#options;
    const { name, flags } = this.#description;
    const libraries = this.libraries;
    const searchPaths = this.runner.librarySearchPaths;
    const digest = createHash('sha256').update(JSON.stringify(this.#withoutCache([libraries, searchPaths].flat())));
    return {
      swiftc: toolchain.swiftc,
      swiftcFolder: toolchain.folder,
      name,
      libraries,
      searchPaths,
      identity: digest.digest('hex').slice(0, 16),
      keepsDebugInformation: debug || flags.includes('-g'),
    };
  }

  /** Where the libraries of the module are, as far as that is said. */
  get #libraryFiles(): string[] {
    const { libraries, libraryPaths } = this.#description;
    const places = (name: string) =>
      libraryPaths.flatMap((folder) => ['so', 'dylib', 'a'].map((kind) => path.join(folder, `lib${name}.${kind}`)));
    return libraries.flatMap((library) => (path.isAbsolute(library) ? [library] : places(library))).filter((file) => existsSync(file));
  }

  /** What is kept of the module, for people. */
  get #label(): ContentLabel {
    const { name, sources, workingDirectory } = this.#description;
    return { of: this.#package === undefined ? commonFolder(sources) : workingDirectory, what: `module ${name}` };
  }

  /** What the results of a build depend on besides the texts, and which module they are of. */
  #identity({ program, args }: FrontendTemplate): string[] {
    const { workingDirectory, sources } = this.#description;
    const moduleCache = args.indexOf('-module-cache-path');
    const parts = [
      this.#options.toolchain.id,
      program,
      ...args.filter((_, index) => moduleCache < 0 || (index !== moduleCache && index !== moduleCache + 1)),
      workingDirectory,
      commonFolder(sources),
      this.#kit.library,
      String(this.editsLiterals),
      ...previewMacroTexts(0),
    ];
    return this.#withoutCache(parts);
  }

  /** A cache that was copied or moved is of use as it was. */
  #withoutCache(parts: readonly string[]): string[] {
    return parts.map((part) => part.replaceAll(this.#options.cache + path.sep, ''));
  }

  /**
   * Describes the module again if it belongs to a package; where nothing changed, that takes milliseconds.
   *
   * Rejects with ERR_HOTSWIFT_PROJECT if it cannot be described any more, or if what changed needs a new process and there can be none.
   */
  async refresh(options: RefreshOptions): Promise<ModuleChange> {
    if (this.#package === undefined) return 'none';
    const { file, isReplaceable } = this.#options;
    const owner = await packageOf(this.#options, this.#kit, { compilerModules: this.#compilerModules, ...options });
    if (owner === undefined) throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `the package of ${file} is gone`);
    const change = difference(this.#description, owner.module);
    if ((change === 'settings' || change === 'libraries') && !isReplaceable) {
      const message = 'the flags or the dependencies of the module changed, which needs a new process: open the session again';
      throw new HotswiftError('ERR_HOTSWIFT_PROJECT', message);
    }
    const former = { ...this.#description };
    const formerBuild = this.#build;
    Object.assign(this.#description, owner.module);
    if (change === 'settings') {
      try {
        await this.prepareBuild(options.signal);
      } catch (error) {
        // To be tried again.
        Object.assign(this.#description, former);
        throw error;
      }
      await formerBuild?.close();
    } else if (change === 'libraries') {
      formerBuild?.relink(this.#linkOptions, this.#libraryFiles);
    }
    this.#package = owner;
    return change;
  }

  /** Sees to it that PreviewKit is still there. */
  async provideKit(): Promise<void> {
    const { toolchain, cache, leases } = this.#options;
    await providePreviewKit(toolchain, cache, () => {}, { leases, compilerModules: this.#compilerModules });
  }
}

function packageOf(
  { file, toolchain, cache, leases, folder, packageTimeout }: SessionModuleOptions,
  previewKit: PreviewKit,
  options: DescribeOptions,
) {
  const places = { cacheDirectory: cache, temporaryFolder: folder };
  return describePackage(file, { toolchain, ...places, timeout: packageTimeout, leases, previewKit, ...options });
}

function difference(before: ModuleDescription, after: ModuleDescription): ModuleChange {
  const settingsOf = ({ sources, script, resources, libraries, libraryPaths, ...settings }: ModuleDescription) => JSON.stringify(settings);
  if (settingsOf(before) !== settingsOf(after)) return 'settings';
  const linkedWith = ({ libraries, libraryPaths }: ModuleDescription) => JSON.stringify([libraries, libraryPaths]);
  if (linkedWith(before) !== linkedWith(after)) return 'libraries';
  if (before.resources !== after.resources) return 'resources';
  return JSON.stringify(before.sources) === JSON.stringify(after.sources) ? 'none' : 'sources';
}

/**
 * Bytes of sources. The compiler reads fewer in less time than it takes to compile an edit twice, which a changed interface may cost where a prebuilt module
 * stands in for them.
 */
const smallestLargeModule = 200_000;

/** The innermost folder that all files are in, or below. */
function commonFolder(files: readonly string[]): string {
  let folder = path.dirname(files[0] ?? path.sep);
  while (!files.every((file) => file.startsWith(folder === path.sep ? folder : folder + path.sep))) folder = path.dirname(folder);
  return folder;
}

/**
 * A limit that the environment sets, where another than the usual is wanted. `HOTSWIFT_SPLIT_FROM`: bytes of sources from which on a prebuilt module
 * stands in for them, or only those are read that are needed; `HOTSWIFT_PATCH_FROM`: files that use an edited one, and are linked with it at most where it could be patched.
 */
function numberFrom(variable: string): number | undefined {
  const value = process.env[variable];
  return value ? Number(value) : undefined;
}
