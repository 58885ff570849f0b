import { setImmediate } from 'node:timers/promises';
import type { SourceSnapshot, SourceText } from '../edit/source-set.js';

/** What a file declares, as far as it matters here: names of types, each with those that it inherits from or conforms to. */
type Declarations = [name: string, inherited: string[]][];

const heading = /\b(?:struct|enum|class|actor|protocol|extension)\s+([\w.]+)\s*/g;
const brace = /[{}]/g;

/** What stands between a type's name and its members is shorter, in characters; of what is not, nothing is known. */
const longestClause = 4096;

/** PreviewKit's. */
const known = new Set(['SVG']);

/** Protocols and raw types by which no literal becomes a value of the type that has them. */
const harmless = new Set([
  ...[
    'Equatable',
    'Hashable',
    'Comparable',
    'Identifiable',
    'Codable',
    'Encodable',
    'Decodable',
    'Sendable',
    'CaseIterable',
    'Error',
    'LocalizedError',
  ],
  ...[
    'CustomStringConvertible',
    'CustomDebugStringConvertible',
    'RawRepresentable',
    'Copyable',
    'AnyObject',
    'OptionSet',
    'Sequence',
    'IteratorProtocol',
  ],
  ...['Int', 'UInt', 'UInt8', 'String', 'Character', 'Double', 'PreviewProvider', 'PreviewContent'],
]);

const declarationsIn = new WeakMap<SourceText, Declarations>();

/** Bytes that are looked through in one go: a millisecond. */
const mostAtOnce = 2 ** 15;

/**
 * Tells types of which `Name(5)` is certainly a call of an initialiser, and not the literal `5` as a `Name` (Swift Evolution, SE-0213): those that the module
 * declares and that conform, wherever that is said, to nothing but what it declares itself or what is known. Of others the compiler would have to be asked.
 */
export async function harmlessTypes(sources: SourceSnapshot): Promise<(name: string) => boolean> {
  const inherited = new Map<string, Set<string>>();
  let read = 0;
  for (const source of sources.values()) {
    if (!declarationsIn.has(source)) read += source.bytes.length;
    if (read > mostAtOnce) {
      await setImmediate();
      read = 0;
    }
    for (const [name, others] of declarationsOf(source)) {
      const known = inherited.get(name);
      if (known === undefined) inherited.set(name, new Set(others));
      else for (const other of others) known.add(other);
    }
  }
  let harmful: ReadonlySet<string> | undefined;
  return (name) => {
    if (!inherited.has(name)) return known.has(name);
    harmful ??= harmfulTypes(inherited);
    return !harmful.has(name);
  };
}

/** Of some types with what they inherit from, those that are not harmless: for what they say themselves, or for what one of the others does. */
function harmfulTypes(inherited: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const heirs = new Map<string, string[]>();
  for (const [name, others] of inherited) {
    for (const other of others) {
      const known = heirs.get(other);
      if (known === undefined) heirs.set(other, [name]);
      else known.push(name);
    }
  }
  const found = new Set<string>();
  const waiting = [...heirs.keys()].filter((name) => !inherited.has(name) && !harmless.has(name));
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const heir of heirs.get(name) ?? []) {
      if (found.has(heir)) continue;
      found.add(heir);
      waiting.push(heir);
    }
  }
  return found;
}

function declarationsOf(source: SourceText): Declarations {
  let found = declarationsIn.get(source);
  if (found === undefined) {
    found = declarationsOfText(source.bytes.toString());
    declarationsIn.set(source, found);
  }
  return found;
}

function declarationsOfText(text: string): Declarations {
  const found: Declarations = [];
  let open = -1;
  for (const match of text.matchAll(heading)) {
    const start = match.index + match[0].length;
    // Once for all types in front of a brace.
    if (open < start) {
      brace.lastIndex = start;
      open = brace.exec(text)?.index ?? text.length;
    }
    if (text[open] !== '{') continue;
    const inherited = inheritedIn(text, start, open);
    if (inherited !== undefined) found.push([lastComponent(match[1] ?? ''), inherited]);
  }
  return found;
}

/** The names in what stands between a type's name and its members; `undefined` if no type is declared there. */
function inheritedIn(text: string, start: number, end: number): string[] | undefined {
  if (start < end && !/[<:w]/.test(text[start] ?? '')) return undefined;
  if (end - start > longestClause) return [unknown];
  const [clause = ''] = withoutGenerics(text.slice(start, end)).split(/\bwhere\b/, 1);
  if (clause.trim() === '') return [];
  return clause.startsWith(':') ? namesIn(clause.slice(1)) : [unknown];
}

/** Is no type's name. */
const unknown = '?';

/** What stands behind `<T, U: P<V>>`. */
function withoutGenerics(clause: string): string {
  if (!clause.startsWith('<')) return clause;
  let depth = 0;
  for (let at = 0; at < clause.length; at += 1) {
    if (clause[at] === '<') depth += 1;
    else if (clause[at] === '>' && clause[at - 1] !== '-') depth -= 1;
    if (depth === 0) return clause.slice(at + 1).trimStart();
  }
  return unknown;
}

/** Of `@unchecked Sendable, Collection<Int> & Tag`: `Sendable`, `Collection`, `Tag`. */
function namesIn(clause: string): string[] {
  const parts = clause.replace(/<[^<>]*>/g, '').split(/[,&]/);
  return parts
    .map((part) => lastComponent(part.replace(/@\w+(?:\([^)]*\))?|~|\bany\b|\/\/[^\n]*/g, '').trim()))
    .filter((name) => name !== '');
}

function lastComponent(name: string): string {
  return name.split('.').at(-1) ?? '';
}
