import { createHash } from 'node:crypto';
import debug from 'debug';
import { LineStarts, lastAtMost } from '../edit/line-starts.js';
import { literalCapacity } from '../edit/literals.js';
import { importsPreviewKit } from '../edit/preview-macros.js';
import { asWritten, type SourceSnapshot, type SourceText } from '../edit/source-set.js';
import { type NativeSyntaxTree, readSyntax, type SourceBody } from '../edit/syntax.js';
import { inUsersColumns, makeThunk, type Thunk } from '../edit/thunk.js';
import type { Diagnostic } from '../types.js';
import type { CompiledLiterals } from './compiled-file.js';
import type { JobResults } from './frontend-jobs.js';
import { harmlessTypes } from './harmless-types.js';

/** A thunk and the text that it stands for. */
export interface ThunkedSource {
  source: SourceText;
  /** To be compiled in its place. */
  thunked: SourceText;
  thunk: Thunk;
  literals: CompiledLiterals;
  bodies: readonly SourceBody[];
  /** What the reader of a result has to know: parts of the file that are compiled as they are. */
  remark: string;
}

const log = debug('hotswift:compile');

/** A file with more literals is data. */
const mostLiterals = 2 ** 14;

/** After so many thunks that did not compile, one after the other, there is something about the file. */
const mostFailures = 3;

/**
 * Thunks of the previewed file. A part of it that does not compile as a thunk is left as it is from then on, until it is changed.
 */
export class Thunks {
  readonly #file: string;
  readonly #tree: NativeSyntaxTree;
  /** Numbers are taken in turn: whoever had one before is long gone when it comes again. */
  #next = 1;
  /** Digests of bodies that do not compile with readers in them, or with a file's digest, of whole files. */
  readonly #plain = new Set<string>();
  #failures = 0;
  /** The thunk that is being compiled, or was last. */
  #newest: ThunkedSource | undefined;

  constructor(file: string, tree: NativeSyntaxTree) {
    this.#file = file;
    this.#tree = tree;
  }

  get newest(): ThunkedSource | undefined {
    return this.#newest;
  }

  /** These numbers are taken, by what an earlier session compiled. */
  reserve({ first, literals }: CompiledLiterals): void {
    this.#next = Math.max(this.#next, first + literals.length);
  }

  /** The thunk of the file, if it has literals that can be edited. */
  async make(sources: SourceSnapshot): Promise<ThunkedSource | undefined> {
    this.#newest = undefined;
    const source = sources.get(this.#file);
    if (source === undefined || this.#failures >= mostFailures || this.#plain.has(source.digest)) return undefined;
    // Without it the readers are not there.
    if (!importsPreviewKit(source.bytes)) return undefined;
    const syntax = await readSyntax(this.#tree, source.bytes);
    if (!syntax.isUnderstood) log('%s: its syntax takes too long to read, all of it is compiled', this.#file);
    const bodies = syntax.bodies.filter((body) => !body.isUnderstood);
    const first = this.#next + syntax.literals.length > literalCapacity ? 1 : this.#next;
    const thunk = await makeThunk(source.bytes, syntax, {
      first,
      most: mostLiterals,
      isHarmless: await harmlessTypes(sources),
      staysPlain: (body) => this.#plain.size > 0 && this.#plain.has(digestOf(source, body)),
    });
    if (thunk === undefined || thunk.literals.length === 0) return undefined;
    this.#next = first + thunk.literals.length;
    const thunked = { file: source.file, bytes: thunk.text, digest: `${source.digest} with readers from ${first}` };
    const remark = bodies.length === 0 ? '' : `; ${describe(bodies, source)} not understood, so that literals there are compiled`;
    this.#newest = { source, thunked, thunk, literals: { first, literals: thunk.literals }, bodies: syntax.bodies, remark };
    return this.#newest;
  }

  /** It has compiled. */
  accept(): void {
    this.#failures = 0;
  }

  /** It did not compile, while the text that it stands for did. */
  refuse({ source, thunk, bodies }: ThunkedSource, diagnostics: readonly Diagnostic[]): void {
    const all = diagnostics.filter(({ severity }) => severity === 'error');
    const errors = all.filter(({ file }) => file === this.#file);
    // Another file of the same job was at fault.
    if (errors.length === 0 && all.length > 0) return;
    const lines = errors.map(({ line }) => line).sort((one, other) => one - other);
    const atFault = bodies.filter((body) => {
      const { first, last } = linesOf(body, source);
      return (lines[lastAtMost(lines, last)] ?? 0) >= first;
    });
    for (const body of atFault) this.#plain.add(digestOf(source, body));
    if (atFault.length === 0) this.#plain.add(source.digest);
    this.#failures += 1;
    log('%d literals: the readers do not compile in %d bodies: %s', thunk.literals.length, atFault.length, errors[0]?.message);
  }
}

/** The texts of a module, the thunk among them in place of the text that it stands for. */
export function withThunk(sources: SourceSnapshot, { source, thunked }: ThunkedSource): SourceSnapshot {
  return new Map([...sources, [source.file, thunked]]);
}

/** What was made of a thunk, as what was made of the text that it stands for. */
export function asOfUser(results: JobResults, { source, thunk, literals, remark }: ThunkedSource): JobResults {
  const made = results.files.get(source.file);
  const files = new Map(results.files);
  if (made !== undefined) files.set(source.file, { ...made, digest: source.digest, literals, remark });
  const original = new Map([[source.file, source]]);
  const diagnostics = results.diagnostics.map((one) => asWritten(inUsersColumns(one, source.file, source.bytes, thunk), original));
  return { ...results, files, diagnostics };
}

function digestOf({ bytes }: SourceText, { start, end }: SourceBody): string {
  return createHash('sha256').update(bytes.subarray(start, end)).digest('hex');
}

/** First and last line, counted from 1. */
function linesOf({ start, end }: SourceBody, { bytes }: SourceText): { first: number; last: number } {
  const lines = LineStarts.of(bytes);
  return { first: lines.lineAt(start), last: lines.lineAt(end) };
}

function describe(bodies: readonly SourceBody[], source: SourceText): string {
  const lines = bodies.slice(0, 3).map((body) => linesOf(body, source).first);
  return `the code from line ${lines.join(', ')}${bodies.length > 3 ? ` and of ${bodies.length - 3} more bodies` : ''} is`;
}
