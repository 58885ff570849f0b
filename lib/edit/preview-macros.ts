import { findPreviewMacros, type NativeSyntaxTree, type PreviewMacro } from './syntax.js';
import type { TextEdit } from './text-edits.js';

const importOfPreviewKit = /^[ \t]*(?:@\w+[ \t]+|(?:public|package|internal|fileprivate|private)[ \t]+)*import[ \t]+PreviewKit\b(?!\.)/m;

/** Whether a text makes all of PreviewKit known to itself; `import struct PreviewKit.SVG` does not. */
export function importsPreviewKit(text: Buffer): boolean {
  return importOfPreviewKit.test(text.toString('latin1'));
}

/**
 * What makes a type of each `#Preview(…) { … }` of a text, a `PreviewProvider` with this one preview, on the same lines. The compiler knows no such macro: it would
 * need a plug-in of its own.
 */
export function previewMacroEdits(tree: NativeSyntaxTree, text: Buffer): Promise<TextEdit[]> | undefined {
  // Most texts have none, and need no parser.
  if (!text.includes('#Preview')) return undefined;
  // A file of SwiftUI views imports that alone.
  const imports = importsPreviewKit(text) ? '' : importOfMacro;
  return findPreviewMacros(tree, text).then((macros) => macros.flatMap((macro, index) => editsOf(text, macro, index, imports)));
}

/** What types begin with that stand in the place of `#Preview`s: the same in every file. */
export const previewMacroName = '__HotswiftPreview';

/** PreviewKit's, under a name that no user's type has. */
const macroType = '__HotswiftPreviewMacro';

const importOfMacro = `import enum PreviewKit.${macroType}; `;

/** What stands in the place of `#Preview`, behind its closure, and before it all where the file does not import PreviewKit. */
export function previewMacroTexts(index: number): [before: string, after: string, imports: string] {
  const type = `fileprivate enum ${previewMacroName}${index}: ${macroType}.Provider`;
  const declaration = `${macroType}.Declaration`;
  return [`${type} { static var previews: [${declaration}] { ${declaration}`, ' } }', importOfMacro];
}

function editsOf(text: Buffer, { start, nameEnd, end }: PreviewMacro, index: number, imports: string): TextEdit[] {
  const [before, after] = previewMacroTexts(index);
  // A call is where its arguments begin: without parentheses, where its closure does, which may be on the next line.
  const isBare = /^\s*\{/.test(text.toString('latin1', nameEnd, end));
  return [
    { start, end: nameEnd, text: imports + before + (isBare ? '()' : '') },
    { start: end, end, text: after },
  ];
}
