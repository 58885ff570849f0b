import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findPreviewMacros, type NativeSyntaxTree, readSyntax, type SourceLiteral, type SourceSyntax } from '../../lib/edit/syntax.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Random } from '../support/generated-module/random.cjs';

let tree: NativeSyntaxTree;

beforeEach(() => {
  tree = new (loadAddon().SyntaxTree)();
});

/** The text with «» around what may be replaced, to compare with a text in which they were written by hand. */
async function marked(text: string): Promise<string> {
  const bytes = Buffer.from(text);
  const { literals } = await readSyntax(tree, bytes);
  const marks = literals.filter(({ obstacle }) => !obstacle).flatMap(({ start, end }) => [[start, '«'] as const, [end, '»'] as const]);
  let result = '';
  let last = 0;
  for (const [position, mark] of marks) {
    result += bytes.toString('utf8', last, position) + mark;
    last = position;
  }
  return result + bytes.toString('utf8', last);
}

const withoutMarks = (text: string) => text.replace(/[«»]/g, '');

/** A body around statements. */
const body = (statements: string) => `func f() {\n${statements}\n}\n`;

async function obstacles(text: string): Promise<[string, string | undefined][]> {
  const bytes = Buffer.from(text);
  const { literals } = await readSyntax(tree, bytes);
  return literals.map(({ start, end, obstacle }) => [bytes.toString('utf8', start, end), obstacle]);
}

describe('literals that can be replaced', () => {
  it.each([
    ['numbers', 'f(«1_000», «0xFF», «0b1», «0o7», «1e-3», «0x1p3», «0x1.8p-2», «2.5»)'],
    ['ranges', 'f(«0»..<«12», «0»...«5», «-1»...«1», ...«5», «6»..., «0» ..< «7», «-1» ... «2»)'],
    ['strings', String.raw`f(«"a"», «""», «"\u{1F600}\n\"q\" \\"», «"it's"») + «"b"»`],
    ['Booleans', 'x = «true»; y = f(«false») == «true»; z = !«true» && «false»'],
    ['members of literals', 'f(«5.0».rounded(), «"a"».count)'],
    ['what is subscripted and assigned', 'x[«1», default: «2»] += «3»; y.0 = «4»; z = [«5»: [«6»]]'],
    ['what is assigned first', 'let a = «1», b: Int = «2»; var c = («3», d: «4»); async let e = «5»; lazy var g = «6»'],
    ['branches', 'let a = x ? «1» : «2»; let b = if x { «3» } else { «4» }; return switch y { case .a: «5» default: «6» }'],
    [
      'what is switched over and compared',
      'switch («1», x) { case _ where y > «2»: break default: break }\nif x == «3», let y = z(«4») { }',
    ],
    ['closures', 'f { «1» }.g(«2») { x in «3» } h: { «4» }; let d = { @Sendable [weak self] (x: Int) -> Int in x + «5» }'],
    [
      'result builders',
      'VStack(spacing: «8») { if x { Text(«"a"») } else { Text(«"b"»).padding(«7») }; ForEach(«0»..<«3») { i in Text(«"c"») } }',
    ],
    ['loops and their bounds', 'for i in «0»..<«16» where i > «2» { f(«3») }\nwhile x < «4» { }\nrepeat { x += «5» } while x != «6»'],
    ['what may throw', 'do { try f(«1») } catch let e where e.code == «2» { g(«3») } catch { throw E(«4») }'],
    ['casts', 'f(«1» as UInt8, «2» as! T, «3» is Int, try await g(«4») ?? «5»)'],
    ['unused literals', '«1»; «"a"»\n«2»\nf()'],
    ['local functions and types', 'func g() { «1» }; struct S { func h() { «2» }; var i: Int { «3» } }; var j: Int { «4» }'],
    [
      'conditional code',
      '#if DEBUG && swift(>=5.9)\nf(«1»)\n#else\nf(«2»)\n#endif\nText(«"a"»)\n  #if os(iOS)\n  .padding(«3»)\n  #endif\n  .bold()',
    ],
    ['interpolations', String.raw`f("a\(«1»)b\("c\(«2»)\(x, specifier: «"%.1f"»)")")`],
    ['interpolations of strings of several lines', 'f("""\n  "quoted" \\(«1») \\(«"a"»)\n  """)'],
    ['statements between comments', '/* 1 "a" /* 2 */ */ f(«3») // 4 "b"\n// "c\nf(«5»)'],
    ['statements with other operators', 'x = -y * «14» << «15» & «16»; z = a ** «17» % «18»; w = b /«5»/ c'],
  ])('are %s', async (_, statements) => {
    expect(await marked(body(withoutMarks(statements)))).toBe(body(statements));
  });

  it.each([
    ['functions and operators', 'func f() async throws -> Int { «1» }\nstatic func == (a: S, b: S) -> Bool { «2» == «3» }'],
    ['functions with types of errors', 'func f() throws(E) -> Int { «1» }'],
    ['generic functions', 'func f<each T>(_ x: repeat each T) -> some P where S: ~Copyable { «1» }'],
    ['initialisers', 'init?(x: Int) { «1» }\nconvenience init() { «2» }\ndeinit { f(«3») }'],
    ['computed properties', 'var a: some View { Text(«"a"») }\nstatic var b: Int { get async throws { «1» } nonmutating set { f(«2») } }'],
    ['accessors that yield', 'var a: Int { get { «1» } _modify { var x = «2»; yield &x } }'],
    ['observers', 'var a: Int { willSet { f(«1») } didSet { f(«2») } }'],
    ['subscripts', 'subscript(x: Int) -> Int { «1» }\nstatic subscript(y: Int) -> Int { get { «2» } set { } }'],
    ['types in types', 'struct T { enum U { case a; func f() { «1» } } }'],
    [
      'conditional members',
      'var a: Int { «1» }\n#if X\n@inlinable\n#endif\nfunc g() { 2 }\n#if Y\nfunc h() { «3» }\n  #else // 5\nfunc h() { «4» }\n#endif',
    ],
  ])('are in %s', async (_, members) => {
    const text = `final class S: Base {\nvar other: Int\n${members}\n}\nextension S { func last() { «9» } }\n`;
    expect(await marked(withoutMarks(text))).toBe(text);
  });

  it('have their minus with them, but not that of an expression', async () => {
    const statements =
      'f(«-5», x: «-0x1p3», a-«11», a - «12», a - «-13», ~«8», ~-«9», +«10»)\nf(-«7».magnitude, -«1.5».rounded(), -«6» /* . */ .magnitude)\n' +
      'x = «-1» * «2»\ny = z\n«-3»\nreturn «-4» // .a\n';
    expect(await marked(body(withoutMarks(statements)))).toBe(body(statements));
  });

  it('have their places in bytes, whatever else is in the text', async () => {
    const text = Buffer.from('// 👩‍👩‍👧 é\r\nfunc f() {\r\n  let 名前 = "👋 é"\r\n  g("é\\(12)👋", 34)\r\n}\r\n');
    const { literals, bodies } = await readSyntax(tree, text);
    expect(literals.map(({ start, end }) => text.toString('utf8', start, end))).toEqual(['"👋 é"', '"é\\(12)👋"', '12', '34']);
    expect(bodies.map(({ start, end }) => text.toString('utf8', start, end))).toEqual([
      '{\r\n  let 名前 = "👋 é"\r\n  g("é\\(12)👋", 34)\r\n}',
    ]);
  });

  it('know what they are the only argument of', async () => {
    const text = Buffer.from(
      body(
        'UInt64(1); a.b.Name(2); Foo<Int>(3); Foo<A<B>, C>(-4); Foo((5)); (Foo)(6); Foo( /* c */ 7 ); Foo(8,); Self(9)\n' +
          'name(1); a.name(2); .Name(3); Foo(x: 4); Foo(5) { }; Foo(6, 7); [Int](8); Int?(9); Foo[1]; Foo.init(2); Foo { }(3); Foo(4 + 5); Foo(~6)',
      ),
    );
    const { literals } = await readSyntax(tree, text);
    const callees = literals.map(({ onlyArgumentOf }) => onlyArgumentOf);
    expect(callees.slice(0, 9)).toEqual(['UInt64', 'a.b.Name', 'Foo<Int>', 'Foo<A<B>, C>', 'Foo', '(Foo)', 'Foo', 'Foo', 'Self']);
    expect(callees.slice(9).filter(Boolean)).toEqual([]);
  });

  it('say what they are', async () => {
    const { literals } = await readSyntax(tree, Buffer.from(body('f(1, 0xF, 1.5, -2, true, "a", nil, """\n"""\n, /r/)')));
    expect(literals.map(({ kind }) => kind)).toEqual(['integer', 'integer', 'float', 'integer', 'boolean', 'string', 'string']);
  });
});

describe('literals that have to stay', () => {
  it.each([
    ['in the arguments of an attribute', '@available(macOS 10.15, *) @Foo(1, "a") func f() {}', ['10', '15', '1', '"a"']],
    [
      "in a parameter's default value",
      'func f(x: Int = 1, y: T = .init(a: 2)) {}\nstruct S { init(x: Int = 3) {}; subscript(i: Int = 4) -> Int { x } }',
      4,
    ],
    ['in a case of an enum', 'enum E: Int { case a = 1, b = -2; case c(x: Int = 3) }', ['1', '-2', '3']],
    [
      'in the initialiser of a property of a type or of the file',
      'let g = 1\nvar h = { func f() { 2 } }()\nstruct S { let a = -3; lazy var b = { [4] }() }',
      4,
    ],
    [
      'in the initialiser of a property of a type or of the file',
      'struct S { static let a = x ? 1 : 2; @State private var b = 3; var c = "d" { didSet { } }; let (e, f) = (5, 6) }\n' +
        'func f() { struct T { var a = 7; static var b = 8 } }',
      8,
    ],
    ['in a statement of the file itself', 'print(1)\nif x { func g() { 2 } }\nfor i in 0..<3 { }', 4],
    ['in a directive or a condition of availability', body('if #available(macOS 11, *) {}\nguard #unavailable(iOS 12.1) else {}'), 3],
    ['in the arguments of a macro', '#Preview("a", traits: .fixed(1)) { Text("b") }', 3],
    [
      'in the arguments of a macro',
      body('#foo(1) { 2 }\nlet p = #Predicate<T> { $0.a == 3 }\nlet c = #colorLiteral(red: 4, green: 5, blue: 6, alpha: 7)'),
      7,
    ],
    ["the position of a tuple's element", body('f(x.0, y.1.2, z?.3, w!.4)'), 5],
    ['in a key path', body(String.raw`f(\A.a[1].b, \.c![2], \.d?.e[3].f.g, \A.h[4])`), 4],
    ["in a closure's list of captures", body('let c = { [x = 1, y = "a"] in x }'), 2],
    ['in a type, or in what may be one', body('f(Foo<3, Int>(4), a.Foo<Int>(5)); x<6'), 4],
    ['a raw string, or in one', body(String.raw`f(#"a"#, ##"b"#"##, #"c\#(1)\#("d")"#)`), 5],
    ['a string of several lines', body('f("""\n  a\n  """)'), 1],
    ['an interpolated string', body(String.raw`f("a\(x)", "\(y)")`), 2],
    [
      'a Boolean that is a condition',
      body(
        'if true { } else if (!false) { }\nwhile x && true { }\nguard y, false || z else { }\nrepeat { } while (true)\n' +
          'let a = true ? b : c\nfor i in d where true { }\nswitch e { case _ where false: f() default: g() }',
      ),
      8,
    ],
    ['on a line with #column', body('f(1, #column, "a"); g(2)'), 3],
    [
      'in a body that other modules inline',
      '@inlinable func f() { 1 }\nstruct S { @_transparent public init() { 2 }; @_alwaysEmitIntoClient var a: Int { 3 } }',
      3,
    ],
    ['in a body that other modules inline', 'struct S { var a: Int { @inlinable get { 1 } @inlinable set { f(2) } } }', 2],
    ['in what the parser does not understand', body('f(1)\nlet = = 2\n'), 2],
    ['in what the parser does not understand', 'struct S {\n#if X &&\nY\n#endif\nfunc f() { 1 }\n}', 1],
  ])('are %s', async (obstacle, text, expected) => {
    const found = await obstacles(text);
    expect(found.filter(([, why]) => why !== obstacle)).toEqual([]);
    if (typeof expected === 'number') expect(found).toHaveLength(expected);
    else expect(found.map(([token]) => token)).toEqual(expected);
  });

  it('are in patterns, and not in what is behind them', async () => {
    const statements =
      'switch x { case 1, -2: f(«3»)\ncase (4...5, let a) where a == «6»: f()\ncase .b("c", true), .d(7): f(«8»)\n@unknown default: f() }\n' +
      'if case .e(9) = y(«10»), z == «11» { f(«12») }\nguard case let (13, g) = h, i(«14») else { return }\nwhile case true? = j { f(«15») }\n' +
      'for case .n(16, let k) in l(«17») where k > «18» { f(«19») }\ndo { f() } catch E.m(20) where n == «21» { f(«22») }';
    expect(await marked(body(withoutMarks(statements)))).toBe(body(statements));
  });

  it('are those of large collections, and not those of closures in them', async () => {
    const elements = (count: number) => Array.from({ length: count }, (_, index) => `[${index}]`).join(', ');
    expect((await obstacles(body(`x = [${elements(32)}]`))).filter(([, why]) => why)).toEqual([]);
    const large = await obstacles(body(`x = [${elements(33)}, f { g(1) }]`));
    expect(large.filter(([, why]) => !why)).toEqual([['1', undefined]]);
    expect(large[0]).toEqual(['0', 'in an array or a dictionary of more than 32 literals']);
  });

  it('are those of a body with an error, and not those of the next', async () => {
    const text = Buffer.from('struct S {\nfunc f() { let = = 1 }\nfunc g() { 2 }\n}\n');
    const { literals, bodies } = await readSyntax(tree, text);
    expect(bodies.map(({ isUnderstood }) => isUnderstood)).toEqual([false, true]);
    expect(literals.map(({ body }) => body)).toEqual([0, 1]);
    expect(literals[1]?.obstacle).toBeUndefined();
  });
});

describe('#Preview', () => {
  it.each([
    ['with and without arguments', '«#Preview»("A", width: 3) { x }|\n«#Preview» { context in x }|\n«#Preview»("B")\n{ y }|'],
    [
      'among other declarations and in conditions',
      'struct A { }\n#if DEBUG\n«#Preview» { A() }|\n#else\n«#Preview» { B() }|\n#endif\nlet x = 5',
    ],
    ['with names that are not ASCII around it', 'let é = "ü"\n«#Preview»("ñ") { "ß" }|'],
    ['nowhere else', '/* #Preview { } */ let a = "#Preview { }" // #Preview { }\nfunc f() { #Preview { } }\n#Previews { }\n#preview { }'],
  ])('is found %s', async (_, text) => {
    const bytes = Buffer.from(text.replace(/[«»|]/g, ''));
    const found = await findPreviewMacros(tree, bytes);
    let result = '';
    let last = 0;
    for (const { start, nameEnd, end } of found) {
      result += `${bytes.toString('utf8', last, start)}«${bytes.toString('utf8', start, nameEnd)}»${bytes.toString('utf8', nameEnd, end)}|`;
      last = end;
    }
    expect(result + bytes.toString('utf8', last)).toBe(text);
  });
});

describe('any text', () => {
  const examples = path.join(__dirname, '..', '..', 'examples', 'weather-card', 'Sources', 'WeatherCard');
  const files = readdirSync(examples).map((name): [string, Buffer] => [name, readFileSync(path.join(examples, name))]);

  const random = new Random(1);
  const randomBytes = (length: number) => Buffer.from(Array.from({ length }, () => random.integer(0, 255)));

  const tokens: Record<SourceLiteral['kind'], RegExp> = {
    integer: /^-?(0x[\da-fA-F][\da-fA-F_]*|0o[0-7][0-7_]*|0b[01][01_]*|\d[\d_]*)$/,
    float: /^-?(\d[\d_]*(\.\d[\d_]*)?([eE][+-]?\d[\d_]*)?|0x[\da-fA-F_]+(\.[\da-fA-F_]+)?[pP][+-]?[\d_]+)$/,
    boolean: /^(true|false)$/,
    string: /^"([^"\\\r\n]|\\[0\\tnr"']|\\u\{[\da-fA-F]{1,8}\})*"$/,
  };

  function requireTokens(text: Buffer, { literals, bodies }: SourceSyntax): void {
    for (const { kind, start, end, obstacle, body } of literals) {
      if (obstacle) continue;
      expect(text.toString('latin1', start, end)).toMatch(tokens[kind]);
      const around = bodies[body as number];
      expect(around).toMatchObject({ isUnderstood: true });
      expect(start > (around?.start as number) && end < (around?.end as number)).toBe(true);
    }
  }

  it.each(files)('has literals that Swift would read: %s', async (_, text) => {
    const syntax = await readSyntax(tree, text);
    requireTokens(text, syntax);
    expect(syntax.bodies.every(({ isUnderstood }) => isUnderstood)).toBe(true);
    expect(syntax.literals.some(({ obstacle }) => !obstacle)).toBe(true);
  });

  it('is read as if it were the first', async () => {
    const pieces = ['5', 'x', '\n', '(', ')', '{', '}', '"', '#', '/', '"""', '\\(', ' true ', 'let y = 12\n', '-', '<', '\0', 'é', ''];
    for (let [, text] of files.slice(0, 2)) {
      for (let edit = 0; edit < 60; edit++) {
        const start = random.integer(0, text.length);
        const piece = Buffer.from(pieces[random.integer(0, pieces.length - 1)] as string);
        text = Buffer.concat([text.subarray(0, start), piece, text.subarray(start + random.integer(0, 8))]);
        const syntax = await readSyntax(tree, text);
        requireTokens(text, syntax);
        expect(syntax).toEqual(await readSyntax(new (loadAddon().SyntaxTree)(), text));
      }
    }
  });

  it.each<[string, Buffer]>([
    ['empty', Buffer.alloc(0)],
    ['random', randomBytes(20_000)],
    ['full of zeros', Buffer.alloc(1_000)],
    ['cut off in a directive', Buffer.from('func f() {\n#if')],
    ['cut off in a string', Buffer.from('func f() { g("a')],
    ['cut off in a raw string', Buffer.from('func f() { g(#"a\\#(1')],
    ['long', Buffer.from('func f(x: Int) -> Int { x + 12 }\n'.repeat(5_000))],
    ['deep', Buffer.from(body(`${'('.repeat(10_000)}5${')'.repeat(10_000)}`))],
    ['deep and not closed', Buffer.from(`func f() {${'f([{ '.repeat(10_000)}`)],
    ['a long chain', Buffer.from(body(`\\A${'.a[1]'.repeat(10_000)}`))],
    ['many arguments', Buffer.from(body(`F(${'1, '.repeat(10_000)}2)`))],
  ])('may be %s', async (_, text) => {
    requireTokens(text, await readSyntax(tree, text));
  });

  const many = 100_000;
  it.each<[string, string, number]>([
    ['comments behind a brace', `func f() { g(12) }${'//\n'.repeat(many)}`, 1],
    ['comments behind a call', body(`g(12)${'\n//'.repeat(many)}`), 1],
    ['long comments with quotes', `func f() { g(12) }${`// "${'x'.repeat(20)}\n`.repeat(many)}`, 1],
    ['comments in blocks', `func f() { g(12) }${'/**/'.repeat(many)}`, 1],
    ['braces', body(`${'{'.repeat(20_000)}12${'}'.repeat(20_000)}`), 1],
    ['brackets', body(`x = ${'['.repeat(20_000)}12${']'.repeat(20_000)}`), 1],
    ['members', body(`x = a${'.b'.repeat(20_000)}(12)`), 1],
    ['generic arguments', `let x: ${'A<'.repeat(20_000)}B${'>'.repeat(20_000)}\nfunc f() { 12 }`, 1],
    ['interpolations', body(`x = ${'"\\('.repeat(20_000)}12${')"'.repeat(20_000)}`), 1],
    ['conditions of compilation', body(`${'#if A\n'.repeat(20_000)}f(12)\n${'#endif\n'.repeat(20_000)}`), 1],
    ['digits', body(`x = ${'1'.repeat(20_000)}`), 1],
    ['bytes of a string', body(`x = "${'a'.repeat(3_000_000)}"`), 1],
  ])('may have as many %s as it likes', async (_, text, editable) => {
    const bytes = Buffer.from(text);
    const syntax = await readSyntax(tree, bytes);
    requireTokens(bytes, syntax);
    expect(syntax.isUnderstood).toBe(true);
    expect(syntax.literals.filter(({ obstacle }) => !obstacle)).toHaveLength(editable);
  });

  it.each([
    ['long', Buffer.alloc(5_000_000, 'func f() { 1 }\n')],
    ['full of calls', Buffer.from(body('f(1)\n'.repeat(200_000)))],
    ['full of operators that are none', Buffer.from(body(`x = ${'! '.repeat(10_000)}a`))],
    ['full of comments that do not end', Buffer.from('/*'.repeat(50_000))],
    ['full of signs that begin a string', Buffer.from(`${'#'.repeat(100_000)}"`)],
  ])('is not understood if it is too %s, and the next one is', async (_, text) => {
    expect(await readSyntax(tree, text)).toEqual({ isUnderstood: false, literals: [], bodies: [] });
    expect(await findPreviewMacros(tree, text)).toEqual([]);
    expect(await marked(body('f(1)'))).toBe(body('f(«1»)'));
  });

  it('is read when it was handed over, and in its turn', async () => {
    const text = Buffer.from(body('UInt(1)'));
    const first = readSyntax(tree, text);
    text.fill('x');
    const second = readSyntax(tree, text);
    expect(await first).toMatchObject({ literals: [{ start: 16, end: 17, onlyArgumentOf: 'UInt' }] });
    expect(await second).toEqual({ isUnderstood: true, literals: [], bodies: [] });
  });
});
