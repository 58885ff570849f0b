import path from 'node:path';
import { z } from 'zod';
import { HotswiftError } from '../errors.js';
import { allEnded } from './all-ended.js';
import { errorsOfSwiftPM, runSwiftPM, type Workspace } from './swiftpm.js';

/** A target, as its manifest declares it and as SwiftPM found it on disk. */
export interface PackageTarget {
  name: string;
  /** The module's name. */
  c99name: string;
  /** `SwiftTarget`, `ClangTarget`, `SystemLibraryTarget`, `PluginTarget`, `BinaryTarget`. */
  language: string;
  /** `library`, `executable`, `test`, `macro`, `plugin`, `snippet`, `system-target`, `binary`. */
  type: string;
  /** Absolute. */
  folder: string;
  /** Absolute paths of the author's files; what plugins and SwiftPM generate is not among them. */
  sources: string[];
  linkerSettings: LinkerSetting[];
  /** The name of a system library for pkg-config. */
  pkgConfig?: string;
  /** How a system library is installed, as the manifest has it: a command each. */
  providers: string[];
  /** Whether plugins make sources for it, out of files that nobody knows. */
  usesPlugins: boolean;
}

/** What a target wants to be linked with, if `condition` holds. */
export type LinkerSetting = z.infer<typeof linkerSetting>;

/** A package with its targets. */
export interface Package {
  name: string;
  /** Absolute, symbolic links resolved. */
  root: string;
  targets: PackageTarget[];
  hasDependencies: boolean;
}

const described = z.object({
  name: z.string(),
  path: z.string(),
  dependencies: z.array(z.unknown()),
  targets: z.array(
    z.object({
      name: z.string(),
      c99name: z.string(),
      module_type: z.string(),
      type: z.string(),
      path: z.string(),
      sources: z.array(z.string()),
    }),
  ),
});

const value = <Value extends z.ZodType>(schema: Value) => z.object({ _0: schema });
const linkerSetting = z.object({
  tool: z.literal('linker'),
  condition: z.object({ platformNames: z.array(z.string()).optional(), config: z.string().nullish() }).nullish(),
  kind: z.union([
    z.object({ linkedLibrary: value(z.string()) }),
    z.object({ linkedFramework: value(z.string()) }),
    z.object({ unsafeFlags: value(z.array(z.string())) }),
  ]),
});
const otherSetting = z.object({ tool: z.string() });

const manifest = z.object({
  targets: z.array(
    z.object({
      name: z.string(),
      settings: z.array(z.union([linkerSetting, otherSetting])),
      pkgConfig: z.string().nullish(),
      providers: z.array(z.record(z.string(), z.array(z.array(z.string())))).nullish(),
      pluginUsages: z.array(z.unknown()).nullish(),
    }),
  ),
});

interface DependencyTree {
  path: string;
  dependencies: DependencyTree[];
}
const dependencyTree: z.ZodType<DependencyTree> = z.object({ path: z.string(), dependencies: z.lazy(() => z.array(dependencyTree)) });

/**
 * What SwiftPM says about a package (`swift package describe`, `dump-package`); nothing is fetched or built.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT, quoting SwiftPM, if it refuses the manifest.
 */
export async function describePackageAt(root: string, workspace: Workspace): Promise<Package> {
  const [description, declared] = await allEnded([
    askPackage(root, ['describe', '--type', 'json'], described, workspace),
    askPackage(root, ['dump-package'], manifest, workspace),
  ]);
  const declarations = new Map(declared.targets.map((target) => [target.name, target]));
  const targets = description.targets.map((target): PackageTarget => {
    const { settings = [], pkgConfig, providers, pluginUsages } = declarations.get(target.name) ?? {};
    const folder = path.resolve(description.path, target.path);
    return {
      name: target.name,
      c99name: target.c99name,
      language: target.module_type,
      type: target.type,
      folder,
      sources: target.sources.map((source) => path.resolve(folder, source)),
      linkerSettings: settings.filter((setting) => 'kind' in setting),
      pkgConfig: pkgConfig ?? undefined,
      providers: (providers ?? []).flatMap(installCommands),
      usesPlugins: (pluginUsages ?? []).length > 0,
    };
  });
  return { name: description.name, root: description.path, targets, hasDependencies: description.dependencies.length > 0 };
}

/** Those of this platform's package managers; manifests call them by these names. */
function installCommands(provider: Record<string, string[][]>): string[] {
  const managers = process.platform === 'darwin' ? { brew: 'brew' } : { apt: 'apt-get', yum: 'yum' };
  return Object.entries(managers).flatMap(([name, command]) =>
    (provider[name] ?? []).map((packages) => `${command} install ${packages.join(' ')}`),
  );
}

/**
 * The folders of every package that one depends on, whether directly or not; SwiftPM fetches what is missing.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT, quoting SwiftPM, if a dependency cannot be resolved.
 */
export async function findDependencies(root: string, workspace: Workspace): Promise<string[]> {
  const tree = await askPackage(root, ['show-dependencies', '--format', 'json'], dependencyTree, workspace);
  const found = new Set<string>();
  const visit = ({ path: folder, dependencies }: DependencyTree) => {
    if (found.has(folder)) return;
    found.add(folder);
    dependencies.forEach(visit);
  };
  tree.dependencies.forEach(visit);
  return [...found];
}

async function askPackage<Answer>(root: string, command: string[], schema: z.ZodType<Answer>, workspace: Workspace): Promise<Answer> {
  const [name = '', ...options] = command;
  const { exitCode, stdout, stderr } = await runSwiftPM(['package', name], root, options, workspace);
  if (exitCode !== 0) {
    const said = errorsOfSwiftPM(stderr) || errorsOfSwiftPM(stdout);
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `SwiftPM does not accept the package in ${root}:\n${said}`);
  }
  try {
    return schema.parse(JSON.parse(stdout));
  } catch (cause) {
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `what \`swift package ${name}\` prints for ${root} cannot be read`, { cause });
  }
}
