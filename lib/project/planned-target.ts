import { availableParallelism } from 'node:os';
import { HotswiftError } from '../errors.js';
import { mapEnded } from './all-ended.js';
import { readBuildPlan, type TargetPlan } from './build-plan.js';
import { variablesRead } from './manifest-variables.js';
import { declaredPackageAt, describePackageAt, findDependencies, type Package, type PackageTarget } from './package-description.js';
import { isInside } from './paths.js';
import { askPkgConfig, type SystemLibrary } from './pkg-config.js';
import { type BuildOptions, buildTarget, buildWhatItNeeds } from './swift-build.js';

/** A target with all that it depends on built. */
export interface PlannedTarget {
  target: PackageTarget;
  plan: TargetPlan;
  /** Every target that the target depends on in any way: what it is linked with, system libraries, macros, plugins and their tools. */
  considered: PackageTarget[];
  /** Those among them that are libraries of the system, found by pkg-config, as it was when SwiftPM was asked. */
  systemLibraries: (SystemLibrary & { target: PackageTarget })[];
  /** The package and those that it depends on, apart from what SwiftPM fetched. */
  localPackages: Package[];
  /** Variables of the environment that manifests read; `undefined`: any may be. */
  variables: string[] | undefined;
}

/**
 * Finds the target of the package in `build.root` that owns a file, and has SwiftPM build what the target needs.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if there is no such target, if it cannot be previewed, and with what SwiftPM refuses.
 */
export async function planTarget(file: string, build: BuildOptions): Promise<PlannedTarget> {
  const { root, scratch, toolchain, onProgress } = build;
  onProgress?.({ phase: 'resolving the package' });
  const main = await describePackageAt(root, build);
  const target = findTarget(file, main);
  const others = main.hasDependencies ? await findDependencies(root, build) : [];
  // SwiftPM takes a processor for each.
  const declared = await mapEnded(others, availableParallelism(), (other) => declaredPackageAt(other, build));
  const packages = [main, ...declared];
  const targets = packages.flatMap((each) => each.targets);

  const systemLibraries = await Promise.all(
    targets.flatMap((each) => {
      if (each.type !== 'system-target' || each.pkgConfig === undefined) return [];
      return askPkgConfig(each.pkgConfig, build.signal).then((library) => ({ ...library, target: each }));
    }),
  );
  const options = { ...build, plansAnew: systemLibraries.length > 0 || targets.some(({ usesPlugins }) => usesPlugins) };
  await buildWhatItNeeds(target, options);
  const plan = await readBuildPlan(scratch, toolchain.platform, target, targets);
  for (const dependency of plan.dependencies) if (!dependency.builtByCompiles) await buildTarget(dependency.target, options);

  const considered = targets.filter(({ c99name }) => plan.considered.includes(c99name));
  return {
    target,
    plan,
    considered,
    systemLibraries: systemLibraries.filter((each) => considered.includes(each.target)),
    localPackages: packages.filter((each) => each === main || !isInside(scratch, each.root)),
    variables: await variablesRead(packages.map((each) => each.root)),
  };
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
  return type === 'test' ? 'a test target' : `a ${type}`;
}
