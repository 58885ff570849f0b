import { constants, setPriority } from 'node:os';
import { HotswiftError } from '../errors.js';
import { homeForTools } from './home-folder.js';
import { killTree } from './process-tree.js';
import { reapProcess } from './reaper.js';
import { type Spawned, spawn } from './spawn.js';

export interface ToolOptions {
  cwd?: string;
  /** Environment variables of the tool, on top of the host's. Default none. */
  env?: NodeJS.ProcessEnv;
  /** What the tool reads from its standard input. Default: nothing. */
  input?: string;
  /** Descriptors of the host's that the tool gets, by the numbers that it knows them by, from 3 on. Default: none. */
  descriptors?: Readonly<Record<number, number>>;
  /** Told of what the tool writes to its standard output, as it comes. */
  onOutput?: (text: string) => void;
  /** Where the tool puts its temporary files; the Swift driver leaves some behind. Default: the host's. */
  temporaryFolder?: string;
  /** Whether the tool runs others, which then end with it. Default `false`: a Ctrl-C in the terminal reaches it as it reaches the host. */
  hasChildren?: boolean;
  /** Whether the tool gives way to everything else on the machine. Default `false`. */
  givesWay?: boolean;
  /** Kills the tool and rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Then the tool is killed, and this is an ERR_HOTSWIFT_TIMEOUT. Default: no limit. */
  timeout?: ToolLimit;
}

export interface ToolLimit {
  ms: number;
  /** `phase` of the error, for example `compile`. */
  phase: string;
  /** What takes too long, for the message. Default: `phase`. */
  what?: string;
  /** Whether it counts from what the tool has printed last, for tools that tell of their steps. Default `false`: from the start. */
  ofSilence?: boolean;
  /** The rest of the message: what may be wrong, and what to do. Default none. */
  remedy?: string;
}

export interface ToolResult {
  /** `null` if a signal ended the tool. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** What to do for each tool that runs when the host ends: a host takes its compiles with it. */
const running = new Set<() => void>();
process.on('exit', () => {
  for (const kill of running) kill();
});

/** Has a process killed when the host ends, with `kill` where the host has time for that. What it returns takes that back. */
export function killWithHost({ pid }: Spawned, kill: () => void): () => void {
  running.add(kill);
  const takeBack = pid === undefined ? undefined : reapProcess(pid);
  return () => {
    running.delete(kill);
    void takeBack?.();
  };
}

/**
 * Runs a program of the toolchain to its end, whatever its exit code.
 *
 * Rejects with the spawn error (`code: 'ENOENT'`) if there is no such program, and with ERR_HOTSWIFT_NATIVE if the system cannot start any.
 */
export async function runTool(program: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  const { cwd, input, descriptors = {}, temporaryFolder, hasChildren = false, givesWay = false, signal, timeout, onOutput } = options;
  signal?.throwIfAborted();
  const env = { ...process.env, ...homeForTools(), ...options.env, ...(temporaryFolder === undefined ? {} : { TMPDIR: temporaryFolder }) };
  const stdio: ('ignore' | 'pipe' | number)[] = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
  for (const [theirs, ours] of Object.entries(descriptors)) stdio[Number(theirs)] = ours;
  const child = spawn(program, args, { cwd, env, stdio: Array.from(stdio, (entry) => entry ?? 'ignore'), detached: hasChildren });
  if (givesWay) giveWay(child);
  const closed = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', (error) => reject(asStartError(error, program)));
    child.once('close', (exitCode, endedBy) => resolve([exitCode, endedBy]));
  });
  const kill = () => killTool(child, hasChildren);
  let timedOut = false;
  // A tool that ends before it has read everything says so by its exit code.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const timer =
    timeout &&
    setTimeout(() => {
      timedOut = true;
      kill();
    }, timeout.ms);
  if (timeout?.ofSilence) for (const stream of [child.stdout, child.stderr]) stream?.on('data', () => timer?.refresh());
  signal?.addEventListener('abort', kill, { once: true });
  const forget = killWithHost(child, kill);
  try {
    const stdout = collect(child.stdout);
    if (onOutput) child.stdout?.on('data', (chunk: Buffer) => onOutput(chunk.toString('utf8')));
    const stderr = collect(child.stderr);
    const [exitCode, endedBy] = await closed;
    signal?.throwIfAborted();
    if (timedOut && timeout) throw limitReached(timeout);
    return { exitCode, signal: endedBy, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
    forget();
  }
}

function limitReached({ ms, phase, what = phase, ofSilence, remedy }: ToolLimit): HotswiftError {
  const how = ofSilence ? `said nothing for ${ms} ms` : `took longer than ${ms} ms`;
  return new HotswiftError('ERR_HOTSWIFT_TIMEOUT', `${what} ${how} and was stopped${remedy === undefined ? '' : `: ${remedy}`}`, {
    phase,
    ms,
  });
}

/** What a system says that has no room for another process, and what to do about it. */
const noRoom: Record<string, string> = {
  EAGAIN: 'the limit of processes and threads of this user (ulimit -u), or of the container, is reached',
  ENOMEM: 'there is no memory left',
  EMFILE: 'the limit of open files of the process (ulimit -n) is reached',
  ENFILE: 'the limit of open files of the system (fs.file-max) is reached',
};

/** For what is not about the program alone. */
function asStartError(error: Error, program: string): Error {
  const { code = '', path } = error as NodeJS.ErrnoException;
  const why = path === '/dev/null' ? 'there is no /dev/null: mount /dev' : noRoom[code];
  if (why === undefined) return error;
  return new HotswiftError('ERR_HOTSWIFT_NATIVE', `${program} cannot be started (${code}): ${why}`, { cause: error });
}

function giveWay({ pid }: Spawned): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
}

function killTool(child: Spawned, hasChildren: boolean): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (hasChildren) killTree(child.pid);
  else process.kill(child.pid, 'SIGKILL');
}

/** A program that could not be started may have no streams. */
function collect(stream: NodeJS.ReadableStream | null | undefined): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
