import { setImmediate } from 'node:timers/promises';

/** The syntax of one file, text by text: native/syntax.h. Goes when nothing refers to it and its promises are settled. */
export interface NativeSyntaxTree {
  /**
   * Parses a text, any bytes, on another thread; its bytes may change at once.
   *
   * `isUnderstood` is false for a text that takes more than its parser may use: the tables are empty.
   * `literals`: rows of kind, start, end, obstacle (0 for none), body (its row, or 0xFFFFFFFF), start and end of the callee (twice 0 for none).
   * `bodies`: rows of start, end, and 1 where the parser is not sure. `previews`: rows of start, end of the name, end.
   */
  parse(text: Uint8Array): Promise<{ literals: Uint32Array; bodies: Uint32Array; previews: Uint32Array; isUnderstood: boolean }>;
}

/** In the order of `LiteralKind` in native/syntax.h. */
const kinds = ['integer', 'float', 'boolean', 'string'] as const;

export type LiteralKind = (typeof kinds)[number];

/** A literal of a source, positions in bytes. */
export interface SourceLiteral {
  kind: LiteralKind;
  /** Of a number with a minus that is a part of it, the minus. */
  start: number;
  end: number;
  /** Why it cannot be read through a call that stands in its place: a phrase to go on with after 'it is'. */
  obstacle?: string;
  /** The position in `bodies` of the body that it is in. */
  body?: number;
  /**
   * What is called with nothing but this literal, if its name begins with a capital: `UInt64`, `a.b.Name<Int>`. Swift reads `Name(5)` as
   * `5 as Name` where Name is a type.
   */
  onlyArgumentOf?: string;
}

/**
 * The outermost body of a function, an initialiser, a computed property, a subscript or observers, in bytes: from `{` to behind `}`. Closures
 * and functions within belong to it.
 */
export interface SourceBody {
  start: number;
  end: number;
  /** Whether the parser is sure of all of it, and of where it stands. */
  isUnderstood: boolean;
}

/** `#Preview(…) { … }`, a declaration of the file, in bytes. */
export interface PreviewMacro {
  start: number;
  /** Behind `#Preview`. */
  nameEnd: number;
  /** Behind the closure. */
  end: number;
}

/** All literals of a source but `nil`, regular expressions and what `#if` asks for, and its bodies, in the order of their starts. */
export interface SourceSyntax {
  /** Whether the source was read at all: it may be too long, or so deep or wrong that its parser would never end. */
  isUnderstood: boolean;
  literals: SourceLiteral[];
  bodies: SourceBody[];
}

/** By `Obstacle` in native/syntax.h. */
const obstacles = [
  undefined,
  'in the arguments of an attribute',
  "in a parameter's default value",
  'in a pattern',
  'in a case of an enum',
  'in the initialiser of a property of a type or of the file',
  'in a statement of the file itself',
  'in a directive or a condition of availability',
  'in the arguments of a macro',
  "the position of a tuple's element",
  'in a key path',
  "in a closure's list of captures",
  'in a type, or in what may be one',
  'a raw string, or in one',
  'a string of several lines',
  'an interpolated string',
  'a Boolean that is a condition',
  'in an array or a dictionary of more than 32 literals',
  'on a line with #column',
  'in a body that other modules inline',
  'in what the parser does not understand',
  'in syntax that is not known',
];

const literalWidth = 7;
const noBody = 0xffffffff;

/** Finds the `#Preview`s of a text, in order. */
export async function findPreviewMacros(tree: NativeSyntaxTree, text: Buffer): Promise<PreviewMacro[]> {
  const { previews } = await tree.parse(text);
  return rows(previews).map(([start, nameEnd, end]) => ({ start, nameEnd, end }));
}

/** Finds the bodies of a text, in the order of their starts. */
export async function readBodies(tree: NativeSyntaxTree, text: Buffer): Promise<SourceBody[]> {
  return bodiesIn((await tree.parse(text)).bodies);
}

/** Literals that objects are made of in one go: a millisecond. */
const literalsAtOnce = 2_000;

/** Finds the literals and the bodies of a text. */
export async function readSyntax(tree: NativeSyntaxTree, text: Buffer): Promise<SourceSyntax> {
  // The callees are read when the promise is settled, and the caller may have changed the bytes by then.
  const bytes = Buffer.from(text);
  const { literals: table, bodies, isUnderstood } = await tree.parse(bytes);
  const literals: SourceLiteral[] = [];
  for (let at = 0; at < table.length; at += literalWidth) {
    if (at % (literalsAtOnce * literalWidth) === 0 && at > 0) await setImmediate();
    literals.push(readLiteral(table, at, bytes));
  }
  return { isUnderstood, literals, bodies: bodiesIn(bodies) };
}

function rows(table: Uint32Array): [number, number, number][] {
  const found: [number, number, number][] = [];
  for (let at = 0; at < table.length; at += 3) found.push([table[at] ?? 0, table[at + 1] ?? 0, table[at + 2] ?? 0]);
  return found;
}

function bodiesIn(table: Uint32Array): SourceBody[] {
  return rows(table).map(([start, end, flags]) => ({ start, end, isUnderstood: flags === 0 }));
}

/** The row of the table that begins there. */
function readLiteral(table: Uint32Array, at: number, text: Buffer): SourceLiteral {
  const [start = 0, end = 0] = [table[at + 1], table[at + 2]];
  const [obstacle = 0, body = noBody, calleeStart = 0, calleeEnd = 0] = [table[at + 3], table[at + 4], table[at + 5], table[at + 6]];
  const literal: SourceLiteral = { kind: kinds[table[at] ?? 0] as LiteralKind, start, end };
  if (obstacle !== 0) literal.obstacle = obstacles[obstacle] ?? 'in syntax that is not known';
  if (body !== noBody) literal.body = body;
  if (calleeEnd > 0) literal.onlyArgumentOf = text.toString('utf8', calleeStart, calleeEnd);
  return literal;
}
