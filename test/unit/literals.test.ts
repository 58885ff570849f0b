import { type EditableLiteral, lexLiteral, literalEdits, literalValue } from '../../lib/edit/literals.js';
import type { LiteralKind } from '../../lib/edit/syntax.js';

/** Literals of a text are marked as `«5»`. */
function marked(text: string): { text: Buffer; literals: EditableLiteral[] } {
  const literals: EditableLiteral[] = [];
  let plain = '';
  for (const part of text.split('»')) {
    const [before = '', token] = part.split('«');
    const start = Buffer.byteLength(plain + before);
    plain += before + (token ?? '');
    if (token === undefined) continue;
    const kind: LiteralKind = /^"/.test(token)
      ? 'string'
      : /^[tf]/.test(token)
        ? 'boolean'
        : /^-?(0x|0b|0o|\d+$)/.test(token)
          ? 'integer'
          : 'float';
    literals.push({ kind, start, end: start + Buffer.byteLength(token) });
  }
  return { text: Buffer.from(plain), literals };
}

function edits(compiled: string, text: string): string[] | undefined {
  const { text: bytes, literals } = marked(compiled);
  return literalEdits(bytes, literals, Buffer.from(text))?.map(({ index, value }) => `${index}: ${value}`);
}

describe('literalEdits of a text with thousands of literals', () => {
  const count = 10_000;
  const { text: compiled, literals } = marked('f(«1234», «5»)\n'.repeat(count / 2));
  const lineLength = 'f(1234, 5)\n'.length;
  const edited = (line: number, from: string, to: string) => {
    const start = line * lineLength;
    const before = compiled.toString('utf8', start, start + lineLength);
    return Buffer.concat([compiled.subarray(0, start), Buffer.from(before.replace(from, to)), compiled.subarray(start + lineLength)]);
  };

  it.each([
    ['first', 0, '1234', '1', [{ index: 0, value: '1' }]],
    ['last', count / 2 - 1, '5', '678', [{ index: count - 1, value: '678' }]],
    ['one in the middle', 2_500, '5', '-5', [{ index: 5_001, value: '-5' }]],
  ] as const)('reads the %s if that has changed, and no other', (_, line, from, to, expected) => {
    const text = edited(line, from, to);
    const reads = jest.spyOn(text, 'toString');
    expect(literalEdits(compiled, literals, text)).toEqual(expected);
    expect(reads.mock.calls.length).toBeLessThan(10);
  });

  it('knows that nothing has changed', () => {
    const text = Buffer.from(compiled);
    const reads = jest.spyOn(text, 'toString');
    expect(literalEdits(compiled, literals, text)).toEqual([]);
    expect(reads.mock.calls.length).toBeLessThan(10);
  });

  it('sees what has changed beside the literals', () => {
    expect(literalEdits(compiled, literals, edited(2_500, '(', '( '))).toBeUndefined();
    expect(literalEdits(compiled, literals, Buffer.concat([compiled, Buffer.from('\n')]))).toBeUndefined();
    expect(literalEdits(compiled, literals, compiled.subarray(0, -1))).toBeUndefined();
    expect(literalEdits(compiled, literals, edited(count / 2 - 1, '5', '5.5'))).toBeUndefined();
  });
});

describe('literalEdits', () => {
  it.each([
    ['f(«5»)', 'f(5)', []],
    ['f(«5»)', 'f(12345)', ['0: 12345']],
    ['f(«12345»)', 'f(5)', ['0: 5']],
    ['f(«5», «6»)', 'f(7, 8)', ['0: 7', '1: 8']],
    ['f(«5», «6»)', 'f(5, -8)', ['1: -8']],
    ['f(«-5»)', 'f(5)', ['0: 5']],
    ['f(«0xFF»)', 'f(0b1_01)', ['0: 0b101']],
    ['f(«0xFF»)', 'f(0xF_F)', []],
    ['f(«0xFF»)', 'f(255)', ['0: 255']],
    ['f(«1.5»)', 'f(2.5e-3)', ['0: 2.5e-3']],
    ['f(«1.5»)', 'f(0x1.8p3)', ['0: 0x1.8p3']],
    ['f(«true»)', 'f(false)', ['0: false']],
    ['f(«"a"»)', 'f("")', ['0: ']],
    ['f(«"ä😀"») // ü', 'f("é\\n\\u{1F600}") // ü', ['0: é\n😀']],
    ['«0»..<«12»', '3..<4', ['0: 3', '1: 4']],
    ['«5»', '-5', ['0: -5']],
    ['a - «5»', 'a - -5', ['0: -5']],
    ['"\\(«5»)"', '"\\(6)"', ['0: 6']],
    ['«5.0».rounded()', '5.25.rounded()', ['0: 5.25']],
  ])('finds what differs: %s and %s', (compiled, text, expected) => {
    expect(edits(compiled, text)).toEqual(expected);
  });

  it.each([
    ['another text', 'f(«5»)', 'g(6)'],
    ['more text', 'f(«5»)', 'f(5) '],
    ['less text', 'f(«5»)', 'f(5'],
    ['nothing', 'f(«5»)', ''],
    ['a literal more', 'f(«5»)', 'f(5, 6)'],
    ['another kind', 'f(«5»)', 'f(5.5)'],
    ['another kind of number', 'f(«5»)', 'f(5e1)'],
    ['no literal', 'f(«5»)', 'f(x)'],
    ['a longer word', 'f(«true»)', 'f(trueish)'],
    ['a number with a suffix', 'f(«5»)', 'f(5x)'],
    ['an expression', 'f(«5»)', 'f(5 + 1)'],
    ['an operator that a minus would make', 'a-«5»', 'a--5'],
    ['a minus that would belong to a member’s value', '«5».magnitude', '-5.magnitude'],
    ['a minus before a member on the next line', 'let x = «5»\n  .advanced(by: 3)', 'let x = -5\n  .advanced(by: 3)'],
    ['a minus before a member behind a comment', 'f(«5» /* five */ .magnitude)', 'f(-5 /* five */ .magnitude)'],
    ['an interpolation', 'f(«"a"»)', 'f("a\\(b)")'],
    ['a string that does not end', 'f(«"a"»)', 'f("a)'],
    ['a string of several lines', 'f(«"a"»)', 'f("""\na\n""")'],
    ['a line break in a string', 'f(«"a"»)', 'f("a\nb")'],
    ['an escape that there is not', 'f(«"a"»)', 'f("\\q")'],
    ['a surrogate', 'f(«"a"»)', 'f("\\u{D800}")'],
    ['a scalar beyond Unicode', 'f(«"a"»)', 'f("\\u{110000}")'],
    ['bytes that are no UTF-8', 'f(«"a"»)', Buffer.from([0x66, 0x28, 0x22, 0xff, 0x22, 0x29])],
    ['a comment', 'f(«5»)', 'f(5 /* five */)'],
    ['an edit of a literal that is not editable', 'f(«5», 6)', 'f(5, 7)'],
  ])('leaves %s to the compiler', (_, compiled, text) => {
    const { text: bytes, literals } = marked(compiled);
    expect(literalEdits(bytes, literals, Buffer.from(text as string))).toBeUndefined();
  });

  it('stays exact with thousands of literals', () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `f(«${index}», «"${index}"»)`);
    const { text, literals } = marked(lines.join('\n'));
    const other = Buffer.from(text.toString().replace('f(2999, "2999")', 'f(-1, "x")'));
    expect(literalEdits(text, literals, other)).toEqual([
      { index: 5998, value: '-1' },
      { index: 5999, value: 'x' },
    ]);
  });
});

describe('lexLiteral', () => {
  it.each<[LiteralKind, string, string | undefined]>([
    ['integer', '1_000;', '1_000'],
    ['integer', '0xfF_g', '0xfF_'],
    ['integer', '0x', '0'],
    ['integer', '_1', undefined],
    ['float', '1', undefined],
    ['float', '1.', undefined],
    ['float', '1.5.x', '1.5'],
    ['float', '0x1p-3', '0x1p-3'],
    ['float', '-1E+2)', '-1E+2'],
    ['boolean', 'falsey', 'false'],
    ['string', '"a\\"b"c', '"a\\"b"'],
    ['string', '"a\\\\"b"', '"a\\\\"'],
    ['string', '#"a"#', undefined],
  ])('reads one %s from %s', (kind, text, expected) => {
    const end = lexLiteral(Buffer.from(text), 0, kind);
    expect(end === undefined ? undefined : text.slice(0, end)).toBe(expected);
  });
});

it('reads the escapes of strings', () => {
  expect(literalValue('string', String.raw`"\0\t\n\r\"\'\\\u{e9}\u{1F468}"`)).toBe('\0\t\n\r"\'\\é👨');
});
