import { readFile } from 'node:fs/promises';
import { manifestsOf } from './package-state.js';

/** By name, where it stands in quotes: `Context.environment["NAME"]`, `ProcessInfo.processInfo.environment["NAME"]`, `getenv("NAME")`. */
const named = /\benvironment\s*\[\s*"(\w+)"|\bgetenv\s*\(\s*"(\w+)"/g;
const anyRead = /\b(?:environment|getenv|secure_getenv|environ)\b/g;

/**
 * The variables of the environment that the manifests of some packages read, sorted; `undefined` if one of them may read any: it looks variables up by names that
 * are put together, or goes through all.
 */
export async function variablesRead(roots: readonly string[]): Promise<string[] | undefined> {
  const files = (await Promise.all(roots.map(manifestsOf))).flat().filter((file) => file.endsWith('.swift'));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const found = texts.map(variablesIn);
  if (found.some((names) => names === undefined)) return undefined;
  return [...new Set(found.flatMap((names) => names ?? []))].sort();
}

/** Those that a manifest reads, comments included; `undefined` if it may read any. */
export function variablesIn(manifest: string): string[] | undefined {
  const names = [...manifest.matchAll(named)].map(([, one, other]) => one ?? other ?? '');
  const reads = manifest.match(anyRead) ?? [];
  return reads.length === names.length ? names : undefined;
}
