import childProcess from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { AdoptedProcesses } from './adopted-processes.js';

/** For each descriptor of a process, from 0: nothing, a pipe of the host's, or a descriptor of the host's. */
export type Stdio = readonly ('ignore' | 'pipe' | number)[];

export interface SpawnOptions {
  stdio: Stdio;
  /** Default: the host's. */
  cwd?: string;
  /** All of it. Default: the host's. */
  env?: NodeJS.ProcessEnv;
  /**
   * Whether it is in a session, and a process group, of its own. What descends from it, daemons as well, has ended when its end is told (not in Bun). Default
   * `false`.
   */
  detached?: boolean;
  /** Whether the system may write a core of it, and of what it starts. Default `false`: it is as large as the process and lies where the user works. */
  leavesCore?: boolean;
}

interface SpawnedEvents {
  /** It could not be started; nothing else is told. */
  error: [error: Error];
  exit: [exitCode: number | null, signal: NodeJS.Signals | null];
  /** It has ended, and so have its pipes. */
  close: [exitCode: number | null, signal: NodeJS.Signals | null];
}

/** A process that the host has started: what Node's `ChildProcess` has, as far as it is used here. */
export interface Spawned extends EventEmitter<SpawnedEvents> {
  /** Missing if it could not be started. */
  readonly pid?: number;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** The host's ends of pipes. A process that could not be started may have none. */
  readonly stdio: readonly (Duplex | Readable | Writable | null | undefined)[];
  /** Whether the host's event loop goes on as long as the process is there. Default: it does. */
  ref(): void;
  unref(): void;
}

/** native/child_process.h, as native/addon.cpp shows it. Linux only. */
export interface NativeProcesses {
  /** `ended`: a socket, which is closed when the process has ended. `descriptors`: the host's ends of pipes, else -1. */
  spawnProcess(options: {
    program: string;
    arguments: string[];
    /** `NAME=value` */
    environment: string[];
    directory: string | undefined;
    newSession: boolean;
    leavesCore: boolean;
    streams: Stdio;
  }): { pid: number; ended: number; descriptors: number[] } | { errno: number; message: string; path?: string };
  /** To be called once a process has ended; until then its number is no other's. */
  reapProcess(pid: number): { exitCode?: number; signal?: number };
  /** native/process_family.h: `endFamily`, of a process that was not reaped yet. */
  endProcessFamily(leader: number): Promise<void>;
  /** native/process_family.h: `reapOrphans`. */
  reapOrphanedProcesses(leaders: number[]): Promise<void>;
}

let native: NativeProcesses | undefined;
let adopted: AdoptedProcesses | undefined;

/** Bun's own `spawn` does not fork the host, and its `Socket` takes no descriptor. */
const isBun = process.versions.bun !== undefined;

/** Processes are started by the addon from now on, where it can. */
export function spawnWith(addon: Partial<NativeProcesses>): void {
  if (addon.spawnProcess === undefined || isBun) return;
  native = addon as NativeProcesses;
  adopted ??= new AdoptedProcesses(native.reapOrphanedProcesses);
}

/**
 * Starts a process, as Node's `spawn` does, without what that costs on Linux: while it forks, the host's event loop stands still for 10 ms and more.
 * Before the addon is loaded, on other systems and in Bun, it is the runtime's own.
 */
export function spawn(program: string, args: readonly string[], options: SpawnOptions): Spawned {
  if (native !== undefined) return new NativeChild(native, program, args, options);
  return childProcess.spawn(program, args, { ...options, stdio: [...options.stdio] }) as unknown as Spawned;
}

/** The stream over a pipe or socket that this process was started with. */
export function inheritedStream(descriptor: number): Duplex {
  if (!isBun) return new Socket({ fd: descriptor });
  const options = { fd: descriptor, autoClose: false };
  return Duplex.from({ readable: createReadStream('', options), writable: createWriteStream('', options) });
}

/** Lets the host end while a stream of a child is open. Bun's standard input of a child lets it anyway, and has no `unref`. */
export function unrefStream(stream: Readable | Writable | null): void {
  (stream as Partial<Socket> | null)?.unref?.();
}

class NativeChild extends EventEmitter<SpawnedEvents> implements Spawned {
  readonly pid: number | undefined;
  readonly stdio: readonly (Socket | null)[] = [];
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  readonly #ended: Socket | undefined;

  constructor(
    { spawnProcess, reapProcess, endProcessFamily }: NativeProcesses,
    program: string,
    args: readonly string[],
    { stdio, cwd, env = process.env, detached = false, leavesCore = false }: SpawnOptions,
  ) {
    super();
    const started = spawnProcess({
      program,
      arguments: [program, ...args],
      environment: Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
      directory: cwd,
      newSession: detached,
      leavesCore,
      streams: stdio,
    });
    if ('errno' in started) {
      const code = getSystemErrorName(-started.errno);
      const syscall = `spawn ${program}`;
      const properties = { code, errno: -started.errno, syscall, path: started.path ?? program };
      const where = started.path === undefined ? '' : ` (${started.path})`;
      const error = Object.assign(new Error(`${syscall} ${code}: ${started.message}${where}`), properties);
      process.nextTick(() => this.emit('error', error));
      return;
    }
    const { pid, ended, descriptors } = started;
    this.pid = pid;
    this.stdio = descriptors.map((fd, index) =>
      fd < 0 ? null : new Socket({ fd, readable: index > 0, writable: index === 0 || index > 2 }),
    );
    this.#ended = new Socket({ fd: ended, writable: false });
    if (detached) adopted?.add(pid);
    const end = () => {
      adopted?.delete(pid);
      this.#end(reapProcess(pid));
    };
    // Until it is reaped, its number is that of its session.
    this.#ended.resume().once('close', () => (detached ? void endProcessFamily(pid).then(end, end) : end()));
  }

  get stdin(): Socket | null {
    return this.stdio[0] ?? null;
  }

  get stdout(): Socket | null {
    return this.stdio[1] ?? null;
  }

  get stderr(): Socket | null {
    return this.stdio[2] ?? null;
  }

  ref(): void {
    this.#ended?.ref();
  }

  unref(): void {
    this.#ended?.unref();
  }

  #end({ exitCode = null, signal }: { exitCode?: number | null; signal?: number }): void {
    this.exitCode = exitCode;
    this.signalCode = signal === undefined ? null : nameOf(signal);
    this.stdin?.destroy();
    this.emit('exit', exitCode, this.signalCode);
    const open = new Set(this.stdio.filter((stream) => stream !== null && !stream.closed));
    const close = () => this.emit('close', exitCode, this.signalCode);
    if (open.size === 0) {
      process.nextTick(close);
      return;
    }
    for (const stream of open) {
      stream?.once('close', () => {
        open.delete(stream);
        if (open.size === 0) close();
      });
      // Of what nobody reads, the end would never come.
      if (stream?.readableFlowing === null) stream.resume();
    }
  }
}

function nameOf(signal: number): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal);
  return (found?.[0] as NodeJS.Signals | undefined) ?? null;
}
