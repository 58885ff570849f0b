import { literalCapacity } from '../../lib/edit/literals.js';
import { AgentReloader } from '../../lib/reload/agent-reloader.js';
import { SwiftRunner } from '../../lib/reload/swift-runner.js';
import { Fixture } from '../support/fixture';
import { Random } from '../support/generated-module/random.cjs';
import { compileSwift } from '../support/swift-objects';
import { LiteralCode, planOf, runnerOptions, type Values, values } from './support/literals';

/** An expression with literal 1, the value that it gets, and what the expression is before and after. */
type Case = [expression: string, kind: Values[number][0], text: string, before: string, after: string];

/** Loads all the expressions, with literals of their own, and asks for them before and after all is set. */
async function beforeAndAfter(cases: readonly Case[], declarations = '') {
  const numbered = cases.map(([expression], index) => expression.replace(/(__hs_[a-z])\(1,/g, `$1(${index + 1},`));
  const code = await LiteralCode.load(declarations, numbered);
  const before = await code.answers();
  const after = await code.answers(Object.fromEntries(cases.map(([, kind, text], index) => [index + 1, [kind, text]])));
  const refused = code.reads(...cases.map((_, index) => index + 1)).map(({ isConvertible }) => !isConvertible);
  return { before, after, refused };
}

const expected = (cases: readonly Case[], isRefused: boolean) => ({
  before: cases.map((each) => each[3]),
  after: cases.map((each) => each[4]),
  refused: cases.map(() => isRefused),
});

describe('a literal that is set', () => {
  it('is of any type of the standard library that takes one', async () => {
    const cases: Case[] = [
      ['__hs_i(1, 12)', 'integer', '13', '12', '13'],
      ['__hs_i(1, -12)', 'integer', '7', '-12', '7'],
      ['__hs_i(1, 12) as Int', 'integer', '-0x1F', '12', '-31'],
      ['__hs_i(1, 1) as Int8', 'integer', '-128', '1', '-128'],
      ['__hs_i(1, 1) as UInt8', 'integer', '0b1111_0000'.replace('_', ''), '1', '240'],
      ['__hs_i(1, 1) as Int16', 'integer', '0o777', '1', '511'],
      ['__hs_i(1, 1) as UInt64', 'integer', '18446744073709551615', '1', '18446744073709551615'],
      ['__hs_i(1, 1) as Int64', 'integer', '-0x8000000000000000', '1', '-9223372036854775808'],
      ['__hs_i(1, 1) as UInt', 'integer', '-0', '1', '0'],
      ['(__hs_i(1, 1) as Double).description', 'integer', '-0', '1.0', '0.0'],
      ['__hs_i(1, 1) as Float', 'integer', '16777217', '1.0', '16777216.0'],
      ['__hs_i(1, 1) / __hs_i(1, 1) + 0.25', 'integer', '5', '1.25', '1.25'],
      ['__hs_i(1, 12) as Int?', 'integer', '13', 'Optional(12)', 'Optional(13)'],
      ['__hs_i(1, 12) as Any', 'integer', '13', '12', '13'],
      ['(0 ..< __hs_i(1, 2)).map { $0 }', 'integer', '4', '[0, 1]', '[0, 1, 2, 3]'],
      ['__hs_f(1, 0.5)', 'float', '2.5e3', '0.5', '2500.0'],
      ['(__hs_f(1, 0.5) as Double).description', 'float', '-0.0', '0.5', '-0.0'],
      ['__hs_f(1, 0.5) as Float', 'float', '0x1.8p1', '0.5', '3.0'],
      ['__hs_b(1, true)', 'boolean', 'false', 'true', 'false'],
      ['__hs_b(1, false) as Bool?', 'boolean', 'true', 'Optional(false)', 'Optional(true)'],
      ['__hs_s(1, "some")', 'string', 'other "words"', 'some', 'other "words"'],
      ['__hs_s(1, "") as Substring', 'string', 'a\0b'.replace('\0', '-'), '', 'a-b'],
      ['__hs_s(1, "some")', 'string', '', 'some', ''],
      ['__hs_u(1, "a")', 'string', 'no longer one', 'a', 'no longer one'],
      ['__hs_u(1, "a") as Character', 'string', '👩‍👩‍👧', 'a', '👩‍👩‍👧'],
      ['__hs_u(1, "a") as Unicode.Scalar', 'string', 'ü', 'a', 'ü'],
      ['__hs_g(1, "🇩🇪") as Character', 'string', 'z', '🇩🇪', 'z'],
      ['__hs_g(1, "🇩🇪")', 'string', '', '🇩🇪', ''],
      ['__hs_g(1, "🇩🇪") as Substring', 'string', '🇫🇷🇫🇷', '🇩🇪', '🇫🇷🇫🇷'],
    ];
    expect(await beforeAndAfter(cases)).toEqual(expected(cases, false));
  });

  it('is of any type that somebody made', async () => {
    const declarations = `
      import Foundation
      struct Color: ExpressibleByIntegerLiteral, CustomStringConvertible {
        let value: UInt32
        init(integerLiteral value: UInt32) { self.value = value }
        var description: String { "#" + String(value, radix: 16) }
      }
      struct Angle: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
        let degrees: Float
        init(floatLiteral value: Float) { degrees = value }
        init(integerLiteral value: Int) { degrees = Float(value) }
      }
      enum Switch: ExpressibleByBooleanLiteral { case on, off; init(booleanLiteral value: Bool) { self = value ? .on : .off } }
      enum Icon: ExpressibleByStringLiteral, Equatable { case named(String); init(stringLiteral value: String) { self = .named(value) } }
      struct Key: ExpressibleByExtendedGraphemeClusterLiteral {
        let key: String
        init(extendedGraphemeClusterLiteral value: Character) { key = "key \\(value)" }
      }
      struct Sign: ExpressibleByUnicodeScalarLiteral { let sign: UInt32; init(unicodeScalarLiteral value: Unicode.Scalar) { sign = value.value } }
      struct Any3: ExpressibleByStringLiteral {
        let by: String
        init(stringLiteral value: String) { by = "string " + value }
        init(extendedGraphemeClusterLiteral value: String) { by = "character " + value }
        init(unicodeScalarLiteral value: String) { by = "scalar " + value }
      }
      struct Any2: ExpressibleByExtendedGraphemeClusterLiteral {
        let by: String
        init(extendedGraphemeClusterLiteral value: String) { by = "character " + value }
        init(unicodeScalarLiteral value: Unicode.Scalar) { by = "scalar \\(value)" }
      }`;
    const cases: Case[] = [
      ['__hs_i(1, 0xFF0000) as Color', 'integer', '0x00FF7F', '#ff0000', '#ff7f'],
      ['(__hs_f(1, 0.5) as Angle).degrees', 'float', '1.5', '0.5', '1.5'],
      ['(__hs_i(1, 90) as Angle).degrees', 'integer', '45', '90.0', '45.0'],
      ['__hs_b(1, true) as Switch', 'boolean', 'false', 'on', 'off'],
      ['__hs_s(1, "sun.max") as Icon', 'string', 'moon', 'named("sun.max")', 'named("moon")'],
      ['(__hs_u(1, "k") as Key).key', 'string', '🇩🇪', 'key k', 'key 🇩🇪'],
      ['(__hs_g(1, "🇩🇪") as Key).key', 'string', 'd', 'key 🇩🇪', 'key d'],
      ['(__hs_u(1, "A") as Sign).sign', 'string', 'B', '65', '66'],
      // The compiler prefers the protocol of strings, then that of characters.
      ['(__hs_u(1, "a") as Any3).by', 'string', 'b', 'string a', 'string b'],
      ['(__hs_g(1, "🇩🇪") as Any3).by', 'string', 'b', 'string 🇩🇪', 'string b'],
      ['(__hs_s(1, "ab") as Any3).by', 'string', 'b', 'string ab', 'string b'],
      ['(__hs_u(1, "a") as Any2).by', 'string', 'b', 'character a', 'character b'],
      ['__hs_f(1, 0.5) as CGFloat', 'float', '0.1', '0.5', '0.1'],
      ['__hs_i(1, 5) as CGFloat', 'integer', '6', '5.0', '6.0'],
      ['__hs_i(1, 5) as Decimal', 'integer', '6', '5', '6'],
      ['__hs_f(1, 0.5) as TimeInterval', 'float', '0.25', '0.5', '0.25'],
    ];
    expect(await beforeAndAfter(cases, declarations)).toEqual(expected(cases, false));
  });

  it('keeps its value where the type does not take the new one, and says so', async () => {
    const declarations = `
      struct Fixed: ExpressibleByStringLiteral { let text: String; init(stringLiteral value: StaticString) { text = "\\(value)" } }
      struct Big: ExpressibleByIntegerLiteral { let digits: Int; init(integerLiteral value: StaticBigInt) { digits = value.bitWidth } }`;
    const cases: Case[] = [
      ['__hs_i(1, 1) as UInt8', 'integer', '256', '1', '1'],
      ['__hs_i(1, 1) as UInt8', 'integer', '-1', '1', '1'],
      ['__hs_i(1, 1) as Int64', 'integer', '9223372036854775808', '1', '1'],
      ['__hs_i(1, 1)', 'integer', '12x', '1', '1'],
      ['__hs_i(1, 1)', 'float', '1.5', '1', '1'],
      ['__hs_f(1, 1.5)', 'integer', '2', '1.5', '1.5'],
      ['__hs_f(1, 1.5) as Float', 'float', '1e39', '1.5', '1.5'],
      ['__hs_f(1, 1.5) as Double', 'float', '1e309', '1.5', '1.5'],
      ['__hs_b(1, true)', 'boolean', 'maybe', 'true', 'true'],
      ['(__hs_i(1, 7) as Big).digits', 'integer', '1', '4', '4'],
      ['__hs_s(1, "some") as StaticString', 'string', 'other', 'some', 'some'],
      ['(__hs_s(1, "some") as Fixed).text', 'string', 'other', 'some', 'some'],
      ['__hs_u(1, "a") as Character', 'string', 'ab', 'a', 'a'],
      ['__hs_g(1, "🇩🇪") as Character', 'string', '', '🇩🇪', '🇩🇪'],
      ['__hs_u(1, "a") as Unicode.Scalar', 'string', '🇩🇪', 'a', 'a'],
    ];
    expect(await beforeAndAfter(cases, declarations)).toEqual(expected(cases, true));
  });

  it('has every type that a generic function reads it as', async () => {
    const code = await LiteralCode.load(
      `func twice<N: Numeric>() -> N { __hs_i(1, 21) + __hs_i(1, 21) }
       func fine<N: FixedWidthInteger>(_: N.Type) -> N { __hs_i(2, 1) }`,
      ['twice() as Int', 'twice() as Float', 'twice() as UInt8', 'fine(Int8.self)', 'fine(Int16.self)'],
    );
    expect(await code.answers()).toEqual(['42', '42.0', '42', '1', '1']);
    expect(await code.answers({ 1: ['integer', '50'], 2: ['integer', '300'] })).toEqual(['100', '100.0', '100', '1', '300']);
    expect(code.reads(1, 2).map(({ isConvertible }) => isConvertible)).toEqual([true, false]);
    expect(await code.answers({ 1: ['integer', '51'], 2: ['integer', '30'] })).toEqual(['102', '102.0', '102', '30', '30']);
    expect(code.reads(1, 2).map(({ isConvertible }) => isConvertible)).toEqual([true, true]);
  });

  it('makes a new object at every read, and runs the initialiser, which may read literals itself', async () => {
    const code = await LiteralCode.load(
      `final class Box: ExpressibleByIntegerLiteral {
         var count = 0
         let value: Int
         init(integerLiteral value: Int) { self.value = value * __hs_i(2, 10) }
       }
       func box() -> Box { let box: Box = __hs_i(1, 1); box.count += 1; return box }`,
      ['box().count', 'box().count', 'box().value', 'box() === box()'],
    );
    expect(await code.answers()).toEqual(['1', '1', '10', 'false']);
    expect(await code.answers({ 1: ['integer', '3'] })).toEqual(['1', '1', '30', 'false']);
    expect(await code.answers({ 1: ['integer', '3'], 2: ['integer', '100'] })).toEqual(['1', '1', '300', 'false']);
    expect(await code.answers({})).toEqual(['1', '1', '10', 'false']);
  });

  it('has its own value again when it is no longer set', async () => {
    const code = await LiteralCode.load('', ['__hs_i(1, 1)', '__hs_s(2, "some words, more than fifteen bytes")']);
    const own = ['1', 'some words, more than fifteen bytes'];
    const other: Values = { 1: ['integer', '2'], 2: ['string', 'other words, more than fifteen bytes'] };
    for (let round = 0; round < 3; round += 1) {
      expect(await code.answers({})).toEqual(own);
      expect(await code.answers(other)).toEqual(['2', 'other words, more than fifteen bytes']);
      expect(await code.answers({ 1: ['integer', '3'] })).toEqual(['3', own[1]]);
    }
  });

  it('stays what it is while another session of the process sets others', async () => {
    const one = await LiteralCode.load('', ['__hs_i(1001, 1)']);
    const other = await LiteralCode.load('', ['__hs_i(1002, 1)']);
    one.set({ 1001: ['integer', '2'] });
    other.set({ 1002: ['integer', '3'] });
    other.set({});
    expect([await one.answers(), await other.answers()]).toEqual([['2'], ['1']]);
    one.set({});
  });

  it('is what was set, byte for byte', async () => {
    const code = await LiteralCode.load('', ['Array((__hs_s(1, "") as String).utf8)']);
    expect(await code.answers({ 1: ['string', 'é'] })).toEqual(['[195, 169]']);
    expect(await code.answers({ 1: ['string', 'e\u0301'] })).toEqual(['[101, 204, 129]']);
    expect(await code.answers({ 1: ['string', 'a\0b'] })).toEqual(['[97, 0, 98]']);
  });

  it('is one of the values that were set, on every thread, while others are set', async () => {
    const code = await LiteralCode.load(
      `import Dispatch
       nonisolated(unsafe) var ready = DispatchGroup()
       nonisolated(unsafe) var found: [Set<String>] = Array(repeating: [], count: 8)
       @_cdecl("start") func start() -> Int32 {
         for thread in 0 ..< 8 {
           let queue = DispatchQueue(label: "reader \\(thread)")
           queue.async(group: ready) {
             var seen: Set<String> = []
             for _ in 0 ..< 50_000 {
               seen.insert("\\(__hs_i(1, 0) as Int)")
               seen.insert("\\(__hs_f(2, 0.5) as Double)")
               seen.insert(__hs_s(3, "a string of more than fifteen bytes: 0"))
             }
             found[thread] = seen
           }
         }
         return 0
       }
       func everything() -> String { ready.wait(); return found.reduce(into: Set()) { $0.formUnion($1) }.joined(separator: "\\n") }`,
      ['everything()'],
    );
    const text = (index: number) => `a string of more than fifteen bytes: ${index}`;
    await code.call('start');
    for (let round = 0; round < 4000; round += 1) {
      const index = round % 40;
      code.set(index === 0 ? {} : { 1: ['integer', `${index}`], 2: ['float', `${index}.5`], 3: ['string', text(index)] });
    }
    const allowed = Array.from({ length: 40 }, (_, index) => [`${index}`, `${index}.5`, text(index)]).flat();
    const found = await code.answers();
    expect(found.filter((value) => !allowed.includes(value))).toEqual([]);
    expect(found.length).toBeGreaterThan(6);
  });
});

describe('a number that is set is bit for bit what the compiler makes of it', () => {
  const random = new Random(20);
  const digits = (count: number) => Array.from({ length: count }, () => random.integer(0, 9)).join('');
  const hexDigits = (count: number) => Array.from({ length: count }, () => random.integer(0, 15).toString(16)).join('');
  const types = ['Float16', 'Float', 'Double', ...(process.arch === 'x64' ? ['Float80'] : [])];
  const declarations = `
    func bits<N: BinaryFloatingPoint>(_ number: N) -> String {
      "\\(number.sign) \\(number.exponentBitPattern) \\(number.significandBitPattern)"
    }`;

  /** Each text as a literal in compiled code, and as the value of another. */
  async function compare(reader: string, kind: Values[number][0], own: string, texts: readonly string[]) {
    const compiled = texts.flatMap((text) => types.map((type) => `bits(${text} as ${type})`));
    const read = compiled.map((_, index) => `bits(${reader}(${index + 1}, ${own}) as ${types[index % types.length]})`);
    const code = await LiteralCode.load(declarations, [...compiled, ...read]);
    const wanted = compiled.map((_, index) => [index + 1, [kind, texts[Math.floor(index / types.length)]]]);
    const answers = await code.answers(Object.fromEntries(wanted));
    expect(answers.slice(compiled.length)).toEqual(answers.slice(0, compiled.length));
    expect(new Set(answers).size).toBeGreaterThan(texts.length);
  }

  it('with a fraction', async () => {
    const decimal = () => `${random.pick(['', '-'])}${random.integer(0, 999)}.${digits(random.integer(1, 40))}`;
    // Halfway between two numbers of a type, and a little more than the widest type can tell.
    const halfway = ['0x1.000001000000000000000001p0', '0x1.00000000000008000000000001p0', '0x1.0020000000000000000001p0'];
    const texts = [
      ...Array.from({ length: 20 }, decimal),
      ...Array.from({ length: 10 }, () => `${decimal()}e${random.integer(-4, 1)}`),
      ...Array.from({ length: 10 }, () => `0x1.${hexDigits(random.integer(1, 24))}p${random.integer(-9, 9)}`),
      ...halfway,
      ...['0.0', '-0.0', '1e-4', '65504.0', '1.00048828125000000000000000001'],
    ];
    await compare('__hs_f', 'float', '0.5', texts);
  });

  it('without one', async () => {
    const texts = [
      ...Array.from({ length: 20 }, () => `${random.pick(['', '-'])}${random.integer(1, 65000)}`),
      ...['0', '-0', '2049', '2051', '0x801', '0o4001', '0b100000000001', '65504'],
    ];
    await compare('__hs_i', 'integer', '1', texts);
  });

  it('without one, and too large for an Int', async () => {
    types.shift();
    const texts = [
      ...Array.from({ length: 20 }, () => `${random.pick(['', '-'])}${random.integer(1, 9)}${digits(random.integer(15, 37))}`),
      ...Array.from({ length: 10 }, () => `0x${random.integer(1, 9)}${hexDigits(random.integer(14, 30))}`),
      ...['16777217', '9007199254740993', '9223372036854775807', '18446744073709551615', '0x8000008000000000000000001'],
    ];
    await compare('__hs_i', 'integer', '1', texts);
  });
});

describe('what is known of reads', () => {
  it('is which literals a drawing read, and which were read before', async () => {
    const code = await LiteralCode.load('', ['__hs_b(1, true) ? __hs_i(2, 2) : __hs_i(3, 3)']);
    const known = () => [1, 2, 3].map((id) => code.read(id));
    expect(known()).toEqual([['isConvertible'], ['isConvertible'], ['isConvertible']]);
    await code.answers();
    expect(known()).toEqual([['isRead', 'wasRead', 'isConvertible'], ['isRead', 'wasRead', 'isConvertible'], ['isConvertible']]);
    expect(await code.answers({ 1: ['boolean', 'false'] })).toEqual(['3']);
    expect(known()).toEqual([
      ['isRead', 'wasRead', 'isConvertible'],
      ['wasRead', 'isConvertible'],
      ['isRead', 'wasRead', 'isConvertible'],
    ]);
    expect(await code.answers({})).toEqual(['2']);
    expect(known()).toEqual([
      ['isRead', 'wasRead', 'isConvertible'],
      ['isRead', 'wasRead', 'isConvertible'],
      ['wasRead', 'isConvertible'],
    ]);
  });

  it.each([
    ['first', '[kept, twice()]'],
    ['after the drawing has read it, too', '[twice(), kept]'],
  ])('is that the initialiser of a global read a literal, %s', async (_, answer) => {
    const code = await LiteralCode.load(
      `struct Style { static let width = twice() }
       func twice() -> Int { __hs_i(1, 1) * 2 }
       var kept: Int { Style.width + __hs_i(2, 0) }`,
      [`${answer}.sorted()`],
    );
    expect(await code.answers()).toEqual(['[2, 2]']);
    expect(code.reads(1, 2).map(({ isTainted }) => isTainted)).toEqual([true, false]);
    // What the taint is there to tell: the new value does not arrive everywhere.
    expect(await code.answers({ 1: ['integer', '4'] })).toEqual(['[2, 8]']);
    expect(code.reads(1, 2).map(({ isTainted }) => isTainted)).toEqual([true, false]);
  });

  it('is that an initialiser read a literal that is set', async () => {
    const code = await LiteralCode.load('struct Style { static let width = __hs_i(1, 1) + __hs_i(2, 1) }', ['Style.width']);
    expect(await code.answers({ 1: ['integer', '4'] })).toEqual(['5']);
    expect(code.reads(1, 2).map(({ isTainted }) => isTainted)).toEqual([true, true]);
  });

  it('is that an initialiser read a literal, also where earlier code did without PreviewKit', async () => {
    const fixture = new Fixture({ 'One.swift': 'let ones = [1]\n@_cdecl("one") func one() -> Int32 { Int32(ones[0]) }' });
    const runner = new SwiftRunner(runnerOptions());
    await runner.load({ objects: compileSwift(fixture, 'One', ['One.swift']), previewed: 0, libraries: [] });
    expect(await runner.call('one')).toBe(1);
    const code = await LiteralCode.load('let width = __hs_i(1, 1)', ['width'], runner);
    expect(await code.answers()).toEqual(['1']);
    expect(code.read(1)).toEqual(['isRead', 'wasRead', 'isTainted', 'isConvertible']);
  });

  it('is nothing any more when other code with these literals is loaded', async () => {
    const first = await LiteralCode.load('struct Style { static let width = __hs_i(1, 1) }', ['Style.width', '__hs_i(2, 2)']);
    expect(await first.answers({ 2: ['integer', '1000'] })).toEqual(['1', '1000']);
    expect(first.read(1)).toEqual(['isRead', 'wasRead', 'isTainted', 'isConvertible']);
    const second = await LiteralCode.load('', ['__hs_i(2, 2)']);
    expect([1, 2].map((id) => second.read(id))).toEqual([['isConvertible'], ['isConvertible']]);
    expect(await second.answers()).toEqual(['2']);
  });

  it('is nothing for numbers that no literal has', async () => {
    const code = await LiteralCode.load('', [`__hs_i(1, 1)`, `__hs_i(${literalCapacity - 1}, 5)`]);
    const outside = [0, literalCapacity, 2 ** 32 - 1];
    code.set(Object.fromEntries([...outside, literalCapacity - 1].map((id) => [id, ['integer', '7']])));
    expect(await code.answers()).toEqual(['1', '7']);
    expect(outside.map((id) => code.read(id))).toEqual([['isConvertible'], ['isConvertible'], ['isConvertible']]);
    expect(code.read(literalCapacity - 1)).toEqual(['isRead', 'wasRead', 'isConvertible']);
  });

  it('is nothing where PreviewKit is not loaded', async () => {
    const fixture = new Fixture({ 'One.swift': '@_cdecl("one") func one() -> Int32 { 1 }' });
    const runner = new SwiftRunner(runnerOptions());
    await runner.load({
      objects: compileSwift(fixture, 'One', ['One.swift']),
      previewed: 0,
      libraries: [],
      literals: { first: 1, count: 9 },
    });
    runner.setLiterals(values({ 1: ['integer', '7'] }));
    expect(await runner.call('one')).toBe(1);
    expect(runner.literalReads([1])).toEqual([{ id: 1, isRead: false, wasRead: false, isTainted: false, isConvertible: true }]);
  });
});

it('an agent has literals set, and tells how they were read', async () => {
  const reloader = new AgentReloader({
    runner: runnerOptions(),
    symbols: { demangler: 'swift-demangle', objectsOf: () => [] },
    timeouts: { start: 30_000 },
  });
  try {
    await reloader.load(await planOf('@_cdecl("one") func one() -> Int32 { __hs_i(1, 1) }', []));
    expect(await reloader.call('one')).toBe(1);
    await reloader.setLiterals(values({ 1: ['integer', '7'] }));
    expect(await reloader.call('one')).toBe(7);
    expect(await reloader.literalReads([1, 2])).toEqual([
      { id: 1, isRead: true, wasRead: true, isTainted: false, isConvertible: true },
      { id: 2, isRead: false, wasRead: false, isTainted: false, isConvertible: true },
    ]);
  } finally {
    await reloader.close();
  }
});
