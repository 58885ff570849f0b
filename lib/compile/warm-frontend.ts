import { type FileHandle, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SourceSnapshot, SourceText } from '../edit/source-set.js';
import { type FrontendTemplate, frontendJob, type PrimaryFile, primaryFile } from './frontend-job.js';
import { FrontendServer } from './frontend-server.js';
import { plainImports } from './plain-imports.js';
import type { Overlay, SourceCopies } from './source-copies.js';

/** What a compile of one file reads. */
export interface CompileInputs {
  file: string;
  sources: SourceSnapshot;
  /** These stand in for the other sources; missing: the other sources are read along. */
  modules?: readonly string[];
}

export interface WarmFrontendOptions {
  template: FrontendTemplate;
  /** The module's own name, which a file may import to no effect. */
  moduleName: string;
  workingDirectory: string | undefined;
  /** Of the server alone; it goes with it. */
  folder: string;
  copies: SourceCopies;
  /** The descriptor of native/warm_frontend.cpp, built. */
  image: number;
}

/**
 * What became of a compile. `done`: as `swift-frontend` would have done it, with what it printed. `refused`: the frontend failed or crashed, with what it printed. `stale`:
 * something that it has read is another now. `broken`: it is of no use any more.
 */
export type WarmOutcome =
  | { kind: 'done'; output: string }
  | { kind: 'refused'; reason: string; output: string }
  | { kind: 'stale' | 'broken'; reason: string };

/** A name for `canImport` that makes the compiler look at everything there is to find a module in, and one that makes it stop. */
const nameThatIsSearched = 'HotswiftNoSuchModule';
const sentinel = 'HotswiftSentinel';

/** The compiler maps files into memory that are larger than a page of any machine and no multiple of one; what is written to them later, it sees. */
const largestPage = 65_536;

/** Until a text is written. It must never be compiled. */
const noText = Buffer.from('#error("hotswift: there is no text yet")\n');

/**
 * A `swift-frontend` that has done all that comes before it looks at the edited file: started, read the other files, loaded what is imported. Each
 * compile is a fork of it.
 */
export class WarmFrontend {
  readonly inputs: CompileInputs;
  /** What it has imported on behalf of the file. */
  readonly imports: readonly string[];
  /** Resolves when neither the process nor a compile of it is there any more. */
  readonly ended: Promise<void>;
  readonly #moduleName: string;
  readonly #capacity: number;
  readonly #made: PrimaryFile;
  readonly #overlay: Overlay;
  readonly #text: FileHandle;
  readonly #server: FrontendServer;

  /** Resolves when it is ready. Rejects with what it said instead if it cannot be of use, and with the signal's reason. */
  static async start(inputs: CompileInputs, options: WarmFrontendOptions, signal: AbortSignal): Promise<WarmFrontend> {
    const { template, folder, copies, image, moduleName, workingDirectory } = options;
    const { file, sources, modules } = inputs;
    const edited = sources.get(file);
    if (edited === undefined) throw new TypeError(`${file} is no source of the module`);
    await mkdir(folder, { recursive: true });
    const imports = plainImports(edited.bytes.toString()).filter((name) => name !== moduleName);
    const others = modules === undefined ? [...sources.values()].filter((source) => source.file !== file) : [];
    const capacity = (Math.ceil(edited.bytes.length / largestPage) + 1) * largestPage + 1;
    const place = (name: string) => path.join(folder, name);
    let overlay: Overlay | undefined;
    let text: FileHandle | undefined;
    try {
      await writeFile(place('text.swift'), padded(noText, capacity));
      await writeFile(place('HotswiftImports.swift'), imports.map((name) => `import ${name}\n`).join(''));
      await writeFile(
        place('HotswiftSentinel.swift'),
        `#if canImport(${nameThatIsSearched})\n#endif\n#if canImport(${sentinel})\n#endif\n`,
      );
      overlay = await copies.overlay(others, new Map([[file, place('text.swift')]]));
      const made = primaryFile(file, place('made'));
      const generated = [place('HotswiftImports.swift'), place('HotswiftSentinel.swift')];
      const along = { sources: [...others.map((source) => source.file), ...generated, file], modules: modules ?? [] };
      const args = await frontendJob(template, [made], along, overlay.file, folder);
      text = await open(place('text.swift'), 'r+');
      const { program, temporaryFolder } = template;
      const shared = { program, workingDirectory, temporaryFolder, folder, image };
      const server = await FrontendServer.start({ ...shared, args, sentinel, text: place('text.swift') }, signal);
      return new WarmFrontend(inputs, moduleName, { imports, capacity, made, overlay, text, server });
    } catch (error) {
      overlay?.release();
      await text?.close();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    inputs: CompileInputs,
    moduleName: string,
    parts: {
      imports: readonly string[];
      capacity: number;
      made: PrimaryFile;
      overlay: Overlay;
      text: FileHandle;
      server: FrontendServer;
    },
  ) {
    this.inputs = inputs;
    this.imports = parts.imports;
    this.ended = parts.server.ended;
    this.#moduleName = moduleName;
    this.#capacity = parts.capacity;
    this.#made = parts.made;
    this.#overlay = parts.overlay;
    this.#text = parts.text;
    this.#server = parts.server;
  }

  /** Whether a compile of these inputs can be left to it: it knows what the compile would read, the text of the file excepted. */
  serves({ file, sources, modules }: CompileInputs): boolean {
    const own = this.inputs;
    const text = sources.get(file);
    if (file !== own.file || text === undefined || text.bytes.length > this.#capacity || !this.#server.isIdle) return false;
    // In Swift, members of a module are visible to files that do not import it, as soon as anything has loaded it.
    const imports = new Set(plainImports(text.bytes.toString()));
    return this.imports.every((name) => imports.has(name)) && readSame(own, { file, sources, modules });
  }

  /** Whether it is what would be started for these inputs. */
  isFor(inputs: CompileInputs): boolean {
    const text = inputs.sources.get(inputs.file)?.bytes.toString() ?? '';
    const imports = plainImports(text).filter((name) => name !== this.#moduleName);
    return this.serves(inputs) && imports.length === this.imports.length;
  }

  /**
   * Compiles the file as `text` says; what is made goes where `made` says. Rejects, and kills the compile, if the signal aborts, or with ERR_HOTSWIFT_TIMEOUT.
   */
  async compile(text: SourceText, made: PrimaryFile, options: { signal?: AbortSignal; timeout: number }): Promise<WarmOutcome> {
    const write = () => this.#text.write(padded(text.bytes, this.#capacity), 0, this.#capacity, 0);
    const answer = await this.#server.compile(write, options);
    const { output } = answer;
    if (answer.kind !== 'exit') {
      const { kind, reason } = answer;
      return kind === 'signal' ? { kind: 'refused', reason: `signal ${reason}`, output } : { kind, reason };
    }
    if (answer.code !== 0) return { kind: 'refused', reason: `exit ${answer.code}`, output };
    const { object, dependencies, module } = this.#made;
    // Against prebuilt modules none is made.
    const moved = [
      [object, made.object],
      [dependencies, made.dependencies],
      ...(this.inputs.modules === undefined ? [[module, made.module]] : []),
    ] as [string, string][];
    try {
      await Promise.all(moved.map(([from, to]) => rename(from, to)));
      return { kind: 'done', output };
    } catch (error) {
      return { kind: 'broken', reason: (error as Error).message };
    }
  }

  /** Ends it and what it compiles, and deletes what it used. Idempotent. */
  async close(): Promise<void> {
    await this.#server.close();
    this.#overlay.release();
    await this.#text.close();
  }
}

/** Whether two compiles of a file read the same, the file excepted. */
function readSame(one: CompileInputs, other: CompileInputs): boolean {
  if (one.modules !== undefined || other.modules !== undefined) {
    const modules = other.modules ?? [];
    return one.modules?.length === other.modules?.length && (one.modules ?? []).every((module, index) => module === modules[index]);
  }
  if (one.sources.size !== other.sources.size) return false;
  const files = other.sources.values();
  for (const { file, digest } of one.sources.values()) {
    const next = files.next().value;
    if (next?.file !== file || (file !== one.file && next.digest !== digest)) return false;
  }
  return true;
}

function padded(text: Buffer, capacity: number): Buffer {
  const buffer = Buffer.alloc(capacity, '\n');
  text.copy(buffer);
  return buffer;
}
