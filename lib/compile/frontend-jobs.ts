import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import debug from 'debug';
import { asWritten, type SourceSnapshot } from '../edit/source-set.js';
import { HotswiftError } from '../errors.js';
import { noSpaceLeft } from '../project/full-disk.js';
import { findScript, type ModuleDescription } from '../project/module.js';
import { runTool, type ToolResult } from '../project/run-tool.js';
import type { Diagnostic } from '../types.js';
import type { CompiledFile } from './compiled-file.js';
import { formatDiagnostic, parseDiagnostics } from './diagnostics.js';
import { frontendEnvironment } from './frontend-environment.js';
import { type FrontendTemplate, frontendJob, mergeJob, type PrimaryFile, primaryFile, type ReadAlong } from './frontend-job.js';
import { ReadyFrontends } from './ready-frontends.js';
import { SourceCopies } from './source-copies.js';
import type { CompileInputs } from './warm-frontend.js';
import { WarmFrontends } from './warm-frontends.js';

export interface JobOptions {
  /** Kills the jobs and rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds for each job; default 300,000. */
  timeout?: number;
  /**
   * For texts that there are two of: the `first` is not tried again by another frontend if it is refused, and the `second`, which is to tell whether the user's
   * text is at fault, is compiled by a frontend that has read nothing before.
   */
  attempt?: 'first' | 'second';
  /** Whether the jobs leave what waits for an edit to an edit. Default `false`. */
  inBackground?: boolean;
  /** Whether compilers give way to other programs. Default `false`. */
  givesWay?: boolean;
  /** Whether each file is compiled alone, see {@link CompiledFile.alongside}, although that takes longer. Default `false`: a few are. */
  alone?: boolean;
  /** Told at the start and after each job: files compiled, files in all. */
  onProgress?: (done: number, total: number) => void;
  /** Given the files of each job that succeeded, when it ends; the worker that ran it waits. */
  onCompiled?: (files: ReadonlyMap<string, CompiledFile>) => Promise<void>;
}

export interface JobResults {
  /** What succeeded, by source. */
  files: Map<string, CompiledFile>;
  diagnostics: Diagnostic[];
  /** Whether a warm frontend has compiled. */
  warm: boolean;
  /** ERR_HOTSWIFT_COMPILE if a job failed. */
  failure?: HotswiftError;
}

const log = debug('hotswift:compile');

const defaultTimeout = 300_000;

/** A job reads the whole module before it compiles: with fewer files it would do little else, with more it would be lost more dearly. */
const filesPerJob = 24;

/** For each core: so many files are compiled alone at most where that is not asked for. What is noted of them is exact, which costs three times as much. */
const aloneAtOnce = 4;

/** Runs `swift-frontend` for some files of a module at a time. */
export class FrontendJobs {
  readonly #module: ModuleDescription;
  readonly #template: FrontendTemplate;
  readonly #folder: string;
  readonly #copies: SourceCopies;
  readonly #warm: WarmFrontends | undefined;
  readonly #ready: ReadyFrontends | undefined;
  #runs = 0;
  /** Folders of runs that are over, however they ended. */
  #finished: string[] = [];

  /**
   * `folder` belongs to the jobs: what they make, and copies of sources, go there and stay. `warmImage`: the descriptor of what makes a frontend warm;
   * missing: each job starts a frontend.
   */
  constructor(module: ModuleDescription, template: FrontendTemplate, folder: string, warmImage?: number) {
    this.#module = module;
    this.#template = template;
    this.#folder = folder;
    this.#copies = new SourceCopies(path.join(folder, 'sources'));
    if (warmImage === undefined) return;
    const { name: moduleName, workingDirectory } = module;
    const common = { template, workingDirectory, image: warmImage };
    this.#warm = new WarmFrontends({ ...common, moduleName, folder: path.join(folder, 'warm'), copies: this.#copies });
    this.#ready = new ReadyFrontends({ ...common, folder: path.join(folder, 'ready') });
  }

  /**
   * Compiles some files. The others are read along, or, where `modules` are given, these stand in for them.
   *
   * A file at fault is the `failure` of the results; rejects if a job was killed, took too long or could not be run.
   */
  async compile(
    files: readonly string[],
    sources: SourceSnapshot,
    modules: readonly string[] | undefined,
    options: JobOptions = {},
  ): Promise<JobResults> {
    this.#runs += 1;
    const folder = path.join(this.#folder, String(this.#runs));
    try {
      return await this.#compileIn(folder, files, sources, modules, options);
    } finally {
      this.#finished.push(folder);
    }
  }

  async #compileIn(
    folder: string,
    files: readonly string[],
    sources: SourceSnapshot,
    modules: readonly string[] | undefined,
    options: JobOptions,
  ): Promise<JobResults> {
    const [file] = files;
    if (file === undefined || files.length > 1 || options.inBackground) return this.#compileCold(files, sources, modules, folder, options);
    const isSecond = options.attempt === 'second';
    const warm = isSecond ? undefined : await this.#compileWarm({ file, sources, modules }, folder, options);
    if (warm !== undefined && (warm.failure === undefined || options.attempt === 'first')) return warm;
    const cold = await this.#compileCold(files, sources, modules, folder, options);
    if (cold.failure === undefined) this.#warm?.noteSuccess(file, isSecond);
    return cold;
  }

  /**
   * Starts frontends for the first so many of these edits, so that their compiles have less to do, and one for any other edit of these sources; those that
   * there are for the others stay. Resolves when that is done, or when a compile interrupted it.
   */
  async warmUp(edits: readonly CompileInputs[], count: number, sources: SourceSnapshot): Promise<void> {
    await this.#warm?.provide(edits, count);
    await this.#ready?.provide(hasScript([...sources.keys()]));
  }

  /** Ends what runs between compiles. */
  async close(): Promise<void> {
    await Promise.all([this.#warm?.close(), this.#ready?.close()]);
  }

  /** `undefined`: there is no warm frontend for it. */
  async #compileWarm(inputs: CompileInputs, folder: string, options: JobOptions): Promise<JobResults | undefined> {
    if (this.#warm === undefined) return undefined;
    const [primary] = await outputsOf([inputs.file], path.join(folder, 'warm'));
    if (primary === undefined) return undefined;
    const { signal, timeout = defaultTimeout } = options;
    options.onProgress?.(0, 1);
    const result = await this.#warm.compile(inputs, primary, { signal, timeout });
    if (result === undefined) return undefined;
    const diagnostics = parseDiagnostics(result.output).map((one) => asWritten(one, inputs.sources));
    if (!result.isCompiled) {
      const failure = compileError(this.#module, diagnostics, [{ stderr: result.output, signal: null }]);
      return { files: new Map(), diagnostics, warm: true, failure };
    }
    const files = compiledFiles([primary], inputs.sources, inputs.modules);
    await options.onCompiled?.(files);
    options.onProgress?.(1, 1);
    return { files, diagnostics, warm: true };
  }

  async #compileCold(
    files: readonly string[],
    sources: SourceSnapshot,
    modules: readonly string[] | undefined,
    folder: string,
    options: JobOptions,
  ): Promise<JobResults> {
    if (!options.inBackground) this.#warm?.interrupt();
    options.onProgress?.(0, files.length);
    const inputs = modules === undefined ? readingOrder(files, sources) : files;
    const along = { sources: inputs, modules: modules ?? [] };
    const overlay = await this.#copies.overlay(inputs.flatMap((file) => sources.get(file) ?? []));
    const results: JobResults = { files: new Map(), diagnostics: [], warm: false };
    const waiting = divide(files, options.alone ?? false).entries();
    const failed: Pick<ToolResult, 'stderr' | 'signal'>[] = [];
    const outputs: string[] = [];
    const work = async () => {
      for (const [index, batch] of waiting) {
        const primaries = await outputsOf(batch, path.join(folder, `job-${index}`));
        const result = await this.#runJob(primaries, along, overlay.file, path.join(folder, `job-${index}`), options);
        outputs.push(result.stderr);
        if (result.exitCode !== 0) {
          failed.push(result);
          continue;
        }
        const compiled = compiledFiles(primaries, sources, modules);
        for (const [file, made] of compiled) results.files.set(file, made);
        await options.onCompiled?.(compiled);
        options.onProgress?.(results.files.size, files.length);
      }
    };
    try {
      await allOrThrow(Array.from({ length: availableParallelism() }, work));
    } finally {
      overlay.release();
    }
    results.diagnostics = parseDiagnostics(outputs.join('')).map((one) => asWritten(one, sources));
    if (failed.length > 0) results.failure = (await this.#noSpaceLeft(failed)) ?? compileError(this.#module, results.diagnostics, failed);
    return results;
  }

  /** Makes one module of several. Resolves with whether that worked. */
  async merge(modules: readonly string[], output: string, options: Pick<JobOptions, 'signal' | 'givesWay'>): Promise<boolean> {
    const result = await this.#run(mergeJob(this.#template, modules, output), options);
    if (result.exitCode !== 0) log('merging %d modules: %s', modules.length, result.stderr.trim());
    return result.exitCode === 0;
  }

  /** Deletes what earlier runs left, apart from runs of which a file is `inUse`. */
  async discard(inUse: Iterable<string>): Promise<void> {
    const kept = new Set([...inUse].map((file) => path.dirname(path.dirname(file))));
    const left = this.#finished.filter((folder) => !kept.has(folder));
    this.#finished = this.#finished.filter((folder) => kept.has(folder));
    await Promise.all(left.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** The copies of sources are not worth trusting any more. */
  forgetCopies(): void {
    this.#copies.forget();
  }

  #noSpaceLeft(failed: readonly Pick<ToolResult, 'stderr'>[]): Promise<HotswiftError | undefined> {
    const { args } = this.#template;
    const modules = args[args.indexOf('-module-cache-path') + 1] ?? this.#folder;
    return noSpaceLeft(failed.map(({ stderr }) => stderr).join('\n'), [modules, this.#folder]);
  }

  async #runJob(
    primaries: readonly PrimaryFile[],
    along: ReadAlong,
    overlay: string,
    folder: string,
    options: JobOptions,
  ): Promise<Pick<ToolResult, 'exitCode' | 'signal' | 'stderr'>> {
    // A fork would have the priority of what it is a fork of.
    if (!options.inBackground) {
      const { signal, timeout = defaultTimeout } = options;
      const ready = await this.#ready?.compile(hasScript(along.sources), primaries, along, overlay, { signal, timeout });
      if (ready !== undefined) return { exitCode: ready.exitCode, signal: null, stderr: ready.output };
    }
    return this.#run(await frontendJob(this.#template, primaries, along, overlay, folder), options);
  }

  #run(args: readonly string[], { signal, timeout: ms = defaultTimeout, givesWay }: JobOptions): Promise<ToolResult> {
    const timeout = { ms, phase: 'compile' };
    const env = frontendEnvironment();
    // Macros that are programs run beside the compiler.
    const hasChildren = args.some((arg) => /^-(load-plugin-executable|external-plugin-path)/.test(arg));
    const place = { cwd: this.#module.workingDirectory, temporaryFolder: this.#template.temporaryFolder };
    return runTool(this.#template.program, args, { ...place, env, hasChildren, signal, timeout, givesWay });
  }
}

/** The files that a job writes, in a folder of its own. */
async function outputsOf(files: readonly string[], folder: string): Promise<PrimaryFile[]> {
  await mkdir(folder, { recursive: true });
  return files.map((file, index) =>
    primaryFile(file, path.join(folder, `${index}-${path.basename(file, '.swift').replace(/[^\w-]/g, '_')}`)),
  );
}

function hasScript(sources: readonly string[]): boolean {
  return findScript(sources) !== undefined;
}

/** A file that is compiled alone comes last, as warm frontends have it: the order of the libraries in its object is that of the files. */
function readingOrder(files: readonly string[], sources: SourceSnapshot): string[] {
  const [file] = files;
  if (file === undefined || files.length > 1) return [...sources.keys()];
  return [...[...sources.keys()].filter((other) => other !== file), file];
}

function compiledFiles(
  primaries: readonly PrimaryFile[],
  sources: SourceSnapshot,
  modules: readonly string[] | undefined,
): Map<string, CompiledFile> {
  const fromSources = modules === undefined;
  return new Map(
    primaries.map(({ file, ...made }) => {
      const alongside = primaries.filter((other) => other.file !== file).map(({ dependencies }) => dependencies);
      return [file, { ...made, alongside, digest: sources.get(file)?.digest ?? '', fromSources }];
    }),
  );
}

/** Parts for one job each: of about the same number of files, and at least one a core. */
function divide(files: readonly string[], alone: boolean): string[][] {
  if (alone || files.length <= aloneAtOnce * availableParallelism()) return files.map((file) => [file]);
  const parts = Math.max(Math.min(availableParallelism(), files.length), Math.ceil(files.length / filesPerJob));
  const size = Math.max(1, Math.ceil(files.length / parts));
  return Array.from({ length: Math.ceil(files.length / size) }, (_, index) => files.slice(index * size, (index + 1) * size));
}

/** Waits for every job, so that none goes on unseen, and then throws what the first one threw. */
async function allOrThrow<Value>(jobs: Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(jobs);
  return Promise.all(jobs);
}

function compileError(
  { name, notInstalled = [] }: ModuleDescription,
  diagnostics: Diagnostic[],
  failed: readonly Pick<ToolResult, 'stderr' | 'signal'>[],
): HotswiftError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first !== undefined) {
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    const isNamed = (module: string) => errors.some(({ message }) => message.includes(`module '${module}'`));
    const remedies = notInstalled.filter(({ module }) => isNamed(module)).map(({ remedy }) => `\n${remedy}`);
    return new HotswiftError('ERR_HOTSWIFT_COMPILE', `${formatDiagnostic(first)}${more}${remedies.join('')}`, { diagnostics });
  }
  const crashed = failed.find(({ signal }) => signal !== null)?.signal;
  const output = failed.map(({ stderr }) => stderr.trim()).join('\n');
  const what =
    crashed === 'SIGKILL'
      ? 'something ended the compiler (SIGKILL), for want of memory perhaps,'
      : crashed
        ? `the compiler crashed (${crashed})`
        : 'the compiler failed';
  return new HotswiftError('ERR_HOTSWIFT_COMPILE', `${what} on ${name}: ${output.slice(0, 2000)}`, { diagnostics });
}
