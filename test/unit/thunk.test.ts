import type { SourceSyntax } from '../../lib/edit/syntax.js';
import { inUsersColumns, makeThunk, type Thunk, type ThunkOptions } from '../../lib/edit/thunk.js';
import type { Diagnostic } from '../../lib/types.js';

const usual: ThunkOptions = {
  first: 7,
  most: 10,
  isHarmless: (name) => name !== 'Colour' && name !== 'Character',
  staysPlain: () => false,
};

/** The whole text is one body, in which these tokens are literals; the first of each. */
function syntaxOf(text: string, tokens: Record<string, Partial<SourceSyntax['literals'][number]>>): SourceSyntax {
  const literals = Object.entries(tokens).map(([token, literal]) => {
    const start = Buffer.byteLength(text.slice(0, text.indexOf(token)));
    const kind = token.startsWith('"') ? ('string' as const) : token.includes('.') ? ('float' as const) : ('integer' as const);
    return { kind, start, end: start + Buffer.byteLength(token), body: 0, ...literal };
  });
  literals.sort((one, other) => one.start - other.start);
  return { isUnderstood: true, literals, bodies: [{ start: 0, end: Buffer.byteLength(text), isUnderstood: true }] };
}

async function thunkOf(text: string, tokens: Parameters<typeof syntaxOf>[1], options = usual): Promise<string | undefined> {
  return (await makeThunk(Buffer.from(text), syntaxOf(text, tokens), options))?.text.toString();
}

describe('makeThunk', () => {
  it('reads each literal by a number of its own', async () => {
    const text = '{ f(5, 1.5, true, "ab") }';
    const thunk = await makeThunk(Buffer.from(text), syntaxOf(text, { '5': {}, '1.5': {}, true: { kind: 'boolean' }, '"ab"': {} }), usual);
    expect(thunk?.text.toString()).toBe('{ f(__hs_i(7, 5), __hs_f(8, 1.5), __hs_b(9, true), __hs_s(10, "ab")) }');
    expect(thunk?.literals).toEqual([
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
  ])('knows %s by what it can become', async (token, expected) => {
    expect(await thunkOf(`{ f(${token}) }`, { [token]: {} })).toBe(`{ f(${expected}) }`);
  });

  it('keeps the type that a literal has because of a call around it', async () => {
    expect(await thunkOf('{ UInt64(5) }', { '5': { onlyArgumentOf: 'UInt64' } })).toBe('{ UInt64(__hs_i(7, 5 as UInt64)) }');
    expect(await thunkOf('{ Swift.Float(0.1) }', { '0.1': { onlyArgumentOf: 'Swift.Float' } })).toBe(
      '{ Swift.Float(__hs_f(7, 0.1 as Swift.Float)) }',
    );
    expect(await thunkOf('{ Text("ab") }', { '"ab"': { onlyArgumentOf: 'Text' } })).toBe('{ Text(__hs_s(7, "ab")) }');
    expect(await thunkOf('{ String(5) }', { '5': { onlyArgumentOf: 'String' } })).toBe('{ String(__hs_i(7, 5)) }');
    expect(await thunkOf('{ Character("a") }', { '"a"': { onlyArgumentOf: 'Character' } })).toBe('{ Character("a") }');
    expect(await thunkOf('{ UI.Colour(5) }', { '5': { onlyArgumentOf: 'UI.Colour' } })).toBe('{ UI.Colour(5) }');
  });

  it('leaves alone what helps the type checker to choose an operator', async () => {
    expect(await thunkOf('{ list.reduce(5, +) }', { '5': {} })).toBe('{ list.reduce(5, +) }');
    expect(await thunkOf('{ f(5, -x) }', { '5': {} })).toBe('{ f(__hs_i(7, 5), -x) }');
  });

  it('leaves alone what is not editable', async () => {
    expect(await thunkOf('{ f(5) }', { '5': { obstacle: 'a pattern' } })).toBe('{ f(5) }');
    expect(await thunkOf('{ f(5) }', { '5': { body: undefined } })).toBe('{ f(5) }');
    expect(await thunkOf('{ f(5) }', { '5': {} }, { ...usual, staysPlain: () => true })).toBe('{ f(5) }');
  });

  it('names the module where the text has such names of its own', async () => {
    expect(await thunkOf('{ f(5) /* __hs_ */ }', { '5': {} })).toBe('{ f(PreviewKit.__hs_i(7, 5)) /* __hs_ */ }');
  });
});

describe('a text with more literals than anybody writes', () => {
  const count = 30_000;
  const text = Buffer.from(`{\n${'f(5)\n'.repeat(count)}}`);
  const syntax: SourceSyntax = {
    isUnderstood: true,
    literals: Array.from({ length: count }, (_, index) => ({ kind: 'integer', start: 4 + index * 5, end: 5 + index * 5, body: 0 })),
    bodies: [{ start: 0, end: text.length, isUnderstood: true }],
  };

  it('is asked about its bodies once, and not for each literal', async () => {
    const staysPlain = jest.fn(() => true);
    await makeThunk(text, syntax, { ...usual, most: count, staysPlain });
    expect(staysPlain).toHaveBeenCalledTimes(1);
  });

  it('lets others have their turns', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    await makeThunk(text, syntax, { ...usual, most: 30_000 });
    clearImmediate(immediate);
    expect(turns).toBeGreaterThan(30);
  });

  it('has no thunk if they are more than can be numbered', async () => {
    expect(await makeThunk(text, syntax, { ...usual, most: count - 1 })).toBeUndefined();
    expect((await makeThunk(text, syntax, { ...usual, most: count }))?.literals).toHaveLength(count);
  });

  it('has its lines and edits looked through once, however many messages there are', async () => {
    const thunk = await makeThunk(text, syntax, { ...usual, most: count });
    if (thunk === undefined) throw new Error('there is no thunk');
    const own = Buffer.from(text);
    const lines = jest.spyOn(own, 'indexOf');
    const entries = jest.spyOn(thunk.edits, 'entries');
    const columns = Array.from({ length: count }, (_, index) => {
      const warning: Diagnostic = { severity: 'warning', message: '', file: '/a.swift', line: index + 2, column: 12, notes: [] };
      return inUsersColumns(warning, '/a.swift', own, thunk).column;
    });
    expect(new Set(columns)).toEqual(new Set([3]));
    expect(lines).toHaveBeenCalledTimes(count + 2);
    expect(entries).toHaveBeenCalledTimes(1);
  });
});

describe('inUsersColumns', () => {
  const text = 'func f() {\r\n  é(5, UInt8(1), "ab"); g\n}';
  const syntax = syntaxOf(text, { '5': {}, '1': { onlyArgumentOf: 'UInt8' }, '"ab"': {} });
  let thunk: Thunk;
  let line: string;
  beforeAll(async () => {
    thunk = (await makeThunk(Buffer.from(text), syntax, usual)) as Thunk;
    line = thunk.text.toString().split('\n')[1];
  });
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
