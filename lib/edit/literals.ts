import type { LiteralKind } from './syntax.js';

/** A literal whose value can be set while the code runs, as bytes of the text that was compiled. */
export interface EditableLiteral {
  kind: LiteralKind;
  start: number;
  end: number;
}

/** Literals have numbers from 1 up to this, exclusively: `DesignTimeStore.capacity` in PreviewKit. */
export const literalCapacity = 2 ** 18;

/** The value of a literal, in a form that is the same however it was written; see {@link literalValue}. */
export interface LiteralEdit {
  /** Position among the literals of the text that was compiled. */
  index: number;
  value: string;
}

const [minus, quote, backslash, openParenthesis] = [0x2d, 0x22, 0x5c, 0x28];

/** Whole tokens, with their minus: whether they end where they have to, the byte behind tells. */
const numbers = {
  integer: /-?(?:0x[\da-fA-F][\da-fA-F_]*|0o[0-7][0-7_]*|0b[01][01_]*|\d[\d_]*)/y,
  float:
    /-?(?:0x[\da-fA-F][\da-fA-F_]*(?:\.[\da-fA-F][\da-fA-F_]*)?[pP][+-]?\d[\d_]*|\d[\d_]*(?:\.\d[\d_]*(?:[eE][+-]?\d[\d_]*)?|[eE][+-]?\d[\d_]*))/y,
  boolean: /true|false/y,
};

/** The longest number that is looked at, in bytes. */
const longestNumber = 400;
/** How far behind a literal its end can depend on, in bytes: a dot and a digit, an exponent with its sign. */
const longestLookAhead = 4;
/** Bytes that are compared in one go. */
const atOnce = 2 ** 12;
/** How far ahead a member is looked for, in bytes. */
const longestGap = 4096;

/** What may stand before a minus that was not there: behind anything else it could be half of an operator, or a binary one. */
const opening = new Set([...' \t\n\r([{,:;'].map((character) => character.charCodeAt(0)));
/** What may stand behind a number that got a minus: behind it, a member would be one of the number without it. */
const closing = new Set([...' \t\n\r)]},;:'].map((character) => character.charCodeAt(0)));

/**
 * The values that differ between a text that was compiled and another, if these are all that differs; `undefined` otherwise. `literals`: those of the
 * compiled text, in order. What lies between them has to be the same byte for byte, and each literal of the same kind as before.
 */
export function literalEdits(compiled: Buffer, literals: readonly EditableLiteral[], text: Buffer): LiteralEdit[] | undefined {
  const edits: LiteralEdit[] = [];
  const same = equalEnds(compiled, text);
  // Literals in front of the first difference are what they were, if it is out of sight of who reads them.
  const changed = literals.findIndex(({ end }) => end + longestLookAhead > same.start);
  const first = changed < 0 ? literals.length : changed;
  let behind = literals[first - 1]?.end ?? 0;
  let at = behind;
  for (let index = first; index < literals.length; index += 1) {
    // So is everything behind the last one.
    if (behind >= compiled.length - same.end && at - behind === text.length - compiled.length) return edits;
    const { kind, start, end } = literals[index] as EditableLiteral;
    at = skipEqual(compiled, behind, start, text, at);
    if (at < 0) return undefined;
    behind = end;
    const tokenEnd = lexLiteral(text, at, kind);
    if (tokenEnd === undefined) return undefined;
    if (text.compare(compiled, start, end, at, tokenEnd) !== 0) {
      if (text[at] === minus && compiled[start] !== minus && !canTakeMinus(text, at, tokenEnd)) return undefined;
      const value = literalValue(kind, text.toString('utf8', at, tokenEnd));
      if (value === undefined) return undefined;
      if (value !== literalValue(kind, compiled.toString('utf8', start, end))) edits.push({ index, value });
    }
    at = tokenEnd;
  }
  at = skipEqual(compiled, behind, compiled.length, text, at);
  return at === text.length ? edits : undefined;
}

/** How many bytes two texts have in common at their starts, and at their ends behind those. */
function equalEnds(one: Buffer, other: Buffer): { start: number; end: number } {
  const shorter = Math.min(one.length, other.length);
  let start = 0;
  const isEqual = (size: number) => one.compare(other, start, start + size, start, start + size) === 0;
  while (start + atOnce <= shorter && isEqual(atOnce)) start += atOnce;
  while (start < shorter && one[start] === other[start]) start += 1;
  const most = shorter - start;
  let end = 0;
  const isEqualBefore = (size: number) => {
    const [stop, otherStop] = [one.length - end, other.length - end];
    return one.compare(other, otherStop - size, otherStop, stop - size, stop) === 0;
  };
  while (end + atOnce <= most && isEqualBefore(atOnce)) end += atOnce;
  while (end < most && one[one.length - end - 1] === other[other.length - end - 1]) end += 1;
  return { start, end };
}

/** Where equal bytes end in `text`; -1 if they are not equal. */
function skipEqual(compiled: Buffer, start: number, end: number, text: Buffer, at: number): number {
  const behind = at + end - start;
  if (behind > text.length || text.compare(compiled, start, end, at, behind) !== 0) return -1;
  return behind;
}

function canTakeMinus(text: Buffer, start: number, end: number): boolean {
  const before = text[start - 1];
  const after = text[end];
  if ((before !== undefined && !opening.has(before)) || (after !== undefined && !closing.has(after))) return false;
  // A member may stand on the next line, or behind a comment.
  return !/^\s*(?:\.(?!\.)|\/[/*])/.test(text.toString('latin1', end, end + longestGap));
}

/** Where a literal of a kind ends that begins there; `undefined` if none does. */
export function lexLiteral(text: Buffer, start: number, kind: LiteralKind): number | undefined {
  if (kind === 'string') return lexString(text, start);
  const pattern = numbers[kind];
  pattern.lastIndex = 0;
  const token = pattern.exec(text.toString('latin1', start, start + longestNumber))?.[0];
  return token === undefined ? undefined : start + token.length;
}

/** A string on one line, without interpolation. */
function lexString(text: Buffer, start: number): number | undefined {
  if (text[start] !== quote || (text[start + 1] === quote && text[start + 2] === quote)) return undefined;
  for (let at = start + 1; at < text.length; at += 1) {
    const byte = text[at] ?? 0;
    if (byte === quote) return at + 1;
    if (byte < 0x20 && byte !== 0x09) return undefined;
    if (byte === backslash) {
      if (text[at + 1] === openParenthesis) return undefined;
      at += 1;
    }
  }
  return undefined;
}

const escapes: Record<string, string> = { '0': '\0', '\\': '\\', t: '\t', n: '\n', r: '\r', '"': '"', "'": "'" };

/**
 * What a literal stands for: an integer with its radix (`-0x1F`) and a float, both without underscores; a string without quotes and escapes.
 * `undefined` if Swift would not take it.
 */
export function literalValue(kind: LiteralKind, token: string): string | undefined {
  if (kind !== 'string') return token.replaceAll('_', '');
  let isValid = !token.includes('\uFFFD');
  const value = token.slice(1, -1).replace(/\\(?:u\{([\da-fA-F]{1,8})\}|([\s\S]?))/g, (_, scalar: string | undefined, escaped: string) => {
    const replacement = scalar === undefined ? escapes[escaped] : characterOf(Number.parseInt(scalar, 16));
    isValid &&= replacement !== undefined;
    return replacement ?? '';
  });
  return isValid ? value : undefined;
}

function characterOf(scalar: number): string | undefined {
  const isSurrogate = scalar >= 0xd800 && scalar < 0xe000;
  return isSurrogate || scalar > 0x10ffff ? undefined : String.fromCodePoint(scalar);
}
