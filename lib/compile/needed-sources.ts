import path from 'node:path';
import type { SourceSnapshot, SourceText } from '../edit/source-set.js';
import type { NativeSyntaxTree } from '../edit/syntax.js';
import { readBodies, type SourceBody } from '../edit/syntax.js';
import type { FileDeclarations } from './native-indexes.js';

/** What a file's text says outside of bodies that nothing but the file itself depends on. */
interface Outline {
  /** Identifiers, numbered. */
  words: Uint32Array;
  /** What its imports name: `Foundation`, `Foundation.Date`. */
  imports: readonly string[];
}

/** Files that are looked at again on the way of a compile; more are left to the background. */
const mostAtOnce = 8;

/** Files whose declarations are asked for in one go: a millisecond. */
const filesAtOnce = 100;

/** Of the bytes of a module: reading fewer is worth a look. */
const worthwhile = 0.7;

const identifier = /[\p{L}_][\p{L}\p{N}_]*/gu;
const wholeIdentifier = /^[\p{L}_][\p{L}\p{N}_]*$/u;
const imported = /\bimport\s+(?:(?:typealias|struct|class|enum|protocol|var|let|func)\s+)?([\p{L}_][\p{L}\p{N}_.]*)/gu;

/**
 * Of bodies with one of these at their beginning, or in what stands before them, the compiler reads more than where they end, on account of other files: an opaque
 * result's type, code that is copied, observers that may or may not ask for the old value.
 */
const readByOthers = /\bsome\b|@_transparent\b|@_alwaysEmitIntoClient\b|@inlinable\b|@backDeployed\b|\bdidSet\b|\bwillSet\b/;

/**
 * Tells which sources of a module the compiler needs for some of its files; of a large module few.
 *
 * Swift finds declarations by name. A file needs those that declare a name that it mentions, and of each file that is needed the text outside of its
 * bodies needs others in the same way. Members are found through their types: a type's file, and all that extend it, come together. What can be
 * found without a mention is always there: operators, extensions of other modules' types, one file for each import of the module, main.swift.
 *
 * What files declare is what the compiler has noted (`.swiftdeps`), for `#if` and macros have their say in it; what they mention is read from their
 * texts, where strings and comments only add to it. Should something be missing nevertheless, the compile fails, and is done again with all sources.
 */
export class NeededSources {
  readonly #module: string;
  readonly #syntax: NativeSyntaxTree;
  readonly #smallest: number;
  readonly #declarations: (file: string) => FileDeclarations;
  readonly #outlines = new WeakMap<SourceText, Outline>();
  readonly #numbers = new Map<string, number>();
  readonly #declared = new Map<string, FileDeclarations>();
  readonly #byName = new Map<number, Set<string>>();
  readonly #byType = new Map<string, Set<string>>();
  /** Files with declarations that are found without a mention. */
  readonly #always = new Set<string>();
  /** Files whose declarations may have changed. */
  readonly #unknown = new Set<string>();
  /** Files for which something was missing. */
  readonly #doubted = new Set<string>();

  /** `smallest`: bytes of sources from which on it is worth it. `declarations`: what the newest compile of a file has noted. */
  constructor(module: string, syntax: NativeSyntaxTree, smallest: number, declarations: (file: string) => FileDeclarations) {
    this.#module = module;
    this.#syntax = syntax;
    this.#smallest = smallest;
    this.#declarations = declarations;
  }

  /** Files were compiled, or are gone. */
  changed(files: Iterable<string>): void {
    for (const file of files) this.#unknown.add(file);
  }

  /** With what was needed for these files, they did not compile, and with all sources they did. */
  doubt(files: readonly string[]): void {
    for (const file of files) this.#doubted.add(file);
  }

  /** Looks at what is not known yet, for `select` to have an answer at once. */
  async prepare(sources: SourceSnapshot, signal: AbortSignal): Promise<void> {
    if (!this.#isWorthIt(sources)) return;
    for (const [index, source] of [...sources.values()].entries()) {
      signal.throwIfAborted();
      if (!this.#outlines.has(source)) await this.#outline(source);
      else if (index % filesAtOnce === 0) await new Promise(setImmediate);
    }
    while (this.#unknown.size > 0) {
      this.#update([...this.#unknown].slice(0, filesAtOnce), sources);
      await new Promise(setImmediate);
      signal.throwIfAborted();
    }
  }

  /**
   * The sources that a compile of some files needs, in the order of the module. `undefined`: all of them, for it is not known, or not worth it. `edited`: files
   * that may declare something else than is known; they are needed.
   */
  async select(files: readonly string[], edited: readonly string[], sources: SourceSnapshot): Promise<SourceSnapshot | undefined> {
    if (!this.#isWorthIt(sources) || files.some((file) => this.#doubted.has(file))) return undefined;
    if (this.#unknown.size > mostAtOnce) return undefined;
    this.#update([...this.#unknown], sources);
    const primaries = new Set([...files, ...edited]);
    const missing = [...sources.values()].filter((source) => !primaries.has(source.file) && !this.#outlines.has(source));
    if (missing.length > mostAtOnce) return undefined;
    await Promise.all(missing.map((source) => this.#outline(source)));
    const needed = this.#reach(primaries, sources);
    const total = bytesOf(sources.values());
    const selected = new Map([...sources].filter(([file]) => needed.has(file)));
    return bytesOf(selected.values()) <= worthwhile * total ? selected : undefined;
  }

  #reach(primaries: ReadonlySet<string>, sources: SourceSnapshot): Set<string> {
    const reached = new Set<string>();
    const waiting = [...primaries, ...[...this.#always].filter((file) => sources.has(file))];
    const imports = new Set<string>();
    const follow = () => {
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
        const source = sources.get(file);
        if (source === undefined || reached.has(file)) continue;
        reached.add(file);
        const outline = this.#outlines.get(source);
        const words = primaries.has(file) || outline === undefined ? this.#wordsOf(source.bytes.toString()) : outline.words;
        for (const word of words) waiting.push(...(this.#byName.get(word) ?? []));
        for (const type of this.#declared.get(file)?.types ?? []) waiting.push(...(this.#byType.get(type) ?? []));
        for (const name of outline?.imports ?? importsOf(source.bytes.toString())) imports.add(name);
      }
    };
    follow();
    // In Swift, members of a module are visible to files that do not import it, as soon as anything has loaded it.
    for (const [file, source] of sources) {
      if (reached.has(file) || this.#outlines.get(source)?.imports.every((name) => imports.has(name))) continue;
      waiting.push(file);
      follow();
    }
    return reached;
  }

  #update(files: readonly string[], sources: SourceSnapshot): void {
    for (const file of files) {
      this.#unknown.delete(file);
      this.#forget(file);
      if (!sources.has(file)) continue;
      const declared = this.#declarations(file);
      this.#declared.set(file, declared);
      for (const name of declared.names) add(this.#byName, this.#numberOf(name), file);
      for (const type of declared.types) add(this.#byType, type, file);
      const isForeign = (type: string) => !type.startsWith(`${this.#module.length}${this.#module}`);
      const isScript = path.basename(file) === 'main.swift';
      if (isScript || declared.types.some(isForeign) || declared.names.some((name) => !wholeIdentifier.test(name))) this.#always.add(file);
    }
  }

  #forget(file: string): void {
    const declared = this.#declared.get(file);
    for (const name of declared?.names ?? []) this.#byName.get(this.#numberOf(name))?.delete(file);
    for (const type of declared?.types ?? []) this.#byType.get(type)?.delete(file);
    this.#declared.delete(file);
    this.#always.delete(file);
  }

  async #outline(source: SourceText): Promise<void> {
    const bodies = await readBodies(this.#syntax, source.bytes);
    const text = withoutBodies(source.bytes, bodies);
    this.#outlines.set(source, { words: this.#wordsOf(text), imports: importsOf(text) });
  }

  #wordsOf(text: string): Uint32Array {
    return Uint32Array.from(new Set(text.match(identifier)), (word) => this.#numberOf(word));
  }

  #numberOf(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    this.#numbers.set(word, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  #isWorthIt(sources: SourceSnapshot): boolean {
    return bytesOf(sources.values()) >= this.#smallest;
  }
}

/** A text without the bodies that no other file depends on. */
function withoutBodies(bytes: Buffer, bodies: readonly SourceBody[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const body of bodies) {
    const before = bytes.toString('utf8', end, body.start);
    parts.push(before);
    const isReadByOthers = readByOthers.test(before) || readByOthers.test(bytes.toString('utf8', body.start, body.end));
    if (!body.isUnderstood || isReadByOthers) parts.push(bytes.toString('utf8', body.start, body.end));
    end = body.end;
  }
  return [...parts, bytes.toString('utf8', end)].join(' ');
}

function importsOf(text: string): string[] {
  return [...new Set([...text.matchAll(imported)].map(([, name = '']) => name))];
}

function bytesOf(sources: Iterable<SourceText>): number {
  let bytes = 0;
  for (const source of sources) bytes += source.bytes.length;
  return bytes;
}

function add<Key>(sets: Map<Key, Set<string>>, key: Key, file: string): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([file]));
  else known.add(file);
}
