import { access, mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { changedFiles, type SourceSnapshot } from '../edit/source-set.js';
import { HotswiftError } from '../errors.js';
import type { ModuleDescription } from '../project/module.js';
import { runTool } from '../project/run-tool.js';
import type { Diagnostic, Strategy } from '../types.js';
import { formatDiagnostic, parseDiagnostics } from './diagnostics.js';
import { type FrontendTemplate, frontendJob, type PrimaryFile } from './frontend-job.js';
import { SourceCopies } from './source-copies.js';

/** What is known of a file from its last successful compile. */
interface CompiledFile {
  digest: string;
  object: string;
  /** What the file offers the rest of the module, as the compiler sees it; see native/dependency_file.h. */
  interface: string;
}

/** The objects of a module, one a file, all of the same texts. */
export interface CompiledModule {
  /** By source, in the order of the module. */
  objects: Map<string, string>;
  recompiled: string[];
  strategy: Strategy;
  reason: string;
  diagnostics: Diagnostic[];
}

export interface CompileOptions {
  /** Kills the compile and rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds for each frontend job; default 300,000. */
  timeout?: number;
  onProgress?: (done: number, total: number) => void;
}

/** Reads a file's interface out of the dependency information that the compiler wrote. */
export type ReadInterface = (dependencies: string) => string;

const defaultTimeout = 300_000;

/**
 * Compiles a module file by file and remembers the objects.
 *
 * An edit compiles the edited files (as primary files of the real module, the others being read along); if the interface of one of them
 * changed, the rest of the module as well. Nothing is remembered of a compile that failed, so the next one starts from what last worked.
 */
export class ModuleCompiler {
  readonly #module: ModuleDescription;
  readonly #template: FrontendTemplate;
  readonly #readInterface: ReadInterface;
  readonly #folder: string;
  readonly #copies: SourceCopies;
  #files = new Map<string, CompiledFile>();
  #compiles = 0;
  /** Folders of compiles that are over, however they ended. */
  #finished: string[] = [];

  /** `folder` belongs to the compiler: objects and copies of sources go there, and stay. */
  constructor(module: ModuleDescription, template: FrontendTemplate, readInterface: ReadInterface, folder: string) {
    this.#module = module;
    this.#template = template;
    this.#readInterface = readInterface;
    this.#folder = folder;
    this.#copies = new SourceCopies(path.join(folder, 'sources'));
  }

  /** The digests of the texts that the remembered objects were compiled from. */
  get digests(): ReadonlyMap<string, string> {
    return new Map([...this.#files].map(([file, { digest }]) => [file, digest]));
  }

  /** Rejects with ERR_HOTSWIFT_COMPILE if the sources are at fault. */
  async compile(sources: SourceSnapshot, options: CompileOptions = {}): Promise<CompiledModule> {
    await this.#forgetWhatIsGone();
    const first = this.#files.size === 0;
    const edited = changedFiles(sources, this.digests);
    const compiled = await this.#compileFiles(edited, sources, options);
    let { diagnostics } = compiled;
    const files = new Map([...this.#files, ...compiled.files]);
    const reached = edited.filter((file) => compiled.files.get(file)?.interface !== this.#files.get(file)?.interface);

    let recompiled = edited;
    if (!first && reached.length > 0) {
      const rest = this.#module.sources.filter((file) => !edited.includes(file));
      const others = await this.#compileFiles(rest, sources, options);
      for (const [file, state] of others.files) files.set(file, state);
      diagnostics = [...diagnostics, ...others.diagnostics];
      recompiled = [...edited, ...rest];
    }
    this.#files = files;
    return {
      objects: new Map(this.#module.sources.map((file) => [file, files.get(file)?.object ?? ''])),
      recompiled,
      strategy: first ? 'whole-module' : 'same-module',
      reason: explain(first, edited, reached),
      diagnostics,
    };
  }

  /** Deletes what earlier compiles left, apart from the remembered objects and those of `inUse`. */
  async discard(inUse: Iterable<string>): Promise<void> {
    const objects = [...inUse, ...[...this.#files.values()].map(({ object }) => object)];
    const kept = (folder: string) => objects.some((object) => object.startsWith(folder + path.sep));
    const left = this.#finished.filter((folder) => !kept(folder));
    this.#finished = this.#finished.filter(kept);
    await Promise.all(left.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** Something cleans temporary folders up: what is left of ours is not worth trusting. */
  async #forgetWhatIsGone(): Promise<void> {
    try {
      await Promise.all([...this.#files.values()].map(({ object }) => access(object)));
    } catch {
      this.#files.clear();
      this.#copies.forget();
    }
  }

  async #compileFiles(
    files: readonly string[],
    sources: SourceSnapshot,
    { signal, timeout = defaultTimeout, onProgress }: CompileOptions,
  ): Promise<{ files: Map<string, CompiledFile>; diagnostics: Diagnostic[] }> {
    this.#compiles += 1;
    const folder = path.join(this.#folder, String(this.#compiles));
    const overlay = await this.#copies.overlay(sources);
    const batches = divide(files, availableParallelism());
    const jobs = batches.map((batch, index) => this.#runJob(batch, overlay, path.join(folder, `job-${index}`), signal, timeout));
    let done = 0;
    const outcomes = await allOrThrow(
      jobs.map(async (job) => {
        const outcome = await job;
        done += outcome.primaries.length;
        onProgress?.(done, files.length);
        return outcome;
      }),
    ).finally(() => this.#finished.push(folder));
    const diagnostics = parseDiagnostics(outcomes.map(({ output }) => output).join(''));
    if (outcomes.some(({ failed }) => failed)) throw compileError(this.#module.name, diagnostics, outcomes);
    const compiled = outcomes
      .flatMap(({ primaries }) => primaries)
      .map(({ file, object, dependencies }): [string, CompiledFile] => [
        file,
        { digest: sources.get(file)?.digest ?? '', object, interface: this.#readInterface(dependencies) },
      ]);
    return { files: new Map(compiled), diagnostics };
  }

  async #runJob(
    batch: readonly string[],
    overlay: string,
    folder: string,
    signal: AbortSignal | undefined,
    ms: number,
  ): Promise<JobOutcome> {
    await mkdir(folder, { recursive: true });
    const primaries = batch.map((file, index): PrimaryFile => {
      const stem = path.join(folder, `${index}-${path.basename(file, '.swift').replace(/[^\w-]/g, '_')}`);
      return { file, object: `${stem}.o`, dependencies: `${stem}.swiftdeps` };
    });
    const { program, args } = await frontendJob(this.#template, this.#module.sources, primaries, overlay, folder);
    const result = await runTool(program, args, { cwd: this.#module.workingDirectory, signal, timeout: { ms, phase: 'compile' } });
    return { primaries, output: result.stderr, failed: result.exitCode !== 0, signal: result.signal };
  }
}

interface JobOutcome {
  primaries: PrimaryFile[];
  output: string;
  failed: boolean;
  signal: NodeJS.Signals | null;
}

/** One part a core, of about the same number of files. */
function divide(files: readonly string[], parts: number): string[][] {
  const size = Math.max(1, Math.ceil(files.length / parts));
  return Array.from({ length: Math.ceil(files.length / size) }, (_, index) => files.slice(index * size, (index + 1) * size));
}

/** Waits for every job, so that none goes on unseen, and then throws what the first one threw. */
async function allOrThrow<Value>(jobs: Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(jobs);
  return Promise.all(jobs);
}

function compileError(module: string, diagnostics: Diagnostic[], outcomes: readonly JobOutcome[]): HotswiftError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first !== undefined) {
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    return new HotswiftError('ERR_HOTSWIFT_COMPILE', `${formatDiagnostic(first)}${more}`, { diagnostics });
  }
  const crashed = outcomes.find(({ signal }) => signal !== null)?.signal;
  const output = outcomes.map((outcome) => outcome.output.trim()).join('\n');
  const what =
    crashed === 'SIGKILL'
      ? 'something ended the compiler (SIGKILL), for want of memory perhaps,'
      : crashed
        ? `the compiler crashed (${crashed})`
        : 'the compiler failed';
  return new HotswiftError('ERR_HOTSWIFT_COMPILE', `${what} on ${module}: ${output.slice(0, 2000)}`, { diagnostics });
}

function explain(first: boolean, edited: readonly string[], reached: readonly string[]): string {
  const names = (files: readonly string[]) => files.map((file) => path.basename(file)).join(', ');
  if (first) return 'nothing was compiled yet';
  if (reached.length === 0) return `no interface changed: only ${names(edited)} compiled`;
  return `the interface of ${names(reached)} changed: every file that could depend on it compiled`;
}
