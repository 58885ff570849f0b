import type { Diagnostic } from '../types.js';

/** What stands in a text where another has, in bytes, the range from `start` to `end`. Where nothing is replaced, they are equal. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/** The text with its edits, which are in order and do not overlap. */
export function withEdits(text: Buffer, edits: readonly TextEdit[]): Buffer {
  const parts: Buffer[] = [];
  let copied = 0;
  for (const { start, end, text: inserted } of edits) {
    parts.push(text.subarray(copied, start), Buffer.from(inserted));
    copied = end;
  }
  return Buffer.concat([...parts, text.subarray(copied)]);
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
  const line = lineAt(bytes, diagnostic.line);
  const column = columnOf(diagnostic.column - 1, line, edits) + 1;
  const sourceLine = diagnostic.sourceLine === undefined ? undefined : bytes.toString('utf8', line.start, line.end).replace(/\r$/, '');
  return { ...diagnostic, column, sourceLine, notes };
}

function lineAt(text: Buffer, line: number): { start: number; end: number } {
  let start = 0;
  for (let before = 1; before < line; before += 1) {
    const newline = text.indexOf(0x0a, start);
    if (newline < 0) break;
    start = newline + 1;
  }
  const end = text.indexOf(0x0a, start);
  return { start, end: end < 0 ? text.length : end };
}

/** Columns are bytes from the start of the line. What was inserted is where it was inserted. */
function columnOf(column: number, line: { start: number; end: number }, edits: readonly TextEdit[]): number {
  let added = 0;
  for (const { start, end, text } of edits) {
    if (start < line.start) continue;
    if (start > line.end) break;
    const from = start - line.start;
    if (column < from + added) break;
    if (column < from + added + Buffer.byteLength(text)) return from;
    added += Buffer.byteLength(text) - (end - start);
  }
  return column - added;
}
