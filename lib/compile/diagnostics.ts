import type { Diagnostic } from '../types.js';

/** `file:line:column: severity: message`, as swift-frontend prints it with `-diagnostic-style=llvm`; a place may be missing. */
const heading = /^(?:(?<file>.*?):(?<line>\d+):(?<column>\d+)|<unknown>:0): (?<severity>error|warning|note|remark): (?<message>.*)$/;

/**
 * Reads what swift-frontend prints, with `-diagnostic-style=llvm`. Notes belong to the error or warning before them.
 * A message that several jobs print, because they all read the file, is kept once.
 */
export function parseDiagnostics(output: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  const seen = new Set<string>();
  let skipping = false;
  const lines = output.split('\n');
  for (const [index, line] of lines.entries()) {
    const groups = heading.exec(line)?.groups;
    if (groups === undefined) continue;
    const { file = '', line: row = '0', column = '0', severity = 'error', message = '' } = groups;
    const diagnostic: Diagnostic = {
      severity: severity === 'remark' ? 'note' : (severity as Diagnostic['severity']),
      message,
      file,
      line: Number(row),
      column: Number(column),
      notes: [],
    };
    const next = lines[index + 1];
    if (file !== '' && next !== undefined && !heading.test(next)) diagnostic.sourceLine = next;
    const owner = found.at(-1);
    if (diagnostic.severity === 'note' && owner !== undefined) {
      if (!skipping) owner.notes.push(diagnostic);
      continue;
    }
    const key = [severity, file, row, column, message].join('\0');
    skipping = seen.has(key);
    if (skipping) continue;
    seen.add(key);
    found.push(diagnostic);
  }
  return found;
}

/** One line, as compilers print it. */
export function formatDiagnostic({ file, line, column, severity, message }: Diagnostic): string {
  return file === '' ? `${severity}: ${message}` : `${file}:${line}:${column}: ${severity}: ${message}`;
}
