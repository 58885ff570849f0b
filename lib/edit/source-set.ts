import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { HotswiftError } from '../errors.js';
import type { Diagnostic } from '../types.js';
import { type EditedText, type TextEdit, withEdits, withoutEdits } from './text-edits.js';

/** The text of one file at one moment. */
export interface SourceText {
  file: string;
  /** What is compiled. */
  bytes: Buffer;
  /** Equal for equal bytes. */
  digest: string;
  /** What the user has written, if that is another text, and what of it was written otherwise. */
  original?: EditedText;
}

/** The text of every file of a module at one moment. */
export type SourceSnapshot = ReadonlyMap<string, SourceText>;

/**
 * Tells of files what changes when they get other texts: device, inode, size in bytes, and the times of the last modification and of the last change of
 * status, in milliseconds since 1970. `paths`: each with a zero at its end. `rows`: where that goes, one row for each, of NaN where there is no regular file.
 * See native/file_stamps.h.
 */
export type StampFiles = (paths: string, rows: Float64Array) => void;

/** Numbers in a row. */
const stampSize = 5;

interface KnownFile {
  /** What the system said of the file before it was read. */
  stamp: Float64Array;
  text: SourceText;
}

/** Files asked for in one go: a thousand take some 1.5 ms. */
const filesAtOnce = 500;

/** What is read on another thread comes a third of a millisecond later than it could: a few files, of so many bytes at most, are read on this one. */
const mostReadAtOnce = 4;
const largestReadAtOnce = 2 ** 18;

/** Milliseconds; file systems count time in steps of up to 10 ms, so that a file may change twice in one. */
const clockStep = 50;

/**
 * Reads the sources of a module again and again. A file is read when its size, times or inode differ from what they were when it was read last:
 * with a thousand files, reading them all would take longer than compiling one.
 */
export class SourceReader {
  readonly #stampFiles: StampFiles;
  readonly #editsOf: (text: Buffer) => Promise<readonly TextEdit[]> | undefined;
  #known = new Map<string, KnownFile>();
  /** Files read since somebody asked last. */
  #reads = 0;

  /** `editsOf`: what of a text is compiled otherwise; `undefined` where nothing is. */
  constructor(stampFiles: StampFiles, editsOf: (text: Buffer) => Promise<readonly TextEdit[]> | undefined = () => undefined) {
    this.#stampFiles = stampFiles;
    this.#editsOf = editsOf;
  }

  /**
   * The texts of unsaved buffers where there are some, of the files on disk elsewhere.
   *
   * Rejects with ERR_HOTSWIFT_PROJECT if a file is gone or cannot be read.
   */
  async read(files: readonly string[], buffers: ReadonlyMap<string, string>): Promise<SourceSnapshot> {
    this.#reads = 0;
    const texts: (SourceText | Promise<SourceText>)[] = [];
    for (let start = 0; start < files.length; start += filesAtOnce) {
      if (start > 0) await setImmediate();
      const some = files.slice(start, start + filesAtOnce);
      const stamps = new Float64Array(some.length * stampSize);
      this.#stampFiles(some.map((file) => `${file}\0`).join(''), stamps);
      for (const [index, file] of some.entries()) {
        const buffer = buffers.get(file);
        texts.push(buffer === undefined ? this.#readFromDisk(file, stamps, index * stampSize) : this.#textOf(file, Buffer.from(buffer)));
      }
    }
    return new Map((await Promise.all(texts)).map((text) => [text.file, text]));
  }

  #readFromDisk(file: string, stamps: Float64Array, row: number): SourceText | Promise<SourceText> {
    const known = this.#known.get(file);
    if (known?.stamp.every((number, index) => number === stamps[row + index])) return known.text;
    return this.#readNow(file, stamps.slice(row, row + stampSize));
  }

  async #readNow(file: string, stamp: Float64Array): Promise<SourceText> {
    const started = Date.now();
    const [, , size = Number.NaN, modified = Number.NaN, changed = Number.NaN] = stamp;
    this.#reads += 1;
    const isNow = this.#reads <= mostReadAtOnce && size <= largestReadAtOnce;
    const text = await this.#textOf(file, isNow ? readBytesNow(file) : await readBytes(file));
    const settled = started - modified > clockStep && started - changed > clockStep;
    if (settled) this.#known.set(file, { stamp, text });
    else this.#known.delete(file);
    return text;
  }

  #textOf(file: string, bytes: Buffer): SourceText | Promise<SourceText> {
    const text = sourceText(file, bytes);
    return this.#editsOf(bytes)?.then((edits) => (edits.length === 0 ? text : edited(text, edits))) ?? text;
  }
}

function edited({ file, bytes, digest }: SourceText, edits: readonly TextEdit[]): SourceText {
  return { file, bytes: withEdits(bytes, edits), digest, original: { bytes, edits } };
}

/** A message about what was compiled as one about what the user has written. */
export function asWritten(diagnostic: Diagnostic, sources: SourceSnapshot): Diagnostic {
  return withoutEdits(diagnostic, (file) => sources.get(file)?.original);
}

/** Reads one file from disk. Rejects as {@link SourceReader.read} does. */
export async function readSource(file: string): Promise<SourceText> {
  return sourceText(file, await readBytes(file));
}

function sourceText(file: string, bytes: Buffer): SourceText {
  return { file, bytes, digest: createHash('sha256').update(bytes).digest('hex') };
}

function readBytes(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: Error) => {
    throw unreadable(file, cause);
  });
}

function readBytesNow(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw unreadable(file, cause as Error);
  }
}

function unreadable(file: string, cause: Error): HotswiftError {
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `${file} cannot be read: ${cause.message}`, { cause });
}

/** The files whose text differs from what was there before, in the order of the module. */
export function changedFiles(now: SourceSnapshot, before: ReadonlyMap<string, { digest: string }>): string[] {
  const changed: string[] = [];
  for (const { file, digest } of now.values()) if (before.get(file)?.digest !== digest) changed.push(file);
  return changed;
}

/** Whether two moments have the same texts. */
export function sameTexts(one: SourceSnapshot, other: SourceSnapshot): boolean {
  return one.size === other.size && [...one.values()].every(({ file, digest }) => other.get(file)?.digest === digest);
}
