import { formatDiagnostic, parseDiagnostics } from '../../lib/compile/diagnostics.js';

describe('parseDiagnostics', () => {
  it('reads place, severity, message and source line, and hangs notes on what they are about', () => {
    const output = [
      "/a b/ü: x.swift:3:7: error: cannot find 'y' in scope",
      '  let x: Int = y',
      '               ^',
      "/a b/ü: x.swift:1:1: note: did you mean 'z'?",
      'let z = 1',
      '^',
      '/a b/other.swift:2:1: warning: unused',
      'unused()',
      '^~~~~~',
      '',
    ].join('\n');
    expect(parseDiagnostics(output)).toEqual([
      {
        severity: 'error',
        message: "cannot find 'y' in scope",
        file: '/a b/ü: x.swift',
        line: 3,
        column: 7,
        sourceLine: '  let x: Int = y',
        notes: [
          {
            severity: 'note',
            message: "did you mean 'z'?",
            file: '/a b/ü: x.swift',
            line: 1,
            column: 1,
            sourceLine: 'let z = 1',
            notes: [],
          },
        ],
      },
      { severity: 'warning', message: 'unused', file: '/a b/other.swift', line: 2, column: 1, sourceLine: 'unused()', notes: [] },
    ]);
  });

  it('keeps what two jobs say once, with its notes', () => {
    const one = '/x.swift:1:1: error: bad\ncode\n^\n/x.swift:2:1: note: here\ncode\n^\n';
    expect(parseDiagnostics(one + one)).toHaveLength(1);
    expect(parseDiagnostics(one + one)[0].notes).toHaveLength(1);
  });

  it('reads messages without a place', () => {
    const [diagnostic] = parseDiagnostics("<unknown>:0: error: module 'Lost' not found\n");
    expect(diagnostic).toEqual({ severity: 'error', message: "module 'Lost' not found", file: '', line: 0, column: 0, notes: [] });
    expect(formatDiagnostic(diagnostic)).toBe("error: module 'Lost' not found");
  });
});
