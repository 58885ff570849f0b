import { plainImports } from '../../lib/compile/plain-imports.js';

describe('the modules that a file imports for certain', () => {
  it.each<[string, string, string[]]>([
    ['none', 'struct Card {}\n', []],
    ['one', 'import Foundation\nstruct Card {}\n', ['Foundation']],
    ['one without a final newline', 'import Foundation', ['Foundation']],
    ['several, with Windows line ends', 'import A\r\nimport B\r\n\r\nlet x = 1\r\n', ['A', 'B']],
    ['on one line', 'import A; import B // and no more\nimport C', ['A', 'B', 'C']],
    ['behind comments', '\uFEFF// import X\n/* import Y /* nested */ import Z */ import A\n/** doc\n*/\nimport Ünï_1\n', ['A', 'Ünï_1']],
    ['twice', 'import A\nimport A\n', ['A']],
    [
      'between others, of which nothing is said',
      '@testable import X\n@_spi(Y) import X\npublic import Z\nimport struct A.B\nimport C\n',
      ['C'],
    ],
    ['but not a part of one', 'import A.B\nimport C\n', ['C']],
    ['but not a kind of declaration', 'import struct\nA.B\n', []],
    ['up to a condition', 'import A\n#if canImport(B)\nimport B\n#endif\nimport C\n', ['A']],
    ['up to a declaration', 'import A\nlet text = """\nimport B\n"""\nimport C\n', ['A']],
    ['up to a comment in the middle of one', 'import A\nimport /* really */ B\nimport C\n', ['A']],
    ['up to a comment that says what follows is a part', 'import A /* and */ .B\nimport C\n', []],
    ['behind a long comment', `/*${' a'.repeat(500_000)}${'/**/'.repeat(50_000)}*/import A\n`, ['A']],
    ['not in a comment that never ends', 'import A\n/* import B\n', ['A']],
  ])('%s', (_, text, expected) => expect(plainImports(text)).toEqual(expected));

  it('are found behind tens of thousands of comments and attributes', () => {
    const imports = 'import A\n'.repeat(20_000);
    expect(plainImports(`${'/* '.repeat(20_000)}${'*/'.repeat(20_000)}\n${imports}`)).toEqual(['A']);
    expect(plainImports(`${'@a '.repeat(20_000)}import X\n${imports}`)).toEqual(['A']);
  });
});
