// A file that is previewed in a package that has no preview, and uses the types that the rest of its target declares.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const probeName = 'HotswiftProbe.swift';
export const probeSymbol = 'hotswift_probe';

/** A type at the left margin that is not private, generic, or a protocol. */
const type =
  /^(?:(?:public|open|final|internal|indirect|package)[ \t]+)*(?:struct|enum|class)[ \t]+([A-Z]\w*)[ \t]*(?::(?![^{]*~)[^{]*)?\{/gm;

/**
 * The sum of the sizes of types, and of the lengths of their names.
 *
 * @param {string} folder of the target's sources
 */
export function probeText(folder) {
  const names = [...new Set(sourcesIn(folder).flatMap(typesIn))].sort();
  const terms = names.map((name) => `  add(${name}.self)\n`).join('');
  return `@_cdecl("${probeSymbol}") public func hotswiftProbe() -> Int32 {
  var sum = 0
  func add<T>(_ type: T.Type) {
    sum = (sum &* 31 &+ MemoryLayout<T>.size &+ String(reflecting: T.self).utf8.count) & 0xFFFFFF
  }
${terms}  return Int32(sum)
}
`;
}

function typesIn(file) {
  const text = readFileSync(file, 'utf8');
  // What is declared under a condition may not be there.
  if (/^#if/m.test(text)) return [];
  return [...text.matchAll(type)].filter(([heading]) => !heading.includes(' where ')).map(([, name]) => name);
}

/** @returns {string[]} */
function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.swift') && entry.name !== probeName)
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}
