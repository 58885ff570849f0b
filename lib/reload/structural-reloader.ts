import type { EventEmitter } from 'node:events';
import type { ObjectVersions } from '../compile/native-indexes.js';
import type { LiteralKind } from '../edit/syntax.js';
import type { AgentInfo, CrashInfo, PreviewInfo, RespawnInfo, RespawnReason, Traits } from '../types.js';

/** Everything that makes up a generation: enough to bring it back in another process. */
export interface GenerationPlan {
  /** Object files, each of which is linked. */
  objects: string[];
  /** Which of the objects is the previewed file's. */
  previewed: number;
  /** Which of the objects is that of main.swift, if there is one. */
  script?: number;
  /** Libraries: paths, or `-l` and a name. Besides those that the objects name themselves. */
  libraries: string[];
  /** The path of a library with the rest of the module. */
  stableLibrary?: string;
  /** Objects that take the places of those that went into that library. */
  patches?: ObjectVersions[];
  /** The literals that the previewed file's code reads by their numbers: `count` of them from `first` on. They start as unread. */
  literals?: { first: number; count: number };
}

/** What an agent can load before it knows what it will run. */
export type AgentNeeds = Pick<GenerationPlan, 'libraries' | 'stableLibrary'>;

export interface DrawRequest {
  /** Index of the preview. */
  index: number;
  /** Points. Default: the preview's own, else the content's own. */
  width?: number;
  /** Points. Default: the preview's own, else the content's own. */
  height?: number;
  /** Pixels per point. */
  scale: number;
  traits: Traits;
}

/** A PNG. */
export interface Picture {
  data: Buffer;
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
}

/** A literal, by the number under which the code reads it, and the value it has instead of the one it was compiled with. */
export interface LiteralValue {
  id: number;
  kind: LiteralKind;
  /** As in the source, without underscores: `-0x1F`, `2.5e3`, `true`. Of a string, what it says, without quotes and escapes. */
  text: string;
}

/** What has become of a literal since its code was loaded. */
export interface LiteralRead {
  id: number;
  /** Read since the last drawing began. */
  isRead: boolean;
  /** Read at all. */
  wasRead: boolean;
  /** Read while a global or static variable was initialised, on whichever thread: what it said then may have been kept. */
  isTainted: boolean;
  /** Whether every read since the value was set could take it. If not, those that could not took the one that was compiled. */
  isConvertible: boolean;
}

/** What `redraw` sets and draws. */
export interface RedrawRequest {
  /** As `setLiterals` takes them. */
  values: LiteralValue[];
  /** Of which literals the caller wants to know how they are read. */
  literals: number[];
  /** Index or unique name. */
  preview: number | string;
  draw: Omit<DrawRequest, 'index'>;
}

export interface Redrawn {
  /** How the literals had been read. */
  before: LiteralRead[];
  /** How they were read with their new values. */
  after: LiteralRead[];
  previews: PreviewInfo[];
  /** Missing if there is no such preview, if it threw, or if what it returned is no picture. */
  picture?: Picture;
}

export interface ReloaderEvents {
  /** The process that ran Swift ended unasked; the newest generation is gone with it. */
  crash: [CrashInfo];
  respawn: [RespawnInfo];
  /** The agent in use is gone, because it crashed (then after `crash`) or took too long. */
  lost: [Loss];
}

export interface Loss {
  /** Missing if it was ended because it took too long. */
  crash?: CrashInfo;
  /** Whether nobody waited for it at that moment. */
  wasIdle: boolean;
}

/** Where generations are linked and run, whichever process that is. One call at a time is the caller's business, apart from `close`. */
export interface StructuralReloader extends EventEmitter<ReloaderEvents> {
  /** The process that runs Swift, and how many generations it has linked; `null` if it is the host's own, or if there is none now. */
  readonly agent: AgentInfo | null;
  /** Whether values of literals can be set: there is one DesignTimeStore a process, for one session. */
  readonly canSetLiterals: boolean;
  /** Whether a generation is loaded that can draw. */
  readonly loaded: boolean;
  /**
   * Starts a process ahead of need, for the next `load` that asks for a fresh one, and loads what plans of the module have in common. Resolves
   * when it is ready, or did not come up. Does nothing where there is no process but the host's.
   */
  prepareFresh(needs: AgentNeeds): Promise<void>;
  /**
   * Links and initialises a generation, which from then on is the one that draws and is called. If it fails, the one before stays,
   * unless its process is gone. `fresh`: in a new process, beside the old one, for the given reason. Resolves with what the module's `PreviewSetup` types
   * threw, if they did.
   *
   * To be followed by `accept` or `revert`.
   */
  load(plan: GenerationPlan, options?: { fresh?: RespawnReason }): Promise<string | undefined>;
  /** The loaded generation is good; the process that a fresh one replaces is ended. */
  accept(): Promise<void>;
  /** The loaded generation is not good: the one before draws and is called again, unless its process is gone. */
  revert(): Promise<void>;
  previews(): Promise<PreviewInfo[]>;
  draw(request: DrawRequest): Promise<Picture>;
  /** These literals have these values from now on, all others their own again. For what reads them next. */
  setLiterals(values: LiteralValue[]): Promise<void>;
  literalReads(ids: number[]): Promise<LiteralRead[]>;
  /** Sets literals, lists the previews and draws one of them, in one go: each message takes longer than most drawings. */
  redraw(request: RedrawRequest): Promise<Redrawn>;
  /** Calls a C function `() -> Int32` of the newest generation. */
  call(symbol: string): Promise<number>;
  /** Ends the process that runs Swift, whatever it is doing. Idempotent. */
  close(): Promise<void>;
}
