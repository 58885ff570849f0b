import type { SourceSyntax } from '../../lib/edit/syntax.js';
import { inUsersColumns, makeThunk, type ThunkOptions } from '../../lib/edit/thunk.js';
import type { Diagnostic } from '../../lib/types.js';

const usual: ThunkOptions = { first: 7, isHarmless: (name) => name !== 'Colour' && name !== 'Character', staysPlain: () => false };

/** The whole text is one body, in which these tokens are literals; the first of each. */
function syntaxOf(text: string, tokens: Record<string, Partial<SourceSyntax['literals'][number]>>): SourceSyntax {
  const literals = Object.entries(tokens).map(([token, literal]) => {
    const start = Buffer.byteLength(text.slice(0, text.indexOf(token)));
    const kind = token.startsWith('"') ? ('string' as const) : token.includes('.') ? ('float' as const) : ('integer' as const);
    return { kind, start, end: start + Buffer.byteLength(token), body: 0, ...literal };
  });
  literals.sort((one, other) => one.start - other.start);
  return { literals, bodies: [{ start: 0, end: Buffer.byteLength(text), isUnderstood: true }] };
}

function thunkOf(text: string, tokens: Parameters<typeof syntaxOf>[1], options = usual): string {
  return makeThunk(Buffer.from(text), syntaxOf(text, tokens), options).text.toString();
}

describe('makeThunk', () => {
  it('reads each literal by a number of its own', () => {
    const text = '{ f(5, 1.5, true, "ab") }';
    const thunk = makeThunk(Buffer.from(text), syntaxOf(text, { '5': {}, '1.5': {}, true: { kind: 'boolean' }, '"ab"': {} }), usual);
    expect(thunk.text.toString()).toBe('{ f(__hs_i(7, 5), __hs_f(8, 1.5), __hs_b(9, true), __hs_s(10, "ab")) }');
    expect(thunk.literals).toEqual([
      { kind: 'integer', start: 4, end: 5 },
      { kind: 'float', start: 7, end: 10 },
      { kind: 'boolean', start: 12, end: 16 },
      { kind: 'string', start: 18, end: 22 },
    ]);
  });

  it.each([
    ['""', '__hs_s(7, "")'],
    ['"a"', '__hs_u(7, "a")'],
    ['"\\u{1F468}"', '__hs_u(7, "\\u{1F468}")'],
    ['"👨‍👩‍👧"', '__hs_g(7, "👨‍👩‍👧")'],
    ['"e\\u{301}"', '__hs_g(7, "e\\u{301}")'],
    ['"\\r\\n"', '__hs_g(7, "\\r\\n")'],
    ['"\\r\\r"', '__hs_s(7, "\\r\\r")'],
    ['"\\q"', '"\\q"'],
  ])('knows %s by what it can become', (token, expected) => {
    expect(thunkOf(`{ f(${token}) }`, { [token]: {} })).toBe(`{ f(${expected}) }`);
  });

  it('keeps the type that a literal has because of a call around it', () => {
    expect(thunkOf('{ UInt64(5) }', { '5': { onlyArgumentOf: 'UInt64' } })).toBe('{ UInt64(__hs_i(7, 5 as UInt64)) }');
    expect(thunkOf('{ Swift.Float(0.1) }', { '0.1': { onlyArgumentOf: 'Swift.Float' } })).toBe(
      '{ Swift.Float(__hs_f(7, 0.1 as Swift.Float)) }',
    );
    expect(thunkOf('{ Text("ab") }', { '"ab"': { onlyArgumentOf: 'Text' } })).toBe('{ Text(__hs_s(7, "ab")) }');
    expect(thunkOf('{ String(5) }', { '5': { onlyArgumentOf: 'String' } })).toBe('{ String(__hs_i(7, 5)) }');
    expect(thunkOf('{ Character("a") }', { '"a"': { onlyArgumentOf: 'Character' } })).toBe('{ Character("a") }');
    expect(thunkOf('{ UI.Colour(5) }', { '5': { onlyArgumentOf: 'UI.Colour' } })).toBe('{ UI.Colour(5) }');
  });

  it('leaves alone what helps the type checker to choose an operator', () => {
    expect(thunkOf('{ list.reduce(5, +) }', { '5': {} })).toBe('{ list.reduce(5, +) }');
    expect(thunkOf('{ f(5, -x) }', { '5': {} })).toBe('{ f(__hs_i(7, 5), -x) }');
  });

  it('leaves alone what is not editable', () => {
    expect(thunkOf('{ f(5) }', { '5': { obstacle: 'a pattern' } })).toBe('{ f(5) }');
    expect(thunkOf('{ f(5) }', { '5': { body: undefined } })).toBe('{ f(5) }');
    expect(thunkOf('{ f(5) }', { '5': {} }, { ...usual, staysPlain: () => true })).toBe('{ f(5) }');
  });

  it('names the module where the text has such names of its own', () => {
    expect(thunkOf('{ f(5) /* __hs_ */ }', { '5': {} })).toBe('{ f(PreviewKit.__hs_i(7, 5)) /* __hs_ */ }');
  });
});

describe('inUsersColumns', () => {
  const text = 'func f() {\r\n  é(5, UInt8(1), "ab"); g\n}';
  const syntax = syntaxOf(text, { '5': {}, '1': { onlyArgumentOf: 'UInt8' }, '"ab"': {} });
  const thunk = makeThunk(Buffer.from(text), syntax, usual);
  const line = thunk.text.toString().split('\n')[1];
  const warning = (message: string, at: string): Diagnostic => {
    const column = 1 + Buffer.byteLength(line.slice(0, line.indexOf(at)));
    return { severity: 'warning', message, file: '/a.swift', line: 2, column, sourceLine: line, notes: [] };
  };
  const inText = (diagnostic: Diagnostic) => inUsersColumns(diagnostic, '/a.swift', Buffer.from(text), thunk);
  const columnOf = (token: string) => 1 + Buffer.byteLength(text.split('\n')[1].slice(0, text.split('\n')[1].indexOf(token)));

  it.each([
    ['é', 'é'],
    ['__hs_i', '5'],
    ['5)', '5'],
    ['UInt8', 'UInt8'],
    ['1 as', '1'],
    ['"ab"', '"ab"'],
    ['__hs_s', '"ab"'],
    ['g', 'g'],
  ])('finds %s at %s', (inThunk, inTextAt) => {
    const found = inText({ ...warning('unused', inThunk), notes: [warning('here', inThunk)] });
    expect(found.column).toBe(columnOf(inTextAt));
    expect(found.notes[0].column).toBe(columnOf(inTextAt));
    expect(found.sourceLine).toBe('  é(5, UInt8(1), "ab"); g');
  });

  it('speaks of literals, not of readers', () => {
    expect(inText(warning("result of call to '__hs_i' is unused", '__hs_i')).message).toBe('integer literal is unused');
    expect(inText(warning("result of call to '__hs_u' is unused", '__hs_i')).message).toBe('string literal is unused');
    expect(inText(warning("result of call to 'g' is unused", 'g')).message).toBe("result of call to 'g' is unused");
  });

  it('leaves other files alone', () => {
    const other = { ...warning('unused', 'g'), file: '/b.swift' };
    expect(inText(other)).toEqual(other);
  });
});
