import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { HotswiftError } from '../errors.js';

export interface ToolOptions {
  cwd?: string;
  /** Kills the tool and rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds; then the tool is killed and ERR_HOTSWIFT_TIMEOUT says that `phase` took too long. Default: no limit. */
  timeout?: { ms: number; phase: string };
}

export interface ToolResult {
  /** `null` if a signal ended the tool. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A host that ends takes its compiles with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach(killGroup));

/**
 * Runs a program of the toolchain to its end, whatever its exit code.
 *
 * Its children are ended with it: swiftc runs swift-frontend, and killing only the driver would leave the compile running.
 * Rejects with the spawn error (`code: 'ENOENT'`) if there is no such program.
 */
export async function runTool(program: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  options.signal?.throwIfAborted();
  const child = spawn(program, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = () => killGroup(child);
  let timedOut = false;
  const timer =
    options.timeout &&
    setTimeout(() => {
      timedOut = true;
      kill();
    }, options.timeout.ms);
  options.signal?.addEventListener('abort', kill, { once: true });
  running.add(child);
  try {
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    options.signal?.throwIfAborted();
    if (timedOut && options.timeout) {
      const { ms, phase } = options.timeout;
      throw new HotswiftError('ERR_HOTSWIFT_TIMEOUT', `${phase} took longer than ${ms} ms and was stopped`, { phase, ms });
    }
    return { exitCode, signal, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
    running.delete(child);
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended between the check and the call.
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
