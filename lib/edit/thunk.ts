import { setImmediate } from 'node:timers/promises';
import type { Diagnostic } from '../types.js';
import { type EditableLiteral, literalValue } from './literals.js';
import type { LiteralKind, SourceBody, SourceLiteral, SourceSyntax } from './syntax.js';
import { type TextEdit, withManyEdits, withoutEdits } from './text-edits.js';

/** The text that is compiled in the place of a file's own: each editable literal is read from the DesignTimeStore. */
export interface Thunk {
  text: Buffer;
  /** Ranges of the file's own text, in order. The first of them has the number that was asked for, and so on. */
  literals: EditableLiteral[];
  /** What was written around them. */
  edits: TextEdit[];
}

export interface ThunkOptions {
  /** The number of the first literal. */
  first: number;
  /** Of literals. A file with more is data. */
  most: number;
  /** Whether a call of a type of this name with a literal is certainly no other way to write the literal. */
  isHarmless(type: string): boolean;
  /** Whether the literals of a body stay as they are. Asked once for each body. */
  staysPlain(body: SourceBody): boolean;
}

const integerTypes = ['Int', 'Int8', 'Int16', 'Int32', 'Int64', 'Int128', 'UInt', 'UInt8', 'UInt16', 'UInt32', 'UInt64', 'UInt128'];
const floatTypes = ['Double', 'Float', 'Float16', 'Float32', 'Float64', 'Float80', 'CGFloat'];

/** Types of which a call with nothing but a literal is that literal, of this type (Swift Evolution, SE-0213). */
const literalTypes: Record<LiteralKind, ReadonlySet<string>> = {
  integer: new Set([...integerTypes, ...floatTypes]),
  float: new Set(floatTypes),
  boolean: new Set(['Bool']),
  string: new Set(['String', 'Substring', 'Unicode.Scalar', 'UnicodeScalar']),
};

/** The functions of swift/PreviewKit/Sources/PreviewKit/LiteralReaders.swift. */
const readers = { integer: '__hs_i', float: '__hs_f', boolean: '__hs_b', string: '__hs_s', grapheme: '__hs_g', scalar: '__hs_u' };

/** As in `reduce(0, +)`: without the literal's help, the type checker tries every such operator that there is. */
const operatorFollows = /^\s*,\s*[-+*/%&|^<>=!~.]+\s*\)/;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Literals that are looked at in one go: a millisecond. */
const literalsAtOnce = 500;

/**
 * Writes the thunk of a text. Lines stay what they are; {@link inUsersColumns} has the way back from its columns. `undefined` for more than `most`
 * literals.
 */
export async function makeThunk(text: Buffer, { literals, bodies }: SourceSyntax, options: ThunkOptions): Promise<Thunk | undefined> {
  const qualifier = text.includes('__hs_') ? 'PreviewKit.' : '';
  const thunk: Omit<Thunk, 'text'> = { literals: [], edits: [] };
  const canChange = bodies.map((body) => body.isUnderstood && !options.staysPlain(body));
  for (const [index, literal] of literals.entries()) {
    if (index % literalsAtOnce === literalsAtOnce - 1) await setImmediate();
    const { kind, start, end } = literal;
    if (literal.obstacle !== undefined || literal.body === undefined || !canChange[literal.body]) continue;
    if (thunk.literals.length === options.most) return undefined;
    const reader = readerOf(kind, text.toString('utf8', start, end));
    const type = typeOf(literal, options);
    if (reader === undefined || type === 'unknown' || operatorFollows.test(text.toString('latin1', end, end + 32))) continue;
    const before = `${qualifier}${reader}(${options.first + thunk.literals.length}, `;
    const after = type === undefined ? ')' : ` as ${type})`;
    thunk.literals.push({ kind, start, end });
    thunk.edits.push({ start, end: start, text: before }, { start: end, end, text: after });
  }
  return { ...thunk, text: await withManyEdits(text, thunk.edits) };
}

/** By what the literal can become: a character only another character. `undefined` if Swift would not take it. */
function readerOf(kind: LiteralKind, token: string): string | undefined {
  if (kind !== 'string') return readers[kind];
  const value = literalValue(kind, token);
  if (value === undefined) return undefined;
  const [first, second] = graphemes.segment(value);
  if (first === undefined || second !== undefined) return readers.string;
  return [...value].length === 1 ? readers.scalar : readers.grapheme;
}

/** The type that the literal is of because of the call that it is all of. `unknown`: the call may be more than an initialiser. */
function typeOf({ kind, onlyArgumentOf: callee }: SourceLiteral, { isHarmless }: ThunkOptions): string | undefined {
  if (callee === undefined) return undefined;
  if (literalTypes[kind].has(callee.replace(/^Swift\./, ''))) return callee;
  return isHarmless(callee.replace(/<.*/s, '').split('.').at(-1) ?? '') ? undefined : 'unknown';
}

const unusedReaders: [reader: string, kind: string][] = [
  [readers.integer, 'integer'],
  [readers.float, 'floating-point'],
  [readers.boolean, 'boolean'],
  [readers.string, 'string'],
  [readers.grapheme, 'string'],
  [readers.scalar, 'string'],
];

/** A message about a thunk as one about the text that it is of. */
export function inUsersColumns(diagnostic: Diagnostic, file: string, text: Buffer, thunk: Thunk): Diagnostic {
  const edited = { bytes: text, edits: thunk.edits };
  return withoutEdits(inUsersWords(diagnostic), (name) => (name === file ? edited : undefined));
}

function inUsersWords(diagnostic: Diagnostic): Diagnostic {
  const notes = diagnostic.notes.map(inUsersWords);
  const unused = unusedReaders.find(([reader]) => diagnostic.message === `result of call to '${reader}' is unused`);
  return { ...diagnostic, message: unused === undefined ? diagnostic.message : `${unused[1]} literal is unused`, notes };
}
