import path from 'node:path';
import { z } from 'zod';
import { runTool, type ToolResult } from '../project/run-tool.js';
import { crashRecordDescriptor } from './agent-protocol.js';
import type { BacktraceQuery, NativeBacktrace, NativeFrame } from './native.js';

const entryPoint = path.join(__dirname, '..', 'agent', 'read-backtrace.js');

/** Milliseconds. The reader limits itself by processor time: this is for files that are waited for. */
const longestReading = 30_000;

/** Milliseconds; the toolchain's demangler takes 30. */
const longestDemangling = 10_000;

/** Characters of a function's name, mangled or not: generic types have names of any length. */
const longestName = 4096;

/** The answer of the process that reads, which may have gone wrong before it gave one. */
const answer: z.ZodType<NativeBacktrace> = z.object({
  frames: z
    .array(
      z.object({
        address: z.string().max(16),
        function: z.string().transform((name) => name.slice(0, longestName)),
        library: z.string(),
        object: z.string(),
        file: z.string(),
        line: z.number(),
        column: z.number(),
      }),
    )
    .max(256),
  hasMore: z.boolean(),
});

/**
 * The frames that a crash record tells of, read by a process of its own. Where debug information is damaged so that the reader crashes or does not come to an
 * end, frames have functions, but no lines. `undefined` if nothing can be read.
 */
export async function readBacktrace(record: number, query: Omit<BacktraceQuery, 'debugInformation'>): Promise<NativeBacktrace | undefined> {
  return (await readOnce(record, { ...query, debugInformation: true })) ?? readOnce(record, { ...query, debugInformation: false });
}

async function readOnce(record: number, query: BacktraceQuery): Promise<NativeBacktrace | undefined> {
  try {
    const { exitCode, stdout }: ToolResult = await runTool(process.execPath, [entryPoint], {
      input: JSON.stringify(query),
      descriptors: { [crashRecordDescriptor]: record },
      // Under Electron, its executable is to act as Node.
      env: { ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: undefined },
      timeout: { ms: longestReading, phase: 'reading a backtrace' },
    });
    return exitCode === 0 ? answer.parse(JSON.parse(stdout)) : undefined;
  } catch {
    return undefined;
  }
}

/** What Swift mangled (docs/ABI/Mangling.rst). */
const mangled = /^(?:\$[sS]|_T0)/;

/**
 * A backtrace for people: one text a frame, innermost first. `demangler`: the toolchain's `swift-demangle`; where there is none, Swift's functions have
 * the names that the linker knows.
 */
export async function describeBacktrace({ frames, hasMore }: NativeBacktrace, demangler: string): Promise<string[]> {
  const names = await demangle([...new Set(frames.map((frame) => frame.function).filter((name) => mangled.test(name)))], demangler);
  const texts = frames.map((frame) => describe(frame, names.get(frame.function) ?? frame.function));
  return hasMore ? [...texts, '…'] : texts;
}

function describe({ address, library, file, line, column }: NativeFrame, name: string): string {
  const what = name || `0x${address}`;
  if (file !== '') return `${what} at ${file}:${line}${column > 0 ? `:${column}` : ''}`;
  return library === '' ? what : `${what} in ${path.basename(library)}`;
}

async function demangle(names: readonly string[], demangler: string): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map();
  try {
    const timeout = { ms: longestDemangling, phase: 'demangling' };
    const { stdout } = await runTool(demangler, ['-compact', '-simplified', ...names], { timeout });
    const lines = stdout.split('\n');
    return new Map(names.map((name, index) => [name, lines[index] || name]));
  } catch {
    return new Map();
  }
}
