import path from 'node:path';
import { runTool } from '../project/run-tool.js';
import type { NativeBacktrace, NativeFrame } from './native.js';

/** Milliseconds; the toolchain's demangler takes 30. */
const longestDemangling = 500;

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
  const what = name || `0x${address.toString(16)}`;
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
