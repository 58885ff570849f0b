import { findPreviewMacros, type NativeSyntaxTree, type PreviewMacro } from './syntax.js';
import type { TextEdit } from './text-edits.js';

/**
 * What makes a type of each `#Preview(…) { … }` of a text, a `PreviewProvider` with this one preview, on the same lines. The compiler knows no such macro: it would
 * need a plug-in of its own.
 */
export function previewMacroEdits(tree: NativeSyntaxTree, text: Buffer): Promise<TextEdit[]> | undefined {
  // Most texts have none, and need no parser.
  if (!text.includes('#Preview')) return undefined;
  return findPreviewMacros(tree, text).then((macros) => macros.flatMap(editsOf));
}

/** What stands in the place of `#Preview`, and behind its closure. */
export function previewMacroTexts(index: number): [before: string, after: string] {
  const type = `fileprivate enum __HotswiftPreview${index}: PreviewKit.PreviewProvider`;
  return [`${type} { static var previews: [PreviewKit.Preview] { PreviewKit.Preview`, ' } }'];
}

function editsOf({ start, nameEnd, end }: PreviewMacro, index: number): TextEdit[] {
  const [before, after] = previewMacroTexts(index);
  return [
    { start, end: nameEnd, text: before },
    { start: end, end, text: after },
  ];
}
