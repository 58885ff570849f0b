import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import { HotswiftError } from '../errors.js';
import type { PackageTarget } from './package-description.js';
import { isInside } from './paths.js';

/** How SwiftPM would build a Swift target in debug mode. All paths are absolute. */
export interface TargetPlan {
  /** Where SwiftPM wrote it down. */
  file: string;
  /** Every Swift file of the module, generated ones included. */
  sources: string[];
  /** For swiftc, those of the build itself among them. */
  arguments: string[];
  /** Folder with the `.swiftmodule`s of what the target imports. */
  importPath: string;
  /** What is linked with the target, whether it depends on it directly or not. Macros, plugins and their tools are not. */
  dependencies: PlannedDependency[];
  /** Module names of all that SwiftPM takes into account: the dependencies, system libraries, macros, plugins and their tools. */
  considered: string[];
  /**
   * Files that plug-ins' commands make sources or resources of, in any target of the package; their tools are not among them. `undefined`: some sources are of a
   * command that SwiftPM runs at each build, whose files are not known.
   */
  pluginInputs: string[] | undefined;
}

/** A target that is linked with another. */
export interface PlannedDependency {
  target: PackageTarget;
  objects: string[];
  /** Its `.swiftmodule`, if it is a Swift target. */
  module?: string;
  /** Whether its code needs the C++ library. */
  usesCxx: boolean;
  /** Whether every build of a Swift target that depends on it builds it: what only C targets depend on, no compile waits for. */
  builtByCompiles: boolean;
}

const description = z.object({
  swiftCommands: z.record(
    z.string(),
    z.object({
      moduleName: z.string(),
      moduleOutputPath: z.string(),
      importPath: z.string(),
      inputs: z.array(z.object({ kind: z.string(), name: z.string() })),
      sources: z.array(z.string()),
      otherArguments: z.array(z.string()),
    }),
  ),
  targetDependencyMap: z.record(z.string(), z.array(z.string())),
});

const manifest = z.object({
  commands: z.record(z.string(), z.object({ inputs: z.array(z.string()).default([]), outputs: z.array(z.string()).default([]) })),
});

type SwiftCommand = z.infer<typeof description>['swiftCommands'][string];
type BuildCommand = z.infer<typeof manifest>['commands'][string];

/** As SwiftPM tells them apart (`SupportedLanguageExtension.cppExtensions`). */
const cxxExtensions = new Set(['.cc', '.cpp', '.cxx', '.c++', '.mm']);

/**
 * Reads what SwiftPM wrote down when it planned its last build: `description.json`, and the manifest of its build engine, llbuild, where
 * the objects of C targets stand.
 *
 * `platform` is the toolchain's, `targets` are those of every package. Rejects with ERR_HOTSWIFT_PROJECT if the files are not what hotswift
 * knows of SwiftPM.
 */
export async function readBuildPlan(
  scratch: string,
  platform: string,
  target: PackageTarget,
  targets: readonly PackageTarget[],
): Promise<TargetPlan> {
  // The link `debug` next to the platform's folder is only made by a build that succeeds.
  const file = path.join(scratch, platform, 'debug', 'description.json');
  const [{ swiftCommands, targetDependencyMap }, { commands }] = await Promise.all([
    readWith(file, description, JSON.parse),
    readWith(path.join(scratch, 'debug.yaml'), manifest, load),
  ]);
  const graph = new BuildGraph(swiftCommands, commands, targetDependencyMap, target, targets);
  const { sources, otherArguments, importPath } = graph.compileOf(target);
  return {
    file,
    sources,
    arguments: otherArguments,
    importPath,
    dependencies: graph.dependenciesOf(target),
    considered: targetDependencyMap[target.c99name] ?? [],
    pluginInputs: graph.inputsOfPlugins(scratch),
  };
}

async function readWith<Content>(file: string, schema: z.ZodType<Content>, parse: (text: string) => unknown): Promise<Content> {
  try {
    return schema.parse(parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `SwiftPM's plan of the build, ${file}, cannot be read`, { cause });
  }
}

/** Who needs whom, for the platform that is built for; SwiftPM builds some targets for its tools as well, under other names. */
class BuildGraph {
  readonly #swift: Record<string, SwiftCommand>;
  readonly #commands: Record<string, BuildCommand>;
  readonly #dependencyMap: Record<string, string[]>;
  /** What the names of llbuild's commands end with: the platform and the configuration. */
  readonly #suffix: string;
  /** By the file that a command makes, that command. */
  readonly #producers = new Map<string, BuildCommand>();
  /** By the file that a target's build makes, that target. */
  readonly #owners = new Map<string, PackageTarget>();
  readonly #byModule: Map<string, PackageTarget>;

  constructor(
    swift: Record<string, SwiftCommand>,
    commands: Record<string, BuildCommand>,
    dependencyMap: Record<string, string[]>,
    target: PackageTarget,
    targets: readonly PackageTarget[],
  ) {
    this.#swift = swift;
    this.#commands = commands;
    this.#dependencyMap = dependencyMap;
    this.#suffix = suffixOf(target, swift);
    this.#byModule = new Map(targets.map((each) => [each.c99name, each]));
    for (const command of Object.values(commands)) for (const output of command.outputs) this.#producers.set(output, command);
    for (const each of targets) for (const file of this.#productsOf(each)) this.#owners.set(file, each);
  }

  compileOf(target: PackageTarget): SwiftCommand {
    const command = this.#swift[`C.${target.name}${this.#suffix}`];
    if (command === undefined) throw unplanned(target);
    return command;
  }

  /** Each once, those nearer to the target first. */
  dependenciesOf(target: PackageTarget): PlannedDependency[] {
    const found = new Map<PackageTarget, { builtByCompiles: boolean }>();
    const queue = [target];
    for (const next of queue) {
      for (const dependency of this.#directDependencies(next)) {
        const builtByCompiles = next.language === 'SwiftTarget';
        const known = found.get(dependency);
        if (known !== undefined) known.builtByCompiles ||= builtByCompiles;
        else {
          found.set(dependency, { builtByCompiles });
          queue.push(dependency);
        }
      }
    }
    return [...found].map(([dependency, { builtByCompiles }]) => this.#plan(dependency, builtByCompiles));
  }

  /** See {@link TargetPlan.pluginInputs}. */
  inputsOfPlugins(scratch: string): string[] | undefined {
    const outputs = path.join(scratch, 'plugins', 'outputs');
    const sources = Object.values(this.#swift).flatMap((command) => command.sources);
    if (sources.some((source) => isInside(outputs, source) && !this.#producers.has(source))) return undefined;
    const commands = Object.values(this.#commands).filter((command) => command.outputs.some((output) => isInside(outputs, output)));
    const inputs = commands.flatMap((command) => command.inputs);
    return [...new Set(inputs)].filter((input) => path.isAbsolute(input) && !isInside(scratch, input));
  }

  #plan(target: PackageTarget, builtByCompiles: boolean): PlannedDependency {
    const files = this.#productsOf(target);
    const objects = files.filter((file) => file.endsWith('.o'));
    const sources = objects.flatMap((object) => this.#producers.get(object)?.inputs ?? []);
    return {
      target,
      objects,
      module: files.find((file) => file.endsWith('.swiftmodule')),
      usesCxx: target.language === 'ClangTarget' && sources.some((source) => cxxExtensions.has(path.extname(source))),
      builtByCompiles,
    };
  }

  #directDependencies(target: PackageTarget): PackageTarget[] {
    if (target.language === 'SwiftTarget') return this.#ownersOf(this.compileOf(target).inputs.map(({ name }) => name));
    // The compiles of C targets wait for nothing; SwiftPM lists what they depend on, indirectly as well.
    const modules = this.#dependencyMap[target.c99name] ?? [];
    return modules.flatMap((name) => this.#byModule.get(name) ?? []).filter((each) => this.#productsOf(each).length > 0);
  }

  /** Whose modules and objects these are; of libraries and executables that another package links, those that they are linked of. */
  #ownersOf(files: readonly string[]): PackageTarget[] {
    return files.flatMap((file) => {
      const owner = this.#owners.get(file);
      if (owner !== undefined) return [owner];
      const linked = (this.#producers.get(file)?.inputs ?? []).filter((input) => input.endsWith('.o'));
      return linked.flatMap((object) => this.#owners.get(object) ?? []);
    });
  }

  /** Objects and, of a Swift target, the module; nothing for a target without code. */
  #productsOf(target: PackageTarget): string[] {
    return this.#commands[`<${target.name}${this.#suffix}>`]?.inputs ?? [];
  }
}

function suffixOf(target: PackageTarget, commands: Record<string, SwiftCommand>): string {
  const start = `C.${target.name}`;
  const found = Object.entries(commands).find(
    ([name, { moduleName }]) => moduleName === target.c99name && name.startsWith(start) && !name.endsWith('-tool.module'),
  );
  if (found === undefined) throw unplanned(target);
  return found[0].slice(start.length);
}

function unplanned(target: PackageTarget): HotswiftError {
  return new HotswiftError(
    'ERR_HOTSWIFT_PROJECT',
    `SwiftPM's plan of the build does not say how the target ${target.name} is compiled. Describe it with the option \`module\`.`,
  );
}
