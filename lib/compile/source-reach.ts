import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { SourceSnapshot, SourceText } from '../edit/source-set.js';

/** Modules up to this size are compiled whole: to choose would save less than a job of the compiler takes. */
const smallModule = 16;

/** Files read in one go: some 5 ms. */
const filesAtOnce = 40;

/** A declaration at the left margin; its attributes and modifiers may stand before it, on the same line. */
const declaration =
  /^(?:@\w+(?:\([^)\n]*\))?[ \t]+|[a-z]+(?:\([a-z]+\))?[ \t]+)*?(struct|class|enum|protocol|actor|typealias|func|var|let|extension|macro)[ \t]+`?([\p{L}_][\p{L}\p{N}_]*)/gmu;
const identifier = /[\p{L}_][\p{L}\p{N}_]*/gu;

const setups = new WeakMap<SourceText, boolean>();

/** Whether a file may have a type that sets up what previews need: nothing else need mention it. */
export function mayHaveSetup(source: SourceText): boolean {
  const known = setups.get(source);
  if (known !== undefined) return known;
  const found = source.bytes.includes('PreviewSetup');
  setups.set(source, found);
  return found;
}

interface Outline {
  declared: Set<string>;
  extended: Set<string>;
  words: Set<string>;
}

/**
 * The files that a preview may reach, in the order of the module: those that declare a name that the previewed file mentions, and so on, and those
 * that extend what is declared there, or in another module. Reads words, not Swift: what it overlooks, the linker misses later; what it adds is
 * compiled earlier than it must be.
 */
export async function reachableFiles(sources: SourceSnapshot, previewed: string): Promise<string[]> {
  const files = [...sources.keys()];
  if (files.length <= smallModule) return files;
  const outlines = new Map<string, Outline>();
  for (const [index, [file, { bytes, original }]] of [...sources].entries()) {
    if (index % filesAtOnce === 0) await setImmediate();
    // What is written in the place of a macro has the same names in every file.
    outlines.set(file, outlineOf((original?.bytes ?? bytes).toString()));
  }
  const declarers = collect(outlines, ({ declared }) => declared);
  const extenders = collect(outlines, ({ extended }) => extended);
  const ofOtherModules = [...extenders].filter(([name]) => !declarers.has(name)).flatMap(([, extending]) => [...extending]);
  const reached = new Set<string>();
  const unmentioned = [...sources.values()].filter((source) => path.basename(source.file) === 'main.swift' || mayHaveSetup(source));
  const waiting = [previewed, ...unmentioned.map(({ file }) => file), ...ofOtherModules];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const outline = outlines.get(file);
    for (const word of outline?.words ?? []) for (const other of declarers.get(word) ?? []) waiting.push(other);
    for (const name of outline?.declared ?? []) for (const other of extenders.get(name) ?? []) waiting.push(other);
  }
  return files.filter((file) => reached.has(file));
}

function outlineOf(text: string): Outline {
  const outline: Outline = { declared: new Set(), extended: new Set(), words: new Set(text.match(identifier)) };
  for (const [, kind, name = ''] of text.matchAll(declaration)) (kind === 'extension' ? outline.extended : outline.declared).add(name);
  return outline;
}

/** From each name to the files that have it. */
function collect(outlines: ReadonlyMap<string, Outline>, namesOf: (outline: Outline) => ReadonlySet<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [file, outline] of outlines) {
    for (const name of namesOf(outline)) {
      const known = found.get(name);
      if (known === undefined) found.set(name, [file]);
      else known.push(file);
    }
  }
  return found;
}
