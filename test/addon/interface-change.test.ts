import { loadAddon } from '../../lib/reload/native.js';

const change = (before: string, after: string) => loadAddon().compareInterfaces(Buffer.from(before), Buffer.from(after));

/** What differs, without what does not. */
async function differences(before: string, after: string): Promise<Record<string, unknown>> {
  const found = Object.entries(await change(before, after));
  return Object.fromEntries(found.filter(([, value]) => value === true || (Array.isArray(value) && value.length > 0)));
}

const text = `import Foundation
struct S<T: Equatable>: Codable { var a: T; let b = 1; func m() -> Int { 1 }; private var hidden = Hidden() }
private struct Hidden { var x = 1; func unseen() {} }
private func seen() -> Int { 1 }
private func unseen() -> Int { 1 }
let g = seen(), typed: Int = 5
extension S where T == Int { func f() -> Int { 1 } }
final class Closed { func c() {} }
class Open { func o() {}; static func s() {}; final func n() {}; private func p() {} }
actor Act { var v = 1; func w() {} }
enum E { case a, b(Int); var next: E { .a } }
protocol P { associatedtype A; func r(); var q: Int { get } }
extension P { func d() {} }
func opaque() -> some P { Int8(1) }
var body: some P { Int8(1) }
@inlinable public func copied() -> Int { 1 }
struct Observed { var x = 1 { didSet { print(x) } } }
func defaults(_ a: Int = 5, b: [Int: String] = [:], line: Int = #line) {}
func generic<T>(_ a: T = 5) {}
infix operator <+>: AdditionPrecedence
func <+> (a: S<Int>, b: Int) -> Int { 1 }
typealias Alias = [String: S<Int>]
#if DEBUG
func debug() {}
#endif
#if OLD
@available(*, deprecated)
#endif
func dated() {}
@MyMacro struct Made { var m = 1; func n() {} }
struct Wrapping { @Wrapped var w = 1 }
`;

describe('two texts', () => {
  it.each<[string, string, string]>([
    ['bodies', 'func m() -> Int { 1 }', 'func m() -> Int { let x = "}"; return x.count }'],
    ['comments and spaces', 'let g = seen()', '/* a /* b */ */ let  g  =  seen() /* c */'],
    ['accessors', 'var next: E { .a }', 'var next: E { let x = 1; return .a }'],
    ['a private function', 'private func unseen() -> Int', 'private func unseen2(_ x: Int) -> String'],
    ['a private method', 'func unseen() {}', 'func unseen(_ x: Int) {}'],
    ['the value of a variable that says its type', 'typed: Int = 5', 'typed: Int = 6'],
    ['a default value', '_ a: Int = 5', '_ a: Int = 6'],
    ['the order of functions', 'func c() {}', 'func c()\n{}'],
    [
      'what is never compiled',
      'func dated() {}',
      'func dated() {}\n#if os(Windows) || targetEnvironment(simulator)\nimport WinSDK\n#if DEBUG\nfunc f() {}\n#else\nstruct A { var x = 1 }\n#endif\n#endif',
    ],
    ['parts of a condition that hold', '#if DEBUG', '#if (DEBUG && !os(Windows)) || arch(wasm32) || canImport(WinSDK) // A'],
    [
      'a branch that is compiled in any case',
      'func dated() {}',
      '#if os(Windows)\nfunc dated(_ a: Int) {}\n#else\nfunc dated() {}\n#endif',
    ],
  ])('that differ in %s are equal to others', async (_, from, to) => {
    expect(text).toContain(from);
    expect(await differences(text, text.replace(from, to))).toEqual({});
  });

  it.each<[string, string, string, Record<string, string[]>]>([
    ['a function', 'func m() -> Int', 'func m() -> String', { names: ['S.m'] }],
    ['a new method', 'func m()', 'func z() {}; func m()', { names: ['S.z'] }],
    ['a field', 'let b = 1', 'let b = 1, c = 2', { names: ['S.c'], types: ['S'] }],
    ['the value of a field without a type', 'let b = 1', 'let b = 2.5', { names: ['S.b'], types: ['S'] }],
    ['a private field', 'private var hidden', 'private var more = 1; private var hidden', { names: ['S.more'], types: ['S'] }],
    ['a private type in a field', 'var x = 1; func', 'var x = 1, y = 2; func', { names: ['Hidden.y'], types: ['Hidden'] }],
    ['a private function that a variable begins with', 'func seen() -> Int', 'func seen() -> String', { names: ['seen'] }],
    ['generic parameters', 'S<T: Equatable>', 'S<T: Hashable>', { names: ['S'], types: ['S'] }],
    ['the constraints of an extension', 'T == Int', 'T == String', { names: ['S.f'] }],
    ['a conformance', 'extension P {', 'extension E: Error {}\nextension P {', { types: ['E'] }],
    ['a method of a final class', 'func c()', 'func c2() {}; func c()', { names: ['Closed.c2'] }],
    ['a method of a class', 'func o()', 'func o2() {}; func o()', { names: ['Open.o2'], types: ['Open'] }],
    ['a private method of a class', 'private func p()', 'private func p(_ x: Int)', { names: ['Open.p'], types: ['Open'] }],
    ['a static method of a class', 'static func s()', 'static func s(_ x: Int)', { names: ['Open.s'] }],
    ['a final method of a class', 'final func n()', 'final func n(_ x: Int)', { names: ['Open.n'] }],
    ['the order of a dispatch table', 'func o() {}; static', 'final func o() {}; static', { names: ['Open.o'], types: ['Open'] }],
    ['a method of an actor', 'func w()', 'func w2() {}; func w()', { names: ['Act.w2'] }],
    ['a field of an actor', 'var v = 1', 'var v = 1, v2 = 2', { names: ['Act.v2'], types: ['Act'] }],
    ['a case', 'b(Int)', 'b(String)', { names: ['E.b'], types: ['E'] }],
    ['a requirement', 'func r()', 'func r(_ x: Int)', { names: ['P.r'], types: ['P'] }],
    ['what a requirement can do', '{ get }', '{ get set }', { names: ['P.q'], types: ['P'] }],
    ['an opaque result', 'some P { Int8(1) }\nvar', 'some P { Int16(1) }\nvar', { opaque: ['opaque'] }],
    ['an opaque property', 'var body: some P { Int8(1) }', 'var body: some P { Int16(1) }', { opaque: ['body'] }],
    ['a body that is copied', 'copied() -> Int { 1 }', 'copied() -> Int { 2 }', { copied: ['copied'] }],
    ['an observer', 'print(x)', 'print(oldValue)', { names: ['Observed.x'], types: ['Observed'] }],
    ['a default value that asks where it is', '= #line', '= #column', { names: ['defaults'] }],
    ['the default value of a generic parameter', '_ a: T = 5', '_ a: T = "5"', { names: ['generic'] }],
    ['whether there is a default value', '_ a: Int = 5,', '_ a: Int,', { names: ['defaults'] }],
    ['an operator', '<+>: AdditionPrecedence', '<+>: DefaultPrecedence', { names: ['<+>'] }],
    ['an alias', '[String: S<Int>]', '[Int: S<Int>]', { names: ['Alias'] }],
    ['a condition', '#if DEBUG', '#if RELEASE', { names: ['debug'] }],
    ['a condition that never holds', '#if DEBUG', '#if DEBUG && os(Windows)', { names: ['debug'] }],
    ['a condition that always holds', '#if DEBUG', '#if !os(Windows)', { names: ['debug'] }],
    [
      'what a condition says of the last branch',
      '#if DEBUG',
      '#if os(Windows)\n#elseif RELEASE\nfunc more() {}\n#else',
      { names: ['debug', 'more'] },
    ],
    ['an attribute under a condition', '@available(*, deprecated)', '@available(*, unavailable)', { names: ['dated'] }],
    ['a condition of an attribute', '#if OLD', '#if NEW', { names: ['dated'] }],
    ['an import', 'import Foundation', 'import Dispatch', { imports: ['Dispatch', 'Foundation'] }],
    ['a member that a macro sees', 'var m = 1;', 'var m = 1; var k: Int { 1 };', { names: ['Made.k'], types: ['Made'] }],
    [
      'a wrapped property',
      '@Wrapped var w = 1',
      '@Wrapped var w = "1"',
      { names: ['Wrapping.$w', 'Wrapping._w', 'Wrapping.w'], types: ['Wrapping'] },
    ],
    ['a name in backticks', 'func m()', 'func `default`() {}; func m()', { names: ['S.default'] }],
  ])('that differ in %s differ in that', async (_, from, to, expected) => {
    expect(text).toContain(from);
    expect(await differences(text, text.replace(from, to))).toEqual(expected);
  });

  it.each([
    ['a brace too many', `${text}}`],
    ['a string without an end', `${text}let s = "`],
    ['a comment without an end', `${text}/* a`],
    ['something else among members', text.replace('func m()', 'print(1); func m()')],
    ['a condition without an end', `${text}#if A\n`],
    ['an expansion of a macro', `${text}#declare("a")\n`],
    ['an import that is handed on', `@_exported ${text}`],
    ['types a hundred deep', `${text}${'struct A { '.repeat(100)}${'}'.repeat(100)}`],
  ])('of which one has %s cannot be told apart', async (_, other) => {
    expect(await change(text, other)).toMatchObject({ isUnknown: true });
  });

  it.each<[string, string]>([
    ['typed errors', 'func a() throws(E) -> Int { 1 }'],
    ['isolation', 'nonisolated(unsafe) var a = 1\nfunc b() -> sending Int { 1 }'],
    ['a regular expression', 'let a = /[{"]/\nfunc b() { if x.contains(/}/) {} }\nlet c = #/ " /#'],
    ['strings in strings', 'let a = "\\(f("\\("}")"))", b = #"\\"#, c = """\n  "{" \\("}")\n  """'],
    ['values that go on', 'let a = b\n  .c\n  .d { $0 }\n  as! [Int]\nvar e: Int {\n  get { 1 }\n}'],
    ['a call of read', 'var a: Int { read() + 1 }'],
    ['an attribute of a type on a line of its own', 'struct A {\n  var b:\n    @convention(c) (Int) -> Void\n  {\n    f()\n  }\n}'],
    ['attributes under a condition', 'enum A {\n  case a\n  #if B\n  @available(*, unavailable)\n  #else\n  @C(1)\n  #endif\n  case b\n}'],
    ['conditions in a chain', 'let a = b\n#if A\n  .c()\n#endif\n  .d()'],
    ['expressions that branch', 'let a = if b { 1 } else { 2 }\nlet c = switch d { case .e: 1 default: 2 }'],
    ['packs and values', 'struct A<each T, let n: Int>: ~Copyable { func f(_ t: repeat each T) {} }'],
    ['accessors that yield', 'var a: Int { _read { yield x } _modify { yield &x } }'],
    ['statements', 'print("}")\nfor a in b { print(a) }'],
  ])('with %s are understood', async (_, declarations) => {
    const marked = (name: string) => `#!/usr/bin/swift {\nfunc before() {}\n${declarations}\nfunc ${name}() {}\n`;
    expect(await differences(marked('after'), marked('last'))).toEqual({ names: ['after', 'last'] });
  });

  it('are read in time that grows with their length', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `private let v${index} = v${index + 1}\n`).join('');
    const elses = `#if A\n${'#elseif B\n'.repeat(20_000)}#endif\n`;
    const brackets = `let a = ${'('.repeat(20_000)}${')'.repeat(20_000)}\n`;
    for (const long of [many, elses, brackets])
      expect(await differences(`${text}${long}`, `${text}${long}func last() {}`)).toEqual({ names: ['last'] });
  });
});

it('tokens are the same where only comments and the spaces at ends of lines differ', async () => {
  const { haveSameTokens } = loadAddon();
  const same = (one: string, other: string) => haveSameTokens(Buffer.from(one), Buffer.from(other));
  expect(await same(text, text.replaceAll('\n', '  // why\n'))).toBe(true);
  expect(await same('let a = """\n  b\n  """\n', 'let a = """\n  b  \n  """\n')).toBe(false);
  expect(await same('let a = 1\nlet b = 2', 'let a = 1\n\nlet b = 2')).toBe(false);
  expect(await same('let a = b /c', 'let a = b  /c')).toBe(false);
  expect(await same('let a = "', 'let a = "')).toBe(false);
});
