import { existsSync } from 'node:fs';
import path from 'node:path';
import type { NativeIndexes, ObjectVersions } from '../compile/native-indexes.js';
import type { StampFiles } from '../edit/source-set.js';
import type { NativeSyntaxTree } from '../edit/syntax.js';
import { type ErrorDetails, HotswiftError, type HotswiftErrorCode, isError } from '../errors.js';
import { cacheFilesWith, type NativeCacheFiles } from '../project/cache-files.js';
import { lockWith, type NativeLocks } from '../project/file-lock.js';
import { type NativeProcesses, spawnWith } from '../project/spawn.js';
import type { PreviewInfo } from '../types.js';

/** What a preview drew, before it is a PNG. */
export interface Drawing {
  kind: 'svg' | 'bitmap';
  /** An SVG document in UTF-8, or RGBA8 pixels, premultiplied. */
  bytes: Uint8Array;
  /** Points; 0 where an SVG decides. Of a bitmap they may be no whole number. */
  width: number;
  /** Points; 0 where an SVG decides. */
  height: number;
  /** Of a bitmap. */
  pixelWidth: number;
  /** Of a bitmap. */
  pixelHeight: number;
}

export interface NativeDrawRequest {
  index: number;
  /** Points, 0 for the preview's own. */
  width: number;
  /** Points, 0 for the preview's own. */
  height: number;
  scale: number;
  /** Names and values, alternating. */
  traits: string[];
}

export interface NativeGenerationOptions {
  /** The object of main.swift, whose variables the previews of another (or the same) must not use. */
  script?: { position: number; previewed: number };
  /** The path of a library with the rest of the module. */
  stableLibrary?: string;
  /** What takes the place of objects in that library, for as long as the process lives. Those that have done so stay. */
  patches?: readonly ObjectVersions[];
  /** Whether to prepare for patches of it that come later. */
  willPatch?: boolean;
  /** The literals that the code reads by their numbers: what is known of them is forgotten. */
  literals?: { first: number; count: number };
  /** The values of `@Persisted` variables in another process, which this one starts with. */
  state?: Uint8Array;
}

/** native/backtrace.h; texts are empty where nothing is known, and so are the numbers 0. */
export interface NativeFrame {
  /** In hexadecimal digits. */
  address: string;
  /** Swift's functions as the linker knows them. */
  function: string;
  library: string;
  /** What the code was linked from. */
  object: string;
  file: string;
  line: number;
  column: number;
}

/** What it takes to read a crash record. */
export interface BacktraceQuery {
  /** The path of the library that the process had loaded; empty if there was none. */
  stableLibrary: string;
  /** The objects that it was linked from. */
  objects: string[];
  /** Whether files, lines and inlined functions are looked up. */
  debugInformation: boolean;
}

export interface NativeBacktrace {
  frames: NativeFrame[];
  hasMore: boolean;
}

/** native/engine.h, as native/addon.cpp shows it. An engine lives as long as its process. */
export interface NativeEngine {
  /**
   * Links objects (paths) and libraries (paths, or `-l` and a name) into a new JITDylib and initialises it.
   */
  addGeneration(objects: string[], libraries: string[], options?: NativeGenerationOptions): Promise<number>;
  /** The address of a symbol that the generation defines, or its stable library. */
  lookup(generation: number, symbol: string): bigint;
  /** Calls a C function `() -> Int32`, on this thread. */
  call(generation: number, symbol: string): number;
  demangle(symbol: string): string;
  /** The previews of one object, by its position in `addGeneration`. */
  previews(generation: number, object: number): PreviewInfo[];
  draw(generation: number, object: number, request: NativeDrawRequest): Promise<Drawing>;
  /**
   * Has the `PreviewSetup` types of a generation set up what previews need. Resolves with what they threw; `undefined` where there are none.
   */
  setUp(generation: number): Promise<string | undefined> | undefined;
  /** These literals have these values from now on. Kinds are those of `LiteralKind` in PreviewKit, or 255 for a literal's own value. */
  setLiterals(ids: Uint32Array, kinds: Uint8Array, texts: string[]): void;
  /** How literals were read: the bits of `LiteralFlags` in PreviewKit, for each. */
  literalReads(ids: Uint32Array): Uint8Array;
  /** The values of all `@Persisted` variables, if some have changed since this was called last. Runs their types' code. */
  takeState(): Uint8Array | undefined;
  /** Puts the values that another process had in the place of this one's. */
  restoreState(state: Uint8Array): void;
}

export interface NativeAddon extends NativeIndexes, NativeCacheFiles, Partial<NativeProcesses>, Partial<NativeLocks> {
  /** `librarySearchPaths` are searched for the libraries that objects name. `debug`: debuggers are told of every object; default `false`. */
  Engine: new (
    librarySearchPaths: string[],
    debug?: boolean,
  ) => NativeEngine;
  /** The syntax of one source file. */
  SyntaxTree: new () => NativeSyntaxTree;
  stampFiles: StampFiles;
  /** RGBA8 pixels to a PNG. */
  encodePng(pixels: Uint8Array, options: { width: number; height: number; premultiplied: boolean }): Buffer;
  /** Throws if a C function uses variables of main.swift, see native/script_variables.h. `script`: the position of its object. */
  requireNoScriptVariables(objects: string[], script: number, symbol: string): void;
  /**
   * The descriptor of the library that makes a warm frontend, which belongs to the addon; -1 where there is none. See native/warm_frontend.cpp.
   */
  warmFrontendImage(): number;
  /** Has the process and its group killed when the other end of a socket is closed, whatever this thread does. Once a process. */
  endWithPeer(descriptor: number): void;
  /** The descriptor of an empty crash record, which is the caller's; -1 where there is none. See native/crash_record.h. */
  makeCrashRecord(): number;
  /** Has crashes of this process, and where its code lies, written to the record that it was started with. Once a process, before the first engine. */
  recordCrashes(descriptor: number): void;
  /** Ends this process once it has used so much processor time, and keeps it from writing to more memory than this, in bytes. */
  limitResources(processorSeconds: number, memory: number): void;
  /** The frames of the thread that crashed. Rejects if no crash was recorded. May crash on damaged files: for a process that may die. */
  readBacktrace(descriptor: number, query: BacktraceQuery): Promise<NativeBacktrace>;
  /** Whether the literals of this process, of which there is one store, are the caller's from now on: until they are released they are nobody else's. */
  claimLiterals(): boolean;
  releaseLiterals(): void;
  /** Makes C's standard output arrive line by line at the other end of a pipe. */
  bufferOutputByLine(): void;
}

let loaded: { addon: NativeAddon; file: string } | undefined;

/** The file that was loaded. */
export function addonFile(): string | undefined {
  return loaded?.file;
}

/**
 * Loads the addon: the one that `HOTSWIFT_ADDON` names, the one built from source, or a prebuilt one. Throws ERR_HOTSWIFT_NATIVE, with what
 * is wrong with each, if none loads.
 */
export function loadAddon(): NativeAddon {
  if (loaded !== undefined) return loaded.addon;
  const root = path.join(__dirname, '..', '..');
  const failures: string[] = [];
  const causes: unknown[] = [];
  for (const place of addonPlaces(root)) {
    let file: string | undefined;
    try {
      file = place();
      if (file === undefined) continue;
      const addon = require(file) as NativeAddon;
      loaded = { addon, file };
      spawnWith(addon);
      lockWith(addon);
      cacheFilesWith(addon);
      return addon;
    } catch (cause) {
      const reason = (cause as Error).message.trim();
      failures.push(file === undefined ? reason : `${file}: ${reason}`);
      causes.push(cause);
    }
  }
  throw new HotswiftError(
    'ERR_HOTSWIFT_NATIVE',
    `hotswift's native addon could not be loaded on ${process.platform}-${process.arch}, Node ${process.versions.node}: ` +
      `${failures.join('; ')}. Reinstall hotswift; where it has no binary for the platform, \`npm rebuild hotswift\` builds one, ` +
      `and in a clone \`npm run build:native\`.`,
    { cause: causes.length === 1 ? causes[0] : new AggregateError(causes) },
  );
}

/** Where the addon may be; each tells a file, nothing, or why there is none. */
function addonPlaces(root: string): (() => string | undefined)[] {
  const { HOTSWIFT_ADDON: named, PREBUILDS_ONLY: prebuildsOnly } = process.env;
  if (named) return [() => named];
  const built = path.join(root, 'build-cmake', 'Release', 'hotswift.node');
  return [
    // In a checkout the build of the working tree goes first; `PREBUILDS_ONLY` is node-gyp-build's own switch.
    () => (existsSync(built) && !prebuildsOnly ? built : undefined),
    () => (require('node-gyp-build') as { path(root: string): string }).path(root),
  ];
}

/** The errors of native/errors.h. */
type NativeKind = 'object' | 'library' | 'symbols' | 'link' | 'script' | 'missing' | 'preview' | 'source' | 'system';

const codes: Record<NativeKind, HotswiftErrorCode> = {
  object: 'ERR_HOTSWIFT_LINK',
  library: 'ERR_HOTSWIFT_LINK',
  symbols: 'ERR_HOTSWIFT_LINK',
  link: 'ERR_HOTSWIFT_LINK',
  script: 'ERR_HOTSWIFT_LINK',
  missing: 'ERR_HOTSWIFT_ARGUMENT',
  preview: 'ERR_HOTSWIFT_PREVIEW',
  source: 'ERR_HOTSWIFT_PROJECT',
  system: 'ERR_HOTSWIFT_NATIVE',
};

/** An error of the addon as one of ours; anything else as it is. */
export function fromNative(error: unknown, engine: NativeEngine): unknown {
  if (!isError(error) || !('kind' in error)) return error;
  const details: ErrorDetails = { cause: error };
  let { message } = error;
  if ('symbols' in error) {
    details.symbols = error.symbols as string[];
    const names = details.symbols.map((symbol) => engine.demangle(symbol));
    if (error.kind === 'script') message = scriptMessage(names);
    else message = `${error.kind === 'library' ? `${message}; ` : ''}these symbols are defined nowhere: ${names.join(', ')}`;
  }
  return new HotswiftError(codes[error.kind as NativeKind] ?? 'ERR_HOTSWIFT_LINK', message, details);
}

/** `names`: for example `Tool.count : Swift.Int`. */
function scriptMessage(names: readonly string[]): string {
  const list = names.map((name) => name.split(' : ')[0]).join(', ');
  return (
    `this uses variables of main.swift, which the program initialises when it starts and a preview does not: ${list}. ` +
    'Move them to another file.'
  );
}
