import { readdir, realpath, stat } from 'node:fs/promises';
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
  /** Whether plugins make sources or resources for it. */
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
  name: z.string(),
  targets: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      path: z.string().nullish(),
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
    const folder = path.resolve(description.path, target.path);
    return {
      name: target.name,
      c99name: target.c99name,
      language: target.module_type,
      type: target.type,
      folder,
      sources: target.sources.map((source) => path.resolve(folder, source)),
      ...settingsOf(declarations.get(target.name)),
    };
  });
  return { name: description.name, root: description.path, targets, hasDependencies: description.dependencies.length > 0 };
}

/**
 * A package that another one depends on, as its manifest declares it (`swift package dump-package`). To describe it would need all of it, its tests and what
 * these depend on, which `swift build` of the other one does without. Of its targets, those that others can depend on; no sources.
 *
 * Rejects as {@link describePackageAt}.
 */
export async function declaredPackageAt(root: string, workspace: Workspace): Promise<Package> {
  const declared = await askPackage(root, ['dump-package'], manifest, workspace);
  const wanted = declared.targets.filter(({ type }) => type !== 'test' && type !== 'snippet');
  const targets = await Promise.all(
    wanted.map(async (target): Promise<PackageTarget> => {
      const folder = await folderOf(target, root);
      return {
        name: target.name,
        c99name: moduleName(target.name),
        language: await languageOf(target.type, folder),
        type: kinds[target.type] ?? target.type,
        folder,
        sources: [],
        ...settingsOf(target),
      };
    }),
  );
  return { name: declared.name, root: await realpath(root), targets, hasDependencies: true };
}

/** What a description calls a target that a manifest calls otherwise. */
const kinds: Record<string, string> = { regular: 'library', system: 'system-target' };

/** Where SwiftPM looks for a target whose manifest does not say where it is (TargetSourcesBuilder, PackageBuilder.predefinedSourceDirectories). */
const sourceFolders: Record<string, string[]> = { plugin: ['Plugins'] };
const usualFolders = ['Sources', 'Source', 'src', 'srcs'];

async function folderOf(
  { name, type, path: declared }: { name: string; type: string; path?: string | null },
  root: string,
): Promise<string> {
  if (declared) return path.resolve(root, declared);
  for (const parent of sourceFolders[type] ?? usualFolders) {
    const folder = path.join(root, parent, name);
    if (await stat(folder).catch(() => undefined)) return folder;
  }
  return path.join(root, 'Sources', name);
}

async function languageOf(type: string, folder: string): Promise<string> {
  if (type === 'system') return 'SystemLibraryTarget';
  if (type === 'plugin') return 'PluginTarget';
  if (type === 'binary') return 'BinaryTarget';
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  return files.some((file) => file.endsWith('.swift')) ? 'SwiftTarget' : 'ClangTarget';
}

/** SwiftPM's name for the module of a target: what is no letter of a C identifier is `_`. */
function moduleName(target: string): string {
  return target.replace(/[^\p{L}\p{N}_]/gu, '_').replace(/^\p{N}/u, '_');
}

type DeclaredTarget = z.infer<typeof manifest>['targets'][number];

/** What a manifest says of a target and a description leaves out. */
function settingsOf(target?: DeclaredTarget): Pick<PackageTarget, 'linkerSettings' | 'pkgConfig' | 'providers' | 'usesPlugins'> {
  const { settings = [], pkgConfig, providers, pluginUsages } = target ?? {};
  return {
    linkerSettings: settings.filter((setting) => 'kind' in setting),
    pkgConfig: pkgConfig ?? undefined,
    providers: (providers ?? []).flatMap(installCommands),
    usesPlugins: (pluginUsages ?? []).length > 0,
  };
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
  // SwiftPM says on the same stream what it thinks of files that it finds.
  const start = /^[{[]/m.exec(stdout)?.index ?? 0;
  const remarks = stdout.slice(0, start).trim();
  for (const remark of remarks.split('\n')) if (remark !== '') workspace.onRemark?.(remark);
  try {
    return schema.parse(JSON.parse(stdout.slice(start)));
  } catch (cause) {
    const said = errorsOfSwiftPM(`${stderr}\n${remarks}`);
    const message = `what \`swift package ${name}\` prints for ${root} cannot be read${said === '' ? '' : `; it also says:\n${said}`}`;
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', message, { cause });
  }
}
