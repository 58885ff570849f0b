import { setImmediate } from 'node:timers/promises';
import type { Diagnostic } from '../types.js';
import { LineStarts, lastAtMost } from './line-starts.js';

/** What stands in a text where another has, in bytes, the range from `start` to `end`. Where nothing is replaced, they are equal. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/** The text with its edits, which are in order and do not overlap. */
export function withEdits(text: Buffer, edits: readonly TextEdit[]): Buffer {
  const writer = new EditWriter(text, edits);
  writer.write(edits);
  return writer.finish();
}

/** Edits that are written in one go: a millisecond. */
const editsAtOnce = 2_000;

/** The same, with turns for others. */
export async function withManyEdits(text: Buffer, edits: readonly TextEdit[]): Promise<Buffer> {
  const writer = new EditWriter(text, edits);
  for (let start = 0; start < edits.length; start += editsAtOnce) {
    if (start > 0) await setImmediate();
    writer.write(edits.slice(start, start + editsAtOnce));
  }
  return writer.finish();
}

class EditWriter {
  readonly #text: Buffer;
  readonly #edited: Buffer;
  #copied = 0;
  #at = 0;

  constructor(text: Buffer, edits: readonly TextEdit[]) {
    const length = edits.reduce((sum, { start, end, text: inserted }) => sum + Buffer.byteLength(inserted) - (end - start), text.length);
    this.#text = text;
    this.#edited = Buffer.allocUnsafe(length);
  }

  write(edits: readonly TextEdit[]): void {
    for (const { start, end, text } of edits) {
      this.#copyUpTo(start);
      this.#at += this.#edited.write(text, this.#at);
      this.#copied = end;
    }
  }

  finish(): Buffer {
    this.#copyUpTo(this.#text.length);
    return this.#edited;
  }

  #copyUpTo(end: number): void {
    if (this.#copied < end) this.#at += this.#text.copy(this.#edited, this.#at, this.#copied, end);
  }
}

/** A text, and its edits. */
export interface EditedText {
  bytes: Buffer;
  edits: readonly TextEdit[];
}

/** A message about files of which some were compiled with edits, none of which holds a newline, as one about the texts without. */
export function withoutEdits(diagnostic: Diagnostic, editedText: (file: string) => EditedText | undefined): Diagnostic {
  const notes = diagnostic.notes.map((note) => withoutEdits(note, editedText));
  const edited = diagnostic.line < 1 ? undefined : editedText(diagnostic.file);
  if (edited === undefined) return { ...diagnostic, notes };
  const { bytes, edits } = edited;
  const line = LineStarts.of(bytes).rangeOf(diagnostic.line);
  const column = columnOf(diagnostic.column - 1, line, placesOf(edits)) + 1;
  const sourceLine = diagnostic.sourceLine === undefined ? undefined : bytes.toString('utf8', line.start, line.end).replace(/\r$/, '');
  return { ...diagnostic, column, sourceLine, notes };
}

/** Columns are bytes from the start of the line. What was inserted is where it was inserted. */
function columnOf(column: number, line: { start: number; end: number }, { starts, added, inserted, ends }: EditPlaces): number {
  const first = lastAtMost(starts, line.start - 1) + 1;
  const last = lastAtMost(starts, line.end);
  const addedBefore = added[first] ?? 0;
  const position = line.start + addedBefore + column;
  const edit = Math.min(lastAtMost(inserted, position), last);
  if (edit < first) return column;
  if (position < (ends[edit] ?? 0)) return (starts[edit] ?? 0) - line.start;
  return column - ((added[edit + 1] ?? 0) - addedBefore);
}

/** Where the edits of a text are, so that many places can be looked up. */
interface EditPlaces {
  /** Where each starts, in the text without them. */
  starts: Float64Array;
  /** Bytes by which those before each make the text longer; one more, for all. */
  added: Float64Array;
  /** Where what each inserts starts and ends, in the text with them. */
  inserted: Float64Array;
  ends: Float64Array;
}

const places = new WeakMap<readonly TextEdit[], EditPlaces>();

function placesOf(edits: readonly TextEdit[]): EditPlaces {
  const known = places.get(edits);
  if (known !== undefined) return known;
  const [starts, inserted, ends] = [new Float64Array(edits.length), new Float64Array(edits.length), new Float64Array(edits.length)];
  const added = new Float64Array(edits.length + 1);
  for (const [index, { start, end, text }] of edits.entries()) {
    const before = added[index] ?? 0;
    const length = Buffer.byteLength(text);
    starts[index] = start;
    inserted[index] = start + before;
    ends[index] = start + before + length;
    added[index + 1] = before + length - (end - start);
  }
  const found = { starts, added, inserted, ends };
  places.set(edits, found);
  return found;
}
