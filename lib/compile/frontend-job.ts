import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'shell-quote';
import { HotswiftError } from '../errors.js';
import { askDriver } from '../project/driver.js';
import { findScript, type ModuleDescription } from '../project/module.js';
import type { Toolchain } from '../project/toolchain.js';

/** The frontend invocation of a module, without what differs from one compile to the next: inputs and outputs. */
export interface FrontendTemplate {
  program: string;
  args: readonly string[];
  /** Where compilers put temporary files. One for all: debug information has paths of what macros made there. */
  temporaryFolder: string;
}

/** One file to compile, and where its outputs go. */
export interface PrimaryFile {
  file: string;
  object: string;
  /** The compiler's dependency information (`.swiftdeps`). */
  dependencies: string;
  /** What the file declares, for compiles of other files of the module (`.swiftmodule`). */
  module: string;
}

/** Where the outputs of a file go whose names begin with `stem`. */
export function primaryFile(file: string, stem: string): PrimaryFile {
  return { file, object: `${stem}.o`, dependencies: `${stem}.swiftdeps`, module: `${stem}.swiftmodule` };
}

/** What a compile reads besides the files it compiles. */
export interface ReadAlong {
  /** The sources, those that are compiled among them, in the order in which the compiler reads them. */
  sources: readonly string[];
  /** Modules that stand in for the other files: the compiler takes their declarations for those of the module's own files. */
  modules: readonly string[];
}

/** Stands for the sources while the driver is asked; nothing reads it. */
const placeholder = 'hotswift-placeholder.swift';

/**
 * Asks the driver which frontend job it would run for the module (`swiftc -###`). Every compile then runs the frontend itself: the
 * driver costs more than twice as much.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if the driver refuses the module's flags.
 */
export async function askForTemplate(
  toolchain: Toolchain,
  module: ModuleDescription,
  importPaths: readonly string[],
  moduleCache: string,
  temporaryFolder: string,
  signal?: AbortSignal,
): Promise<FrontendTemplate> {
  const args = [
    '-###',
    '-c',
    placeholder,
    '-module-name',
    module.name,
    // A file that is not main.swift has no top-level code; of a lone file the driver would think that it has.
    '-parse-as-library',
    '-Onone',
    '-enable-testing',
    '-D',
    'HOTSWIFT',
    '-module-cache-path',
    moduleCache,
    ...importPaths.flatMap((folder) => ['-I', folder]),
    // For backtraces, of which there are none elsewhere. Flags for more debug information, or none, go before it.
    ...(process.platform === 'linux' ? ['-gline-tables-only'] : []),
    ...module.flags,
    // Files are compiled one by one, whatever the module's release build does.
    '-no-whole-module-optimization',
    // The driver would have a bridging header compiled first, to a temporary file, which a compile would then read in its place.
    '-disable-bridging-pch',
  ];
  const question = { args, cwd: module.workingDirectory, temporaryFolder, signal };
  const { exitCode, stdout, stderr } = await askDriver(toolchain.driver, question, (output) => jobIn(output) !== undefined);
  const job = jobIn(stdout);
  if (exitCode !== 0 || job === undefined) {
    throw new HotswiftError(
      'ERR_HOTSWIFT_PROJECT',
      `swiftc does not accept the flags of ${module.name}: ${stderr.trim() || stdout.trim()}`,
    );
  }
  return { ...templateOf(words(job)), temporaryFolder };
}

/** A command line for a POSIX shell: in quotes, a line break does not end it. */
const commandLine = /(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^'"\\\n])+/gs;

/** The command line of the job that compiles. */
function jobIn(output: string): string | undefined {
  return output.match(commandLine)?.find((line) => line.includes('-frontend') && line.includes(placeholder));
}

/** The words of a command line as the driver prints it, quoted for a POSIX shell. */
function words(line: string): string[] {
  return parse(line, (name) => `$${name}`).map((word) => {
    if (typeof word === 'string') return word;
    if ('pattern' in word) return word.pattern;
    throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', `the driver printed a job that cannot be read: ${line}`);
  });
}

function templateOf([program = '', ...args]: string[]): Omit<FrontendTemplate, 'temporaryFolder'> {
  const kept: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    // Inputs and outputs are added for each compile; script mode is decided for each file.
    if (arg === '-primary-file' || arg === '-o') index += 1;
    else if (arg !== '-parse-as-library') kept.push(arg);
  }
  return {
    program,
    // The verifiers of assertions-enabled compilers cost 70 ms and check the compiler, not the user's code.
    args: [...kept, '-sil-verify-none', '-disable-ast-verifier', '-disable-llvm-verify', '-diagnostic-style=llvm', '-no-color-diagnostics'],
  };
}

/**
 * The command line that compiles some files of a module, the others being read along. Writes the list of outputs to `folder`.
 */
export async function frontendJob(
  template: FrontendTemplate,
  primaries: readonly PrimaryFile[],
  { sources, modules }: ReadAlong,
  overlay: string,
  folder: string,
): Promise<string[]> {
  const outputs = path.join(folder, 'outputs.yaml');
  await writeFile(outputs, outputMap(primaries, modules));
  const primary = new Map(primaries.map((one) => [one.file, one]));
  return [
    ...argumentsFor(template, findScript(sources) !== undefined, overlay, outputs),
    ...sources.flatMap((source) => (primary.has(source) ? ['-primary-file', source] : [source])),
    ...modules,
    ...objectsOf(primaries, sources).flatMap((object) => ['-o', object]),
  ];
}

/** What a job reads that was started before it was known what it is to compile: files in a folder. */
export class ListedJob {
  /** The last part of the path that is read first. */
  static readonly firstRead = 'HotswiftInputs';
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `hasScript`: whether main.swift is among the sources. */
  arguments(template: FrontendTemplate, hasScript: boolean): string[] {
    return [
      ...argumentsFor(template, hasScript, this.#path('overlay.yaml'), this.#path('outputs.yaml')),
      ...['-filelist', this.#path(ListedJob.firstRead)],
      ...['-primary-filelist', this.#path('primaries')],
      ...['-output-filelist', this.#path('objects')],
    ];
  }

  /** As `frontendJob`. */
  async write(primaries: readonly PrimaryFile[], { sources, modules }: ReadAlong, overlay: string): Promise<void> {
    const primary = new Set(primaries.map(({ file }) => file));
    await Promise.all([
      this.#writeList(ListedJob.firstRead, [...sources, ...modules]),
      this.#writeList(
        'primaries',
        sources.filter((source) => primary.has(source)),
      ),
      this.#writeList('objects', objectsOf(primaries, sources)),
      writeFile(this.#path('outputs.yaml'), outputMap(primaries, modules)),
      copyFile(overlay, this.#path('overlay.yaml')),
    ]);
  }

  #writeList(name: string, paths: readonly string[]): Promise<void> {
    return writeFile(this.#path(name), paths.map((file) => `${file}\n`).join(''));
  }

  #path(name: string): string {
    return path.join(this.#folder, name);
  }
}

function argumentsFor({ args }: FrontendTemplate, hasScript: boolean, overlay: string, outputs: string): string[] {
  const library = hasScript ? [] : ['-parse-as-library'];
  return [...args, ...library, '-vfsoverlay', overlay, '-supplementary-output-file-map', outputs];
}

function outputMap(primaries: readonly PrimaryFile[], modules: readonly string[]): string {
  const outputsOf = ({ dependencies, module }: PrimaryFile) => ({
    'swift-dependencies': dependencies,
    // Against a prebuilt module nothing is declared that is new: if something is, the file is compiled again.
    ...(modules.length === 0 ? { swiftmodule: module } : {}),
  });
  return JSON.stringify(Object.fromEntries(primaries.map((one) => [one.file, outputsOf(one)])));
}

/** Objects are matched with primary files by position: the order of the sources, not of the request. */
function objectsOf(primaries: readonly PrimaryFile[], sources: readonly string[]): string[] {
  const objects = new Map(primaries.map(({ file, object }) => [file, object]));
  return sources.flatMap((source) => objects.get(source) ?? []);
}

/** The command line that makes one module of several that stand for files of the same module. */
export function mergeJob(template: FrontendTemplate, modules: readonly string[], output: string): string[] {
  const args = template.args.filter((arg) => arg !== '-c');
  return [...args, '-merge-modules', '-emit-module', '-parse-as-library', ...modules, '-o', output];
}
