import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HotswiftError } from '../errors.js';

/** The text of one file at one moment. */
export interface SourceText {
  file: string;
  bytes: Buffer;
  /** Equal for equal bytes. */
  digest: string;
}

/** The text of every file of a module at one moment. */
export type SourceSnapshot = ReadonlyMap<string, SourceText>;

/**
 * Reads the sources of a module: unsaved buffers where there are some, the files on disk elsewhere.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT if a file is gone or cannot be read.
 */
export async function readSources(files: readonly string[], buffers: ReadonlyMap<string, string>): Promise<SourceSnapshot> {
  const texts = await Promise.all(files.map((file) => readSource(file, buffers.get(file))));
  return new Map(texts.map((text) => [text.file, text]));
}

async function readSource(file: string, buffer: string | undefined): Promise<SourceText> {
  const bytes = buffer === undefined ? await readFromDisk(file) : Buffer.from(buffer);
  return { file, bytes, digest: createHash('sha256').update(bytes).digest('hex') };
}

async function readFromDisk(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new HotswiftError('ERR_HOTSWIFT_PROJECT', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** The files whose text differs from what was there before, in the order of the module. */
export function changedFiles(now: SourceSnapshot, before: ReadonlyMap<string, string>): string[] {
  return [...now.values()].filter(({ file, digest }) => before.get(file) !== digest).map(({ file }) => file);
}

/** Whether two moments have the same texts. */
export function sameTexts(one: SourceSnapshot, other: SourceSnapshot): boolean {
  return one.size === other.size && [...one.values()].every(({ file, digest }) => other.get(file)?.digest === digest);
}
