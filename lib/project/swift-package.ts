import { access, mkdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { HotswiftError, isHotswiftError } from '../errors.js';
import type { Progress } from '../types.js';
import type { CacheLeases } from './cache-lease.js';
import { languageFlags, sortFlags } from './compiler-flags.js';
import { isUsable, provideLibrary } from './dependency-library.js';
import { lockFile } from './file-lock.js';
import { noSpaceLeft } from './full-disk.js';
import { collectLinkerOptions, type LinkerOptions } from './linker-settings.js';
import { findScript, type ModuleDescription, refuseEqualNames, requireReadable } from './module.js';
import { PackageCompiler } from './package-compiler.js';
import { openPackageFolder } from './package-folder.js';
import { clockSkew, manifestsOf, type PackageInputs } from './package-state.js';
import { isInside, isPlain } from './paths.js';
import { hasPkgConfig } from './pkg-config.js';
import { type PlannedTarget, planTarget } from './planned-target.js';
import { recallDescription, rememberDescription } from './remembered-packages.js';
import { digestOfResources } from './resource-bundles.js';
import type { BuildOptions } from './swift-build.js';
import type { Toolchain } from './toolchain.js';

/** A target of a SwiftPM package as a module, and what its description hangs on. All paths are absolute. */
export interface PackageDescription {
  module: ModuleDescription;
  watch: PackageWatch;
}

/** A change of any of these means that the package has to be described again. */
export interface PackageWatch {
  /** Manifests and resolved versions of the package and of those on this machine that it depends on; not all of them need exist. */
  manifests: string[];
  /** Folders of the target. Swift files that come and go count, in folders below as well; edits of them do not. Other files may be resources. */
  targetFolders: string[];
  /** Folders of the targets that it depends on, in this package and others on this machine. Every change of a file counts. */
  dependencyFolders: string[];
  /** Files of these packages that plug-ins make sources or resources of; some may be the target's sources. */
  pluginInputs: string[];
}

/** What {@link describePackage} needs besides the file. */
export interface PackageOptions {
  toolchain: Toolchain;
  cacheDirectory: string;
  /** Of the session. */
  temporaryFolder: string;
  /** Milliseconds that SwiftPM may say nothing. Default 300,000. */
  timeout?: number;
  /** What the description names in the cache is used until they end. */
  leases: CacheLeases;
  /** See {@link Workspace.compilerModules}. */
  compilerModules?: string;
  /** hotswift's PreviewKit: it takes the place of the one that the package may depend on. */
  previewKit: {
    /** Folder with its `.swiftmodule`. */
    importPath: string;
    /** Its shared library, which must be loaded before those of the description. */
    library: string;
  };
  signal?: AbortSignal;
  /** Told of the phases, with `done` and `total` while SwiftPM builds. */
  onProgress?: (progress: Progress) => void;
}

/** Goes up when this code describes the same package in another way. */
const descriptionFormat = '3';
const previewKitModule = 'PreviewKit';
const defaultTimeout = 300_000;

/** By the folder of a package, what is done with it in this process: SwiftPM does one thing at a time in a build folder. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Describes the target of a SwiftPM package that a Swift file belongs to, as SwiftPM itself would compile it in debug mode, and builds what
 * the target depends on; the target itself need not compile. Everything is written to the cache directory, apart from Package.resolved, which
 * SwiftPM keeps in the package, and SwiftPM's own cache of downloads. Where nothing changed since an earlier call, SwiftPM is not asked.
 *
 * Resolves with `undefined` if no folder above the file has a Package.swift. Rejects with ERR_HOTSWIFT_PROJECT if the file cannot be read, if
 * no target owns it or one that cannot be previewed, if SwiftPM refuses the manifest, or if a dependency cannot be fetched, built or linked.
 */
export async function describePackage(file: string, options: PackageOptions): Promise<PackageDescription | undefined> {
  const asked = path.resolve(file);
  await requireReadable(asked);
  const found = await findPackage(path.dirname(asked));
  if (found === undefined) return undefined;
  // SwiftPM knows files without the links on their way.
  const [previewed, root] = await Promise.all([realpath(asked), realpath(found)]);
  const folder = await openPackageFolder(options.cacheDirectory, root, options.toolchain, options.leases);
  return inTurn(folder, () => recallOrDescribe(previewed, root, folder, options));
}

async function recallOrDescribe(previewed: string, root: string, folder: string, options: PackageOptions): Promise<PackageDescription> {
  const { signal, previewKit } = options;
  signal?.throwIfAborted();
  try {
    const facts = [descriptionFormat, previewKit.library];
    const known = await recallDescription(folder, previewed, facts, options.leases);
    const library = known?.module.libraries.find((each) => isInside(folder, each));
    if (known !== undefined && (library === undefined || (await isUsable(library, options)))) return known;
    // What has just been saved could be saved again unseen; what is old enough is known by its time. SwiftPM takes many times as long.
    await setTimeout(clockSkew, undefined, { signal });
    const before = Date.now();
    const { description, inputs } = await alone(folder, options, (temporary) =>
      describeWith(previewed, root, folder, { ...options, temporaryFolder: temporary }),
    );
    if (inputs !== undefined) await rememberDescription(folder, description, { ...inputs, facts }, before);
    return description;
  } catch (cause) {
    signal?.throwIfAborted();
    const full = await noSpaceLeft(cause, [folder]);
    if (full !== undefined) throw full;
    if (isHotswiftError(cause)) throw cause;
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `the package in ${root} cannot be described: ${(cause as Error).message}`, { cause });
  }
}

async function describeWith(
  previewed: string,
  root: string,
  folder: string,
  { toolchain, temporaryFolder, timeout = defaultTimeout, previewKit, leases, compilerModules, signal, onProgress }: PackageOptions,
): Promise<{ description: PackageDescription; inputs: Omit<PackageInputs, 'facts'> | undefined }> {
  const scratch = path.join(folder, 'build');
  const compiler = await PackageCompiler.provide(folder, toolchain, { cwd: root, temporaryFolder, signal });
  const workspace = { toolchain, root, folder, scratch, compiler, temporaryFolder, timeout, compilerModules, signal };
  const onRemark = (remark: string) => onProgress?.({ phase: `SwiftPM says: ${remark}` });
  const build: BuildOptions = { ...workspace, previewKitPath: previewKit.importPath, onProgress, onRemark };
  const planned = await planTarget(previewed, build);
  const linker = linkerOptionsOf(planned, root);
  const library = await linkDependencies(planned, linker, previewKit.library, build, leases);
  const module = {
    ...moduleOf(previewed, planned, linker, library, root),
    resources: await digestOfResources(path.dirname(planned.plan.file)),
    notInstalled: await findNotInstalled(planned, signal),
  };
  const watch = await watchOf(planned);
  return { description: { module, watch }, inputs: inputsOf(planned, watch, linker, library, scratch) };
}

function linkerOptionsOf({ target, plan, systemLibraries }: PlannedTarget, root: string): LinkerOptions {
  const targets = [target, ...plan.dependencies.map((dependency) => dependency.target), ...systemLibraries.map((each) => each.target)];
  return collectLinkerOptions(targets, systemLibraries, root);
}

/** See {@link ModuleDescription.notInstalled}. */
async function findNotInstalled({ systemLibraries }: PlannedTarget, signal?: AbortSignal): Promise<{ module: string; remedy: string }[]> {
  const missing = systemLibraries.filter(({ words }) => words === null);
  if (missing.length === 0) return [];
  const finder = (await hasPkgConfig(signal)) ? 'pkg-config does not find' : 'there is no pkg-config, which would find';
  return missing.map(({ name, target: { c99name, providers } }) => {
    const how = providers.length === 0 ? '' : `; its package says how to install it: ${providers.join(', or ')}`;
    return { module: c99name, remedy: `${finder} ${name}, which ${c99name} is made of${how}.` };
  });
}

/** One shared library of everything that the target is linked with, if there is anything. */
async function linkDependencies(
  { target, plan }: PlannedTarget,
  linker: LinkerOptions,
  previewKit: string,
  { toolchain, folder, signal, onProgress }: BuildOptions,
  leases: CacheLeases,
): Promise<string | undefined> {
  const linked = plan.dependencies.filter((dependency) => dependency.target.c99name !== previewKitModule);
  const objects = linked.flatMap((dependency) => dependency.objects);
  if (objects.length + linker.archives.length === 0) return undefined;
  const usesCxx = linked.some((dependency) => dependency.usesCxx);
  const contents = { name: `${target.c99name}-dependencies`, objects, previewKit, linker, usesCxx };
  const onLink = () => onProgress?.({ phase: 'linking dependencies' });
  return provideLibrary(contents, { folder: path.join(folder, 'libraries'), toolchain, leases, onLink, signal });
}

function moduleOf(
  previewed: string,
  { target, plan }: PlannedTarget,
  linker: LinkerOptions,
  library: string | undefined,
  root: string,
): ModuleDescription {
  refuseEqualNames(plan.sources);
  const own = sortFlags(languageFlags(plan.arguments));
  return {
    name: target.c99name,
    file: previewed,
    sources: plan.sources,
    script: findScript(plan.sources),
    flags: [...own.flags, '-I', plan.importPath],
    workingDirectory: root,
    libraryPaths: [...linker.libraryPaths, ...own.libraryPaths.map((each) => path.resolve(root, each))],
    libraries: [...(library === undefined ? [] : [library]), ...linker.libraries, ...own.libraries],
  };
}

async function watchOf({ target, plan, considered, localPackages }: PlannedTarget): Promise<PackageWatch> {
  const manifests = await Promise.all(localPackages.map(({ root }) => manifestsOf(root)));
  const local = new Set(localPackages.flatMap(({ targets }) => targets));
  return {
    manifests: manifests.flat(),
    targetFolders: [target.folder],
    dependencyFolders: considered.filter((each) => local.has(each)).map(({ folder }) => folder),
    pluginInputs: (plan.pluginInputs ?? []).filter((file) => localPackages.some(({ root }) => isInside(root, file))),
  };
}

/** `undefined`: not all of them are known. */
function inputsOf(
  { plan, localPackages, systemLibraries, variables }: PlannedTarget,
  { targetFolders, dependencyFolders }: PackageWatch,
  linker: LinkerOptions,
  library: string | undefined,
  scratch: string,
): Omit<PackageInputs, 'facts'> | undefined {
  if (plan.pluginInputs === undefined) return undefined;
  const modules = plan.dependencies.flatMap((dependency) => dependency.module ?? []);
  return {
    roots: localPackages.map(({ root }) => root),
    targetFolders,
    dependencyFolders,
    pluginInputs: plan.pluginInputs,
    products: [...modules, ...linker.archives, ...(library === undefined ? [] : [library])],
    systemLibraries: systemLibraries.map(({ name, words }) => ({ name, words })),
    variables,
    present: [plan.file, ...plan.sources.filter((source) => isInside(scratch, source))],
  };
}

/** The nearest folder with a Package.swift, from `folder` upwards. */
export async function findPackage(folder: string): Promise<string | undefined> {
  const exists = await access(path.join(folder, 'Package.swift')).then(
    () => true,
    () => false,
  );
  if (exists) return folder;
  const parent = path.dirname(folder);
  return parent === folder ? undefined : findPackage(parent);
}

/**
 * Has SwiftPM work in a package's folder of the cache, where no other process has it work meanwhile, with a temporary folder that is empty before and gone
 * afterwards: SwiftPM leaves files there.
 *
 * The folder is the same for every session, for SwiftPM runs a manifest again when an environment variable is another one, TMPDIR as well; and in it are the
 * locks by which SwiftPM keeps two of its own from working in one folder, which is why ours is needed.
 */
async function alone<Result>(
  folder: string,
  { temporaryFolder, signal }: PackageOptions,
  work: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const unlock = await lockFile(path.join(folder, 'lock'), signal);
  const temporary = path.join(isPlain(folder) ? folder : temporaryFolder, 'temporary');
  const empty = () => rm(temporary, { recursive: true, force: true });
  try {
    await empty();
    await mkdir(temporary, { mode: 0o700 });
    return await work(temporary);
  } finally {
    await empty().catch(() => {
      // Emptied by the next one.
    });
    unlock();
  }
}

/** One after the other for each folder, in the order of the calls. */
async function inTurn<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const result = (turns.get(folder) ?? Promise.resolve()).then(work);
  const turn = result.catch(() => {});
  turns.set(folder, turn);
  try {
    return await result;
  } finally {
    if (turns.get(folder) === turn) turns.delete(folder);
  }
}
