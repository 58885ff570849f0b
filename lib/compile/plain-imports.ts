/** Words after which an import names a declaration, not a module. */
const kinds = new Set(['typealias', 'struct', 'class', 'enum', 'protocol', 'var', 'let', 'func']);

const space = /(?:[\s\uFEFF;]|\/\/[^\r\n]*)*/y;
const blockEdge = /\/\*|\*\//g;
const plain = /import[ \t]+([\p{L}_][\p{L}\p{N}_]*)[ \t]*(?=[\r\n;]|\/\/|$)/uy;
/** With attributes, an access level, the kind of a declaration, a submodule. */
const other = /(?:@\w+(?:\([^()\r\n]*\))?\s+|(?:public|package|internal|fileprivate|private)\s+)*import[ \t]+[^\r\n;/]+(?=[\r\n;]|\/\/|$)/y;

/**
 * The modules that a file imports for certain and without further ado: by an `import Module` that nothing but comments and other imports stand before.
 * Of the rest, such as imports under `#if`, nothing is said.
 */
export function plainImports(text: string): string[] {
  const found = new Set<string>();
  for (let at = skipSpace(text, 0); at < text.length; ) {
    const name = match(plain, text, at);
    const rest = name ?? match(other, text, at);
    if (rest === undefined) break;
    if (name?.[1] !== undefined && !kinds.has(name[1])) found.add(name[1]);
    at = skipSpace(text, at + rest[0].length);
  }
  return [...found];
}

/** Behind blanks and comments, of which those in blocks nest. */
function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    at += match(space, text, at)?.[0].length ?? 0;
    if (!text.startsWith('/*', at)) return at;
    let depth = 0;
    do {
      blockEdge.lastIndex = at;
      const edge = blockEdge.exec(text);
      if (edge === null) return text.length;
      depth += edge[0] === '/*' ? 1 : -1;
      at = blockEdge.lastIndex;
    } while (depth > 0);
  }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
