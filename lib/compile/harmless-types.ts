import { setImmediate } from 'node:timers/promises';
import type { SourceSnapshot, SourceText } from '../edit/source-set.js';

/** What a file declares, as far as it matters here: names of types, each with those that it inherits from or conforms to. */
type Declarations = [name: string, inherited: string[]][];

const declaration =
  /\b(?:struct|enum|class|actor|protocol|extension)\s+([\w.]+)\s*(?:<[^{}]*?>)?\s*(?::\s*([^{}]*?))?\s*(?:\bwhere\b[^{}]*)?\{/g;

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
  const inherited = new Map<string, string[]>();
  let read = 0;
  for (const source of sources.values()) {
    if (!declarationsIn.has(source)) read += source.bytes.length;
    if (read > mostAtOnce) {
      await setImmediate();
      read = 0;
    }
    for (const [name, others] of declarationsOf(source)) inherited.set(name, [...(inherited.get(name) ?? []), ...others]);
  }
  const isHarmless = (name: string, heirs: ReadonlySet<string>): boolean => {
    if (heirs.has(name)) return true;
    const others = inherited.get(name);
    if (others === undefined) return harmless.has(name);
    return others.every((other) => isHarmless(other, new Set([...heirs, name])));
  };
  return (name) => (inherited.has(name) ? isHarmless(name, new Set()) : known.has(name));
}

function declarationsOf(source: SourceText): Declarations {
  let found = declarationsIn.get(source);
  if (found === undefined) {
    found = [...source.bytes.toString().matchAll(declaration)].map(([, name = '', clause = '']) => [lastComponent(name), namesIn(clause)]);
    declarationsIn.set(source, found);
  }
  return found;
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
