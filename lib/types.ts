import type { HotswiftError } from './errors.js';

/** Options of {@link createSession}. */
export type SessionOptions = CommonOptions & (ProcessOptions | InProcessOptions);

/** What every session takes, however Swift is isolated. */
export interface CommonOptions {
  /** The Swift file to preview: the editable unit. Relative paths count from the working directory. */
  file: string;
  /**
   * The module that `file` belongs to. Default: the target of the SwiftPM package around it (the nearest folder above with a Package.swift),
   * which SwiftPM is asked about; without a package the file alone, as a module of its own.
   */
  module?: ModuleOptions;
  /** Which preview of the file is drawn: its index, or its name if that is unique. Default 0. */
  preview?: number | string;
  /** Reload whenever a source of the module is saved. Default `false`. */
  watch?: boolean;
  /**
   * Compile with debug information and tell debuggers (lldb, gdb) of every generation. They attach to `session.agent.pid`, in-process to the
   * host; on Linux, any process of the user may then trace that process. By default there is no limit on drawing then. Costs up to 3 % of the
   * compile time and some 30 KB a generation. Default `false`.
   */
  debug?: boolean;
  /**
   * Keep up to two Swift compilers waiting that have read everything but the file that is edited next, so that its compile takes about two thirds of the
   * time. Costs up to 30 MB of memory each. Default `true`; without effect where it is not supported (anything but Linux with glibc).
   */
  warmCompiler?: boolean;
  /**
   * Where an edit changes nothing but values of literals in the previewed file, set them in the running code instead of compiling it. A moment after the last of
   * such edits the file is compiled all the same, in the background. Default `true`; without effect in-process for all sessions but one at a time.
   */
  literalEdits?: boolean;
  /**
   * Where what was compiled is kept from one session to the next: modules, the dependencies of packages, PreviewKit. Made for its owner alone; one that
   * belongs to another user than this process's or root, or that others can write, is ERR_HOTSWIFT_PROJECT. Default: `HOTSWIFT_CACHE`, else `hotswift` in the
   * user's cache folder.
   */
  cacheDirectory?: string;
  /**
   * Bytes that the cache folder may take. In the background, what was used least recently is removed, but nothing that a session of any process uses.
   * Default: `HOTSWIFT_CACHE_SIZE` (bytes, or such as `500M` and `4G`), else 4 GiB.
   */
  cacheSize?: number;
  /** Default: `HOTSWIFT_SWIFTC`, else `swiftc` on PATH. */
  toolchain?: ToolchainOptions;
  /** The environment that previews are shown in, until {@link Session.setTraits} changes it. Default: none set. */
  traits?: Traits;
  /** Told what is being done while the session starts; afterwards there is the event `progress`. */
  onProgress?: (progress: Progress) => void;
  /** Aborts the start; afterwards it closes the session. */
  signal?: AbortSignal;
}

/** Swift runs in a child process, the agent: a crash or a hang of it does not reach the host. */
export interface ProcessOptions {
  /** Default `'process'`. */
  isolation?: 'process';
  /**
   * Generations that an agent links before another takes its place: nothing that was linked is ever freed while its process lives. The other one is
   * made ready in the background, and edits do not wait for it, so that some more generations may be linked meanwhile. Default 100.
   */
  generationCap?: number;
  /**
   * Resident bytes at which another agent takes the place of one, looked at after each reload. An agent that needs as much from the start is
   * replaced when it has grown by a quarter. Default: no limit.
   */
  memoryCap?: number;
  /**
   * Start the agent that takes over shortly before it is needed, with the libraries of the module loaded, rather than when it is needed. Costs its memory
   * meanwhile. Default `true`.
   */
  standby?: boolean;
  /** Environment variables of the agent, on top of the host's. Those for Node (`NODE_…`) are for Swift code to see, and do nothing to the agent itself. */
  env?: Record<string, string>;
  /** Working directory of the agent. Default: the host's. */
  cwd?: string;
  /** Limits, in milliseconds; reaching one is ERR_HOTSWIFT_TIMEOUT. */
  timeouts?: {
    /** Until an agent answers. Default 10,000. */
    start?: number;
    /** One compile. Default 300,000. */
    compile?: number;
    /** SwiftPM, for as long as it says nothing: it runs manifests and plug-ins, which may not end. Default 300,000. */
    package?: number;
    /** One run of Swift code: initialisers, a drawing, a call. The agent is killed. Default 10,000; with `debug`, none. */
    render?: number;
  };
}

/**
 * Swift runs in the host's process, on its main thread: a session that is opened in a worker thread is ERR_HOTSWIFT_ARGUMENT. Nothing can be
 * killed or replaced: a crash ends the host, and Swift code that blocks blocks the host's event loop.
 */
export interface InProcessOptions {
  /** Nothing is between the host and the Swift code. */
  isolation: 'in-process';
  /** Limits, in milliseconds; reaching one is ERR_HOTSWIFT_TIMEOUT. */
  timeouts?: {
    /** One compile. Default 300,000. */
    compile?: number;
    /** SwiftPM, for as long as it says nothing: it runs manifests and plug-ins, which may not end. Default 300,000. */
    package?: number;
    /**
     * A preview that suspends: it is given up, and what it draws later is dropped. Code that blocks cannot be limited. Default 10,000; with
     * `debug`, none.
     */
    render?: number;
  };
}

/** A module, described by hand. Relative paths count from the working directory. */
export interface ModuleOptions {
  /** The module's name: a Swift identifier. */
  name: string;
  /** Every Swift file of the module. The previewed file is added if it is missing. */
  sources: string[];
  /** Flags for swiftc, for example `['-swift-version', '6', '-D', 'BETA']`. Default none. */
  flags?: string[];
  /** Folders with the `.swiftmodule`s that the module imports. Default none. */
  importPaths?: string[];
  /** Folders with the libraries that the module links. Default none. */
  libraryPaths?: string[];
  /**
   * Libraries to link: names as after `-l`, or paths. Of a static one (`.a`) every generation gets those members that it needs, so shared
   * ones are the better choice for much code. Default none.
   */
  libraries?: string[];
}

/** Which Swift toolchain is used. */
export interface ToolchainOptions {
  /** Path of `swiftc`, or a name to find on PATH. Default: `HOTSWIFT_SWIFTC`, else `swiftc`. */
  swiftc?: string;
}

/** The environment of a preview. Names other than these are custom traits, read in Swift as `context.traits["name"]`. */
export interface Traits {
  /** Default in Swift: light. */
  colorScheme?: 'light' | 'dark';
  /** A BCP 47 language tag. Default in Swift: `en-US`. */
  locale?: string;
  /** Default in Swift: leftToRight. */
  layoutDirection?: 'leftToRight' | 'rightToLeft';
  /** Factor on text sizes. Default in Swift: 1. */
  textScale?: number;
  /** Default in Swift: standard. */
  contrast?: 'standard' | 'increased';
  [custom: string]: string | number | boolean | undefined;
}

/** Options of {@link Session.reload}. */
export interface ReloadOptions {
  /**
   * Unsaved editor buffers, from path to text. They stand in for the files on disk until the next explicit `reload`, or until the
   * file is saved.
   */
  contents?: Record<string, string>;
  /** Start from a clean state: link and draw in a new agent, then end the old one. Default `false`. */
  fresh?: boolean;
  /** Rejects this call; the reload itself goes on, for others may wait for it. */
  signal?: AbortSignal;
}

/** How much had to be done for an edit. */
export type Tier = 'none' | 'literal' | 'structural' | 'module';

/**
 * How the edited files were compiled: with a prebuilt module standing in for the others (`split`), with the others' sources read along
 * (`same-module`), or with everything that the preview needs (`whole-module`).
 */
export type Strategy = 'split' | 'same-module' | 'whole-module';

/** What a reload did. */
export interface ReloadResult {
  /** How much was done. */
  tier: Tier;
  /** Set for the structural and module tiers. */
  strategy?: Strategy;
  /** Why this tier and strategy, in one sentence. */
  reason: string;
  /** Absolute paths of the files whose content differed from what ran before. */
  changed: string[];
  /** Absolute paths of the files that were compiled. */
  recompiled: string[];
  /** Absolute paths of the files whose objects, or changed functions, were linked into the generation; a library has the rest of the module. */
  relinked: string[];
  /** The session's generation after the reload. */
  generation: number;
  /** Whether compilers that were waiting compiled all that was compiled, see {@link CommonOptions.warmCompiler}. */
  warm: boolean;
  /** Milliseconds. */
  timings: ReloadTimings;
  /** Warnings of a successful compile. */
  diagnostics: Diagnostic[];
}

/** Milliseconds of each part of a reload; `total` is from the request to the new picture. */
export interface ReloadTimings {
  /** Reading and comparing the sources. */
  classify: number;
  /** The Swift compiler. */
  compile: number;
  /** JITLink and initialisers. */
  link: number;
  /** Drawing the preview and encoding the picture. */
  run: number;
  /** All of it, and what there is between the parts. */
  total: number;
}

/** Options of {@link Session.snapshot}. */
export interface SnapshotOptions {
  /** Index or unique name. Default: the session's. */
  preview?: number | string;
  /** Points, 1 to 8,192. Default: the preview's own, else the content's own. */
  width?: number;
  /** Points, 1 to 8,192. Default: the preview's own, else the content's own. */
  height?: number;
  /** Pixels per point, above 0 and up to 4. Default 1. */
  scale?: number;
  /** On top of the session's traits, for this picture alone. */
  traits?: Traits;
  /** Rejects this call; the drawing itself goes on. */
  signal?: AbortSignal;
}

/** For each trait the values that {@link Session.variants} combines. */
export type TraitValues = { [Name in keyof Traits]?: readonly Traits[Name][] };

/** Options of {@link Session.variants}: those of a snapshot, whose `traits` the combined ones go on top of. */
export type VariantOptions = SnapshotOptions;

/** One combination of traits, and what a preview looks like with it. */
export type Variant = {
  /** The combination, without what the session and the options set beside it. */
  traits: Traits;
} & (
  | {
      /** The picture. */
      snapshot: Snapshot;
      /** There is none. */
      error?: undefined;
    }
  | {
      /** There is none. */
      snapshot?: undefined;
      /** Why there is no picture: ERR_HOTSWIFT_PREVIEW, _CRASH or _TIMEOUT. */
      error: HotswiftError;
    }
);

/** A picture of a preview. */
export interface Snapshot {
  /** A PNG, RGBA with 8 bits a channel. */
  data: Buffer;
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** Pixels per point. */
  scale: number;
  /** The session's generation that drew it. */
  generation: number;
  /** The preview that was drawn. */
  preview: PreviewInfo;
  /** `true`: the newest source did not make it, this is the last good picture. */
  stale: boolean;
}

/** A preview of the file, as the newest generation has it. */
export interface PreviewInfo {
  /** Position among the previews of the file, from 0. */
  index: number;
  /** What the source calls it; several previews may have one name. */
  name: string;
  /** 1-based line of the file; 0 where it is not known, as of types that conform to SwiftUI's `PreviewProvider`. */
  line: number;
  /** Points; missing where the preview leaves it to its content. */
  width?: number;
  /** Points; missing where the preview leaves it to its content. */
  height?: number;
}

/** A message of the Swift compiler. */
export interface Diagnostic {
  /** Notes stand among those of the error or warning that they belong to. */
  severity: 'error' | 'warning' | 'note';
  /** One sentence, without place and severity. */
  message: string;
  /** Absolute path of the user's file; empty where the message concerns none. */
  file: string;
  /** 1-based; 0 where the message concerns no place. */
  line: number;
  /** 1-based, in UTF-8 bytes; 0 where the message concerns no place. */
  column: number;
  /** The line of source that the message is about. */
  sourceLine?: string;
  /** What the compiler adds, for example where something is declared. */
  notes: Diagnostic[];
}

/** The process that runs Swift. */
export interface AgentInfo {
  /** The process's number. */
  pid: number;
  /** How many generations it has linked, those that failed among them. */
  generations: number;
}

/** How an agent ended unasked. */
export interface CrashInfo {
  /** The number that the process had. */
  pid: number;
  /** The signal that ended it, for example `SIGILL` for a Swift trap; `null` if it exited. */
  signal: NodeJS.Signals | null;
  /** The exit code, `null` if a signal ended it. */
  exitCode: number | null;
  /**
   * The frames of the thread that crashed, innermost first, one text each: `CardView.draw() at /path/View.swift:12:9`, or `swift_retain in libswiftCore.so`
   * where there is no source, or an address where there is no name. At most 64 calls; where there are more, the last text is `…`. Those that called Swift are left out.
   *
   * Columns are bytes, from 1; they are left out in a previewed file whose literals can be edited. Where code was inlined, the call and what it called are frames of their own.
   *
   * Missing if the process exited, on other systems than Linux, if `SIGKILL` ended it, if a thread other than the main one ran out of stack, and if the Swift code handles
   * the signal itself or has closed descriptors that are not its own.
   */
  backtrace?: string[];
}

/**
 * Why an agent was replaced: it has linked {@link ProcessOptions.generationCap} generations or reached {@link ProcessOptions.memoryCap}, it has crashed or run into a
 * limit of `timeouts`, a clean state was asked for (`reload({ fresh: true })`), what runs has to start anew with another library of the module, other settings or other resources (`rebase`), or the
 * code before had left it without what the new one needs, such as descriptors (`exhausted`).
 */
export type RespawnReason = 'cap' | 'memory' | 'crash' | 'timeout' | 'fresh' | 'rebase' | 'exhausted';

/** An agent that took the place of another. */
export interface RespawnInfo {
  /** Why it did. */
  reason: RespawnReason;
  /** The number of the process that has ended; 0 if there was none. */
  oldPid: number;
  /** The number of the process that runs Swift now. */
  newPid: number;
}

/**
 * Where a session stands. `starting`: its first reload is not over. `ready`: the newest source runs. `reloading`: an edit is compiled, loaded or drawn. `failed`: the
 * newest source does not run, {@link Session.error} says why, and what ran before still does. `closed`: {@link Session.close} was called.
 */
export type SessionState = 'starting' | 'ready' | 'reloading' | 'failed' | 'closed';

/** How far something that takes long has come. */
export interface Progress {
  /** What is being done, for example `compiling`, or `compiling the rest of the module` in the background. */
  phase: string;
  /** Units finished. */
  done?: number;
  /** Units in all. */
  total?: number;
}
