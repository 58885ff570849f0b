import { access, realpath } from 'node:fs/promises';
import path from 'node:path';
import { HotswiftError } from '../errors.js';
import type { Progress } from '../types.js';
import { readBuildPlan, type TargetPlan } from './build-plan.js';
import { languageFlags, sortFlags } from './compiler-flags.js';
import { provideLibrary } from './dependency-library.js';
import { collectLinkerOptions } from './linker-settings.js';
import { findScript, type ModuleDescription, requireReadable } from './module.js';
import { describePackageAt, findDependencies, type Package, type PackageTarget } from './package-description.js';
import { openPackageFolder } from './package-folder.js';
import { manifestsOf, type PackageInputs } from './package-state.js';
import { recallDescription, rememberDescription } from './remembered-packages.js';
import { type BuildOptions, buildTarget, buildWhatItNeeds } from './swift-build.js';
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
}

/** What {@link describePackage} needs besides the file. */
export interface PackageOptions {
  toolchain: Toolchain;
  cacheDirectory: string;
  /** hotswift's PreviewKit, which takes the place of the one that the package may depend on: its shared library. */
  previewKit: string;
  signal?: AbortSignal;
  /** Told of the phases, with `done` and `total` while SwiftPM builds. */
  onProgress?: (progress: Progress) => void;
}

/** Goes up when this code describes the same package in another way. */
const descriptionFormat = '1';
const previewKitModule = 'PreviewKit';

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
  const folder = await openPackageFolder(options.cacheDirectory, root, options.toolchain);
  return inTurn(folder, async () => {
    options.signal?.throwIfAborted();
    const facts = [descriptionFormat, options.previewKit];
    const known = await recallDescription(folder, previewed, facts);
    if (known !== undefined) return known;
    const before = Date.now();
    const { description, inputs } = await describeWith(previewed, root, folder, options);
    if (inputs !== undefined) await rememberDescription(folder, description, { ...inputs, facts }, before);
    return description;
  });
}

async function describeWith(
  previewed: string,
  root: string,
  folder: string,
  { toolchain, previewKit, signal, onProgress }: PackageOptions,
): Promise<{ description: PackageDescription; inputs: Omit<PackageInputs, 'facts'> | undefined }> {
  const scratch = path.join(folder, 'build');
  const swift = path.join(toolchain.programs, 'swift');
  const build: BuildOptions = { swift, scratch, root, folder, toolchain, signal, onProgress };
  onProgress?.({ phase: 'resolving the package' });
  const main = await describePackageAt(root, build);
  const target = findTarget(previewed, main);
  const others = main.hasDependencies ? await findDependencies(root, build) : [];
  await buildWhatItNeeds(target, build);
  const packages = [main, ...(await Promise.all(others.map((other) => describePackageAt(other, build))))];
  const targets = packages.flatMap((each) => each.targets);
  const plan = await readBuildPlan(scratch, toolchain.platform, target, targets);
  for (const dependency of plan.dependencies) if (!dependency.builtByCompiles) await buildTarget(dependency.target, build);

  const module = await moduleOf(previewed, target, plan, targets, { root, folder, toolchain, previewKit, signal, onProgress });
  const considered = targets.filter(({ c99name }) => plan.considered.includes(c99name));
  const local = packages.filter((each) => each === main || !isInside(scratch, each.root));
  const watch = await watchOf(target, considered, local);
  return { description: { module, watch }, inputs: inputsOf(module, watch, [target, ...considered], plan, local, scratch) };
}

async function moduleOf(
  previewed: string,
  target: PackageTarget,
  plan: TargetPlan,
  targets: readonly PackageTarget[],
  { root, folder, toolchain, previewKit, signal, onProgress }: PackageOptionsAt,
): Promise<ModuleDescription> {
  const systems = targets.filter(({ c99name, type }) => type === 'system-target' && plan.considered.includes(c99name));
  const own = sortFlags(languageFlags(plan.arguments));
  const linker = await collectLinkerOptions([target, ...plan.dependencies.map((each) => each.target), ...systems], root, signal);
  const linked = plan.dependencies.filter((dependency) => dependency.target.c99name !== previewKitModule);
  const objects = linked.flatMap((dependency) => dependency.objects);
  const contents = {
    name: `${target.c99name}-dependencies`,
    objects,
    libraries: linked.length < plan.dependencies.length ? [previewKit] : [],
    linker,
    usesCxx: linked.some(({ usesCxx }) => usesCxx),
  };
  const onLink = () => onProgress?.({ phase: 'linking dependencies' });
  const library = objects.length > 0 ? [await provideLibrary(contents, path.join(folder, 'libraries'), toolchain, onLink, signal)] : [];
  return {
    name: target.c99name,
    file: previewed,
    sources: plan.sources,
    script: findScript(plan.sources),
    flags: [...own.flags, '-I', plan.importPath],
    workingDirectory: root,
    libraryPaths: [...linker.libraryPaths, ...own.libraryPaths.map((each) => path.resolve(root, each))],
    // First what is linked of the dependencies: static libraries then have one copy, there.
    libraries: [...library, ...linker.libraries, ...own.libraries],
  };
}

interface PackageOptionsAt extends Omit<PackageOptions, 'cacheDirectory'> {
  root: string;
  /** hotswift's, for the package. */
  folder: string;
}

/** The nearest folder with a Package.swift, from `folder` upwards. */
async function findPackage(folder: string): Promise<string | undefined> {
  const exists = await access(path.join(folder, 'Package.swift')).then(
    () => true,
    () => false,
  );
  if (exists) return folder;
  const parent = path.dirname(folder);
  return parent === folder ? undefined : findPackage(parent);
}

function findTarget(file: string, { root, targets }: Package): PackageTarget {
  const owner = targets.find(({ sources }) => sources.includes(file)) ?? targets.find(({ folder }) => isInside(folder, file));
  if (owner === undefined || (owner.language === 'SwiftTarget' && !owner.sources.includes(file))) {
    const hint = owner === undefined ? '' : `; ${owner.name}, in whose folder it lies, leaves it out`;
    throw new HotswiftError(
      'ERR_HOTSWIFT_PROJECT',
      `${file} belongs to no target of the package in ${root}${hint}. Its targets are: ${targets.map(({ name }) => name).join(', ')}.`,
    );
  }
  if (owner.language !== 'SwiftTarget' || (owner.type !== 'library' && owner.type !== 'executable')) {
    throw new HotswiftError(
      'ERR_HOTSWIFT_PROJECT',
      `${file} belongs to ${owner.name}, which cannot be previewed: it is ${kindOf(owner)}; previews are of Swift libraries and executables.`,
    );
  }
  return owner;
}

function kindOf({ language, type }: PackageTarget): string {
  if (language === 'ClangTarget') return 'a C target';
  if (type === 'system-target') return 'a system library';
  return type === 'executable' || type === 'library' ? `of the kind ${language}` : `a ${type}${type === 'test' ? ' target' : ''}`;
}

async function watchOf(target: PackageTarget, considered: readonly PackageTarget[], local: readonly Package[]): Promise<PackageWatch> {
  const manifests = await Promise.all(local.map(({ root }) => manifestsOf(root)));
  const onThisMachine = new Set(local.flatMap(({ targets }) => targets));
  return {
    manifests: manifests.flat(),
    targetFolders: [target.folder],
    dependencyFolders: [...new Set(considered.filter((each) => onThisMachine.has(each)).map(({ folder }) => folder))],
  };
}

/** `undefined` if plugins are involved: what they read is not known. */
function inputsOf(
  module: ModuleDescription,
  { targetFolders, dependencyFolders }: PackageWatch,
  targets: readonly PackageTarget[],
  { file, dependencies }: TargetPlan,
  local: readonly Package[],
  scratch: string,
): Omit<PackageInputs, 'facts'> | undefined {
  if (targets.some(({ usesPlugins }) => usesPlugins)) return undefined;
  return {
    roots: local.map(({ root }) => root),
    targetFolders,
    dependencyFolders,
    products: [
      ...dependencies.flatMap((dependency) => dependency.module ?? []),
      ...module.libraries.filter((library) => path.isAbsolute(library)),
    ],
    present: [file, ...module.sources.filter((source) => isInside(scratch, source))],
  };
}

function isInside(folder: string, file: string): boolean {
  return file.startsWith(folder + path.sep);
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
