import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import debug from 'debug';
import type { SourceSnapshot } from '../edit/source-set.js';
import { HotswiftError } from '../errors.js';
import type { ModuleDescription } from '../project/module.js';
import { runTool, type ToolResult } from '../project/run-tool.js';
import type { Diagnostic } from '../types.js';
import type { CompiledFile } from './compiled-file.js';
import { formatDiagnostic, parseDiagnostics } from './diagnostics.js';
import { type FrontendTemplate, frontendJob, mergeJob, type PrimaryFile } from './frontend-job.js';
import { SourceCopies } from './source-copies.js';

export interface JobOptions {
  /** Kills the jobs and rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds for each job; default 300,000. */
  timeout?: number;
  /** Whether the jobs give way to others. Default `false`. */
  inBackground?: boolean;
  /** Told after each job: files compiled, files in all. */
  onProgress?: (done: number, total: number) => void;
  /** Given the files of each job that succeeded, when it ends; the worker that ran it waits. */
  onCompiled?: (files: ReadonlyMap<string, CompiledFile>) => Promise<void>;
}

export interface JobResults {
  /** What succeeded, by source. */
  files: Map<string, CompiledFile>;
  diagnostics: Diagnostic[];
  /** ERR_HOTSWIFT_COMPILE if a job failed. */
  failure?: HotswiftError;
}

const log = debug('hotswift:compile');

const defaultTimeout = 300_000;

/** A job reads the whole module before it compiles: with fewer files it would do little else, with more it would be lost more dearly. */
const filesPerJob = 24;

/** Runs `swift-frontend` for some files of a module at a time. */
export class FrontendJobs {
  readonly #module: ModuleDescription;
  readonly #template: FrontendTemplate;
  readonly #folder: string;
  readonly #copies: SourceCopies;
  #runs = 0;
  /** Folders of runs that are over, however they ended. */
  #finished: string[] = [];

  /** `folder` belongs to the jobs: what they make, and copies of sources, go there and stay. */
  constructor(module: ModuleDescription, template: FrontendTemplate, folder: string) {
    this.#module = module;
    this.#template = template;
    this.#folder = folder;
    this.#copies = new SourceCopies(path.join(folder, 'sources'));
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
    const inputs = modules === undefined ? [...sources.keys()] : files;
    const along = { sources: inputs, modules: modules ?? [] };
    const overlay = await this.#copies.overlay(inputs.flatMap((file) => sources.get(file) ?? []));
    const results: JobResults = { files: new Map(), diagnostics: [] };
    const waiting = divide(files).entries();
    const failed: ToolResult[] = [];
    const outputs: string[] = [];
    const work = async () => {
      for (const [index, batch] of waiting) {
        const primaries = await outputsOf(batch, path.join(folder, `job-${index}`));
        const args = await frontendJob(this.#template, primaries, along, overlay.file, path.join(folder, `job-${index}`));
        const result = await this.#run(args, options);
        outputs.push(result.stderr);
        if (result.exitCode !== 0) {
          failed.push(result);
          continue;
        }
        const compiled = new Map(
          primaries.map(({ file, ...made }) => [
            file,
            { ...made, digest: sources.get(file)?.digest ?? '', fromSources: modules === undefined },
          ]),
        );
        for (const [file, made] of compiled) results.files.set(file, made);
        await options.onCompiled?.(compiled);
        options.onProgress?.(results.files.size, files.length);
      }
    };
    try {
      await allOrThrow(Array.from({ length: availableParallelism() }, work));
    } finally {
      overlay.release();
      this.#finished.push(folder);
    }
    results.diagnostics = parseDiagnostics(outputs.join(''));
    if (failed.length > 0) results.failure = compileError(this.#module.name, results.diagnostics, failed);
    return results;
  }

  /** Makes one module of several. Resolves with whether that worked. */
  async merge(modules: readonly string[], output: string, signal?: AbortSignal): Promise<boolean> {
    const result = await this.#run(mergeJob(this.#template, modules, output), { signal, inBackground: true });
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

  #run(args: readonly string[], { signal, timeout: ms = defaultTimeout, inBackground }: JobOptions): Promise<ToolResult> {
    const timeout = { ms, phase: 'compile' };
    return runTool(this.#template.program, args, { cwd: this.#module.workingDirectory, signal, timeout, inBackground });
  }
}

/** The files that a job writes, in a folder of its own. */
async function outputsOf(files: readonly string[], folder: string): Promise<PrimaryFile[]> {
  await mkdir(folder, { recursive: true });
  return files.map((file, index) => {
    const stem = path.join(folder, `${index}-${path.basename(file, '.swift').replace(/[^\w-]/g, '_')}`);
    return { file, object: `${stem}.o`, dependencies: `${stem}.swiftdeps`, module: `${stem}.swiftmodule` };
  });
}

/** Parts for one job each: of about the same number of files, and at least one a core. */
function divide(files: readonly string[]): string[][] {
  const parts = Math.max(Math.min(availableParallelism(), files.length), Math.ceil(files.length / filesPerJob));
  const size = Math.max(1, Math.ceil(files.length / parts));
  return Array.from({ length: Math.ceil(files.length / size) }, (_, index) => files.slice(index * size, (index + 1) * size));
}

/** Waits for every job, so that none goes on unseen, and then throws what the first one threw. */
async function allOrThrow<Value>(jobs: Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(jobs);
  return Promise.all(jobs);
}

function compileError(module: string, diagnostics: Diagnostic[], failed: readonly ToolResult[]): HotswiftError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first !== undefined) {
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    return new HotswiftError('ERR_HOTSWIFT_COMPILE', `${formatDiagnostic(first)}${more}`, { diagnostics });
  }
  const crashed = failed.find(({ signal }) => signal !== null)?.signal;
  const output = failed.map(({ stderr }) => stderr.trim()).join('\n');
  const what =
    crashed === 'SIGKILL'
      ? 'something ended the compiler (SIGKILL), for want of memory perhaps,'
      : crashed
        ? `the compiler crashed (${crashed})`
        : 'the compiler failed';
  return new HotswiftError('ERR_HOTSWIFT_COMPILE', `${what} on ${module}: ${output.slice(0, 2000)}`, { diagnostics });
}
