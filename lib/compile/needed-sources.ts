import path from 'node:path';
import { previewMacroName } from '../edit/preview-macros.js';
import type { SourceSnapshot, SourceText } from '../edit/source-set.js';
import type { NativeSyntaxTree } from '../edit/syntax.js';
import { readBodies, type SourceBody } from '../edit/syntax.js';
import type { FileDeclarations } from './native-indexes.js';
import { plainImports } from './plain-imports.js';

/** What a text says outside of bodies that nothing but its file depends on. Names are numbered. */
interface Outline {
  digest: string;
  words: Uint32Array;
  /** Names that nothing but private declarations have. */
  hidden: ReadonlySet<number>;
  /** Modules that it may import; in front of those that it hands on, `@_exported`. */
  mayImport: readonly string[];
  /** Modules that it certainly imports. */
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
/** Where a statement can begin. Each part ends in one way only, and there are not many: a text that is no import is left soon. */
const imported =
  /(?:^|;)[ \t]*(?:\/\*(?:[^*\n]|\*(?!\/))*\*\/[ \t]*)*((?:@\w+(?:\([^()\n]*\))?\s+|(?:public|package|internal|fileprivate|private)\s+){0,8})import\s+(?:(?:typealias|struct|class|enum|protocol|var|let|func)\s+)?([\p{L}_][\p{L}\p{N}_]*)/gmu;
const declaration =
  /^[ \t]*((?:@\w+(?:\([^)\n]*\))?[ \t]+|[a-z]+(?:\([a-z]+\))?[ \t]+)*?)(?:struct|class|enum|protocol|actor|typealias|func|var|let)[ \t]+`?([\p{L}_][\p{L}\p{N}_]*)/gmu;
const isPrivate = /\b(?:fileprivate|private)\b(?!\()/;

/** Types that literals have where nothing says otherwise: a module can have its own, by a type of this name (The Swift Programming Language, Literals). */
const literalTypes = new Set([
  ...['IntegerLiteralType', 'FloatLiteralType', 'BooleanLiteralType', 'StringLiteralType'],
  ...['ExtendedGraphemeClusterType', 'UnicodeScalarType'],
]);

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
 * found without a mention is always there: operators, the types of literals, extensions of other modules' types, one file for each import of the module, main.swift.
 *
 * What files declare is what the compiler has noted (`.swiftdeps`), for `#if` has its say in it; what they mention is read from their texts, where strings
 * and comments only add to it. What macros of the user's make is in neither: modules with such are not for this. Should something be missing nevertheless,
 * the compile fails as a rule, and is done again with all sources.
 */
export class NeededSources {
  readonly #module: string;
  readonly #syntax: NativeSyntaxTree;
  readonly #smallest: number;
  readonly #declarations: (file: string) => FileDeclarations;
  /** By file, of the text that was looked at last. */
  readonly #outlines = new Map<string, Outline>();
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
      if (this.#outlineOf(source) === undefined) await this.#outline(source);
      else if (index % filesAtOnce === 0) await new Promise(setImmediate);
    }
    while (this.#unknown.size > 0) {
      this.#update([...this.#unknown].slice(0, filesAtOnce));
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
    const primaries = new Set([...files, ...edited]);
    if (this.#unknown.size > mostAtOnce || primaries.size > mostAtOnce) return undefined;
    this.#update([...this.#unknown]);
    const missing = [...sources.values()].filter((source) => !primaries.has(source.file) && this.#outlineOf(source) === undefined);
    if (missing.length > mostAtOnce) return undefined;
    await Promise.all(missing.map((source) => this.#outline(source)));
    const needed = this.#reach(primaries, sources, worthwhile * bytesOf(sources.values()));
    return needed && new Map([...sources].filter(([file]) => needed.has(file)));
  }

  /** `undefined`: more than so many bytes. */
  #reach(primaries: ReadonlySet<string>, sources: SourceSnapshot, mostBytes: number): Set<string> | undefined {
    const reached = new Set<string>();
    const waiting: SourceText[] = [];
    const imports = new Set<string>();
    let bytes = 0;
    const reach = (file: string) => {
      const source = sources.get(file);
      if (source === undefined || reached.has(file)) return;
      reached.add(file);
      bytes += source.bytes.length;
      waiting.push(source);
    };
    const follow = () => {
      for (let source = waiting.pop(); source !== undefined && bytes <= mostBytes; source = waiting.pop()) {
        const outline = primaries.has(source.file) ? undefined : this.#outlineOf(source);
        const text = outline === undefined ? source.bytes.toString() : '';
        for (const word of outline?.words ?? this.#wordsOf(text)) {
          for (const file of this.#byName.get(word) ?? []) if (!this.#outlines.get(file)?.hidden.has(word)) reach(file);
        }
        for (const type of this.#declared.get(source.file)?.types ?? []) for (const file of this.#byType.get(type) ?? []) reach(file);
        for (const name of outline?.imports ?? plainImports(text)) imports.add(name);
      }
    };
    for (const file of [...primaries, ...this.#always]) reach(file);
    follow();
    // In Swift, members of a module are visible to files that do not import it, as soon as anything has loaded it.
    for (const [file, source] of sources) {
      if (this.#outlineOf(source)?.mayImport.every((name) => imports.has(name))) continue;
      reach(file);
      follow();
    }
    return bytes <= mostBytes ? reached : undefined;
  }

  #update(files: readonly string[]): void {
    for (const file of files) {
      this.#unknown.delete(file);
      this.#forget(file);
      const declared = this.#declarations(file);
      this.#declared.set(file, declared);
      // Those of `#Preview`s are private, and the same in every file.
      const names = declared.names.filter((name) => !name.startsWith(previewMacroName));
      for (const name of names) add(this.#byName, this.#numberOf(name), file);
      for (const type of declared.types) add(this.#byType, type, file);
      const isForeign = (type: string) => !type.startsWith(`${this.#module.length}${this.#module}`);
      const isScript = path.basename(file) === 'main.swift';
      const isUnmentioned = (name: string) => !wholeIdentifier.test(name) || literalTypes.has(name);
      if (isScript || declared.types.some(isForeign) || declared.names.some(isUnmentioned)) this.#always.add(file);
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
    const { file, digest } = source;
    const text = withoutBodies(source.bytes, bodies);
    const hidden = new Set(hiddenNames(text).map((name) => this.#numberOf(name)));
    const imports = plainImports(source.bytes.toString());
    this.#outlines.set(file, { digest, words: this.#wordsOf(text), hidden, mayImport: importsOf(text), imports });
  }

  #outlineOf({ file, digest }: SourceText): Outline | undefined {
    const known = this.#outlines.get(file);
    return known?.digest === digest ? known : undefined;
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
  const found = [...text.matchAll(imported)].map(([, before = '', name = '']) =>
    before.includes('@_exported') ? `@_exported ${name}` : name,
  );
  return [...new Set(found)];
}

/** What is declared on lines at the left margin that say that it is private, and on no others. */
function hiddenNames(text: string): string[] {
  const found = [...text.matchAll(declaration)].map(([line, before = '', name = '']) => ({
    name,
    isHidden: !/^\s/.test(line) && isPrivate.test(before),
  }));
  const visible = new Set(found.filter(({ isHidden }) => !isHidden).map(({ name }) => name));
  return found.filter(({ name }) => !visible.has(name)).map(({ name }) => name);
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
