import { coldValue } from '../support/cold-module';
import { Fixture } from '../support/fixture';
import { openSession } from '../support/session';
import { first } from '../support/tier';

/** An edit of one file of a module whose other files it is about. */
interface Edit {
  files: Record<string, string>;
  edited: string;
  /** The first of these is replaced by the second. */
  change: [from: string, to: string];
  /** What `value()` says before and after; `error`: the edit is one. */
  values: [before: number, after: number | 'error'];
  /** Files that have to be compiled; missing: no matter which. */
  recompiled?: string[];
}

const probe = '@_cdecl("probe") public func probe() -> Int32 { Int32(value()) }\n';

const protocolAndTypes = `
protocol P { func v() -> Int }
struct W<T>: P { var t: T; func v() -> Int { MemoryLayout<T>.size } }
struct One: P { func v() -> Int { 1 } }
struct Two: P { var a = 0, b = 0; func v() -> Int { 2 } }
`;

const edits: Record<string, Edit> = {
  'a member that joins others of its name': {
    files: {
      'A.swift':
        'struct S {}\nextension S { static func f(_ x: Double) -> Int { 1 } }\nextension S { static func g(_ x: Int) -> Int { 2 } }',
      'B.swift': 'func value() -> Int { S.f(3) }',
      'C.swift': 'func unconcerned() -> S { S() }',
    },
    edited: 'A.swift',
    change: ['func g(', 'func f('],
    values: [1, 2],
    recompiled: ['A.swift', 'B.swift'],
  },
  'an operator that joins others': {
    files: {
      'A.swift':
        'struct S {}\nextension S { static func + (a: S, b: Double) -> Int { 1 } }\nextension S { static func - (a: S, b: Int) -> Int { 2 } }',
      'B.swift': 'func value() -> Int { S() + 3 }',
    },
    edited: 'A.swift',
    change: ['func - (', 'func + ('],
    values: [1, 2],
  },
  'an overload in the extension of a protocol': {
    files: {
      'A.swift': 'protocol P {}\nextension P { func f(_ x: Double) -> Int { 1 } }\nextension P { func g(_ x: Int) -> Int { 2 } }',
      'B.swift': 'struct S: P {}\nfunc value() -> Int { S().f(3) }',
    },
    edited: 'A.swift',
    change: ['func g(', 'func f('],
    values: [1, 2],
  },
  'an overload in a constrained extension': {
    files: {
      'A.swift': 'struct S<T> { var t: T }\nextension S { func f() -> Int { 1 } }\nextension S where T == Int { func g() -> Int { 2 } }',
      'B.swift': 'func value() -> Int { S(t: 1).f() }',
    },
    edited: 'A.swift',
    change: ['func g(', 'func f('],
    values: [1, 2],
  },
  'a subscript that joins others': {
    files: {
      'A.swift': 'struct S {}\nextension S { subscript(x: Double) -> Int { 1 } }\nextension S { subscript(label x: Int) -> Int { 2 } }',
      'B.swift': 'func value() -> Int { S()[3] }',
    },
    edited: 'A.swift',
    change: ['subscript(label x', 'subscript(x'],
    values: [1, 2],
  },
  'an initialiser that joins others': {
    files: {
      'A.swift': 'struct S { var n: Int }\nextension S { init(_ x: Double) { n = 1 } }\nextension S { init(label x: Int) { n = 2 } }',
      'B.swift': 'func value() -> Int { S(3).n }',
    },
    edited: 'A.swift',
    change: ['init(label x', 'init(_ x'],
    values: [1, 2],
  },
  'a function of the file that joins others': {
    files: {
      'A.swift': 'func f(_ x: Double) -> Int { 1 }\nfunc g(_ x: Int) -> Int { 2 }',
      'B.swift': 'func value() -> Int { f(3) }',
      'C.swift': 'func unconcerned() -> Int { 5 }',
    },
    edited: 'A.swift',
    change: ['func g(', 'func f('],
    values: [1, 2],
    recompiled: ['A.swift', 'B.swift'],
  },
  'a member of the type itself in front of one of a protocol': {
    files: {
      'A.swift': 'protocol P {}\nextension P { func f() -> Int { 1 } }',
      'B.swift': 'struct S: P {}\nextension S { func g() -> Int { 2 } }',
      'C.swift': 'func value() -> Int { S().f() }',
    },
    edited: 'B.swift',
    change: ['func g(', 'func f('],
    values: [1, 2],
  },
  'a member in front of a function of the module': {
    files: {
      'A.swift': 'struct S {}\nfunc f() -> Int { 1 }\nextension S { func g() -> Int { 2 } }',
      'B.swift': 'extension S { func h() -> Int { f() } }\nfunc value() -> Int { S().h() }',
    },
    edited: 'A.swift',
    change: ['func g(', 'func f('],
    values: [1, 2],
  },
  'a conformance by which a better function applies': {
    files: {
      'A.swift': 'protocol P {}\nstruct S {}\nstruct R {}\nextension R: P {}',
      'B.swift': 'func f<T>(_ t: T) -> Int { 1 }\nfunc f<T: P>(_ t: T) -> Int { 2 }',
      'C.swift': 'func value() -> Int { f(S()) }',
    },
    edited: 'A.swift',
    change: ['extension R: P', 'extension S: P'],
    values: [1, 2],
  },
  'a conformance by which an extension applies': {
    files: {
      'A.swift': 'protocol P {}\nprotocol Q {}\nstruct S: Q {}\nstruct R {}\nextension R: P {}',
      'B.swift': 'extension Q { func f() -> Int { 1 } }\nextension Q where Self: P { func f() -> Int { 2 } }',
      'C.swift': 'func value() -> Int { S().f() }',
    },
    edited: 'A.swift',
    change: ['extension R: P', 'extension S: P'],
    values: [1, 2],
  },
  'a default implementation that is another': {
    files: {
      'A.swift':
        'protocol P { func f() -> Int }\nextension P { func f() -> Int { 1 } }\nextension P where Self: Equatable { func g() -> Int { 2 } }',
      'B.swift': 'struct S: P, Equatable {}',
      'C.swift': 'func ask(_ p: any P) -> Int { p.f() }\nfunc value() -> Int { ask(S()) }',
    },
    edited: 'A.swift',
    change: ['func g(', 'func f('],
    values: [1, 2],
  },
  'a member that is gone': {
    files: {
      'A.swift':
        'struct S {}\nextension S { static func f(_ x: Double) -> Int { 1 } }\nextension S { static func f(_ x: Int) -> Int { 2 } }',
      'B.swift': 'func value() -> Int { S.f(3) }',
    },
    edited: 'A.swift',
    change: ['static func f(_ x: Int) -> Int { 2 }', ''],
    values: [2, 1],
  },
  'an error in another file': {
    files: {
      'A.swift':
        'struct S {}\nextension S { static func f(_ x: Double) -> Int { 1 } }\nextension S { static func g(_ x: Float) -> Int { 2 } }',
      'B.swift': 'func value() -> Int { S.f(3) }',
    },
    edited: 'A.swift',
    change: ['func g(', 'func f('],
    values: [1, 'error'],
  },
  'an opaque result': {
    files: {
      'A.swift': 'func o() -> some FixedWidthInteger { Int8(1) }',
      'B.swift': 'func value() -> Int { MemoryLayout.size(ofValue: o()) }',
    },
    edited: 'A.swift',
    change: ['Int8(1)', 'Int16(2)'],
    values: [1, 2],
    recompiled: ['A.swift'],
  },
  'an opaque result of a property with a witness': {
    files: {
      'A.swift': protocolAndTypes,
      'B.swift': 'protocol Q { associatedtype Body: P; var body: Body { get } }\nstruct Row: Q { var body: some P { One() } }',
      'C.swift': 'func draw<T: Q>(_ q: T) -> Int { q.body.v() * 100 + MemoryLayout<T.Body>.size }\nfunc value() -> Int { draw(Row()) }',
    },
    edited: 'B.swift',
    change: ['One()', 'Two()'],
    values: [100, 216],
    recompiled: ['B.swift'],
  },
  'an opaque result in a chain of generic functions': {
    files: {
      'A.swift': protocolAndTypes,
      'B.swift': 'func wrap(_ q: Int) -> some P { W(t: Int8(q)) }',
      'C.swift': 'func twice<T: P>(_ t: T) -> some P { W(t: t) }',
      'D.swift': 'func value() -> Int { twice(wrap(1)).v() * 10 + wrap(1).v() }',
    },
    edited: 'B.swift',
    change: ['W(t: Int8(q))', 'W(t: (Int8(q), Int32(q)))'],
    values: [11, 88],
  },
  'an inferred type in a chain of variables': {
    files: {
      'A.swift': 'func make() -> Int { 1 }',
      'B.swift': 'let g2 = make()',
      'C.swift': 'let g3 = g2',
      'D.swift': 'func value() -> Int { "\\(g3)".count + MemoryLayout.size(ofValue: g3) }',
    },
    edited: 'A.swift',
    change: ['Int { 1 }', 'String { "seven" }'],
    values: [9, 21],
  },
  'the initial value of a variable without a type': {
    files: {
      'A.swift': 'let g1 = 1',
      'B.swift': 'let g2 = g1',
      'C.swift': 'func value() -> Int { MemoryLayout.size(ofValue: g2) + Int(g2 * 2) }',
    },
    edited: 'A.swift',
    change: ['1 = 1', '1 = 10.5 as Float'],
    values: [10, 25],
  },
  'a private function that a variable has its type from': {
    files: {
      'A.swift': 'private func make() -> Int8 { 1 }\nlet g = make()\nfunc other() -> Int { 1 }',
      'B.swift': 'func value() -> Int { MemoryLayout.size(ofValue: g) }',
    },
    edited: 'A.swift',
    change: ['-> Int8', '-> Int16'],
    values: [1, 2],
  },
  'a private type in the layout of another': {
    files: {
      'A.swift': 'private struct Inner { var a: Int8 = 1 }\nstruct Outer { private var inner = Inner(); init() {} }',
      'B.swift': 'struct Around { var outer = Outer() }',
      'C.swift': 'func value() -> Int { MemoryLayout<Around?>.size }',
    },
    edited: 'A.swift',
    change: ['var a: Int8 = 1', 'var a: Int8 = 1; var b: Int64 = 2'],
    values: [2, 17],
  },
  'an enum in enums': {
    files: {
      'A.swift': 'enum A { case a, b }',
      'B.swift': 'enum B { case x(A), y }',
      'C.swift': 'enum C { case p(B), q }\nfunc make() -> C { .p(.x(.b)) }',
      'D.swift': 'func value() -> Int { if case .p(.x(let a)) = make(), case .b = a { return MemoryLayout<C>.size } else { return -2 } }',
    },
    edited: 'A.swift',
    change: ['case a, b', 'case first(String), a, b'],
    values: [1, 16],
  },
  'a place in the dispatch table of a class': {
    files: {
      'A.swift': 'class Base { func a() -> Int { 1 } }',
      'B.swift': 'class Sub: Base { func z() -> Int { 3 } }',
      'C.swift': 'func value() -> Int { let s = Sub(); return s.a() * 10 + s.z() }',
    },
    edited: 'A.swift',
    change: ['func a()', 'private func hidden() -> Int { 7 }; func a()'],
    values: [13, 13],
  },
  'a requirement of a protocol': {
    files: {
      'A.swift': 'protocol P { func b() -> Int }\nextension P { func a() -> Int { 5 } }',
      'B.swift': 'struct S: P { func a() -> Int { 1 }; func b() -> Int { 2 } }',
      'C.swift': 'func value() -> Int { let p: any P = S(); return p.a() * 10 + p.b() }',
    },
    edited: 'A.swift',
    change: ['protocol P {', 'protocol P { func a() -> Int;'],
    values: [52, 12],
  },
  'observers that ask for the old value': {
    files: {
      'A.swift': 'var log = 0\nstruct S { var x = 1 { didSet { log += 1 } } }',
      'B.swift': 'func value() -> Int { log = 0; var s = S(); s.x += 4; return log + s.x }',
    },
    edited: 'A.swift',
    change: ['log += 1', 'log += oldValue * 10'],
    values: [6, 15],
  },
  'an inlinable body': {
    files: {
      'A.swift': '@_transparent public func f() -> Int { 1 }',
      'B.swift': 'func value() -> Int { f() }',
    },
    edited: 'A.swift',
    change: ['{ 1 }', '{ 2 }'],
    values: [1, 2],
    recompiled: ['A.swift', 'B.swift'],
  },
  'a default argument that takes the place of the call': {
    files: {
      'A.swift': 'func f(_ x: Int = 5) -> Int { x }',
      'B.swift': '\n\nfunc value() -> Int { f() }',
    },
    edited: 'A.swift',
    change: ['= 5', '= #line'],
    values: [5, 3],
  },
  'a default argument': {
    files: { 'A.swift': 'func f(_ x: Int = 5) -> Int { x }', 'B.swift': 'func value() -> Int { f() }' },
    edited: 'A.swift',
    change: ['= 5', '= 6'],
    values: [5, 6],
    recompiled: ['A.swift'],
  },
  'a default argument that a generic type comes from': {
    files: {
      'A.swift': 'func f<T>(_ x: T = Int8(5)) -> Int { MemoryLayout<T>.size }',
      'B.swift': 'func value() -> Int { f() }',
    },
    edited: 'A.swift',
    change: ['Int8(5)', 'Int16(6)'],
    values: [1, 2],
  },
  'a property wrapper': {
    files: {
      'A.swift': '@propertyWrapper struct Wrap { var wrappedValue: Int; init(wrappedValue: Int) { self.wrappedValue = wrappedValue } }',
      'B.swift': 'struct S { @Wrap var x = 3 }',
      'C.swift': 'func value() -> Int { S().x + MemoryLayout<S>.size }',
    },
    edited: 'A.swift',
    change: ['self.wrappedValue = wrappedValue }', 'self.wrappedValue = wrappedValue * 2 }; var projectedValue: Int { 1 }; var more = 1'],
    values: [11, 22],
  },
  'a result builder that can do more': {
    files: {
      'A.swift': '@resultBuilder struct Sum { static func buildBlock(_ x: Int...) -> Int { x.reduce(0, +) } }',
      'B.swift': '@Sum func built() -> Int { 1; 2 }\nfunc value() -> Int { built() }',
    },
    edited: 'A.swift',
    change: ['struct Sum {', 'struct Sum { static func buildExpression(_ x: Int) -> Int { x * 10 }; '],
    values: [3, 30],
  },
  'a nested type in front of one of the module': {
    files: {
      'A.swift': 'struct Inner { var a: Int8 = 1 }\nstruct Outer {}\nextension Outer { struct Other { var a: Int32 = 1 } }',
      'B.swift': 'extension Outer { static func size() -> Int { MemoryLayout<Inner>.size } }\nfunc value() -> Int { Outer.size() }',
    },
    edited: 'A.swift',
    change: ['struct Other', 'struct Inner'],
    values: [1, 4],
  },
  'an alias': {
    files: {
      'A.swift': 'typealias Number = Int8',
      'B.swift': 'struct S { var n: Number = 1 }',
      'C.swift': 'func value() -> Int { MemoryLayout<S>.size }',
    },
    edited: 'A.swift',
    change: ['Int8', 'Int32'],
    values: [1, 4],
  },
  'the twin of a private type': {
    files: {
      'A.swift': 'private struct Row { var a: Int8 = 1 }\nfunc one() -> Int { MemoryLayout<Row>.size }',
      'B.swift': 'private struct Row { var a: Int32 = 1 }\nfunc value() -> Int { MemoryLayout<Row>.size * 10 + one() }',
    },
    edited: 'A.swift',
    change: ['Int8', 'Int16'],
    values: [41, 42],
    recompiled: ['A.swift'],
  },
  'a precedence group': {
    files: {
      'A.swift':
        'precedencegroup Mine { higherThan: AdditionPrecedence }\ninfix operator +++: Mine\nfunc +++ (a: Int, b: Int) -> Int { a * b }',
      'B.swift': 'func value() -> Int { 2 + 3 +++ 4 }',
    },
    edited: 'A.swift',
    change: ['higherThan: AdditionPrecedence', 'lowerThan: AdditionPrecedence'],
    values: [14, 20],
  },
  'an import that makes members visible': {
    files: {
      'A.swift': 'import Foundation\nfunc a() -> Int { 1 }',
      'B.swift': 'func value() -> Int { " x ".trimmingCharacters(in: .whitespaces).count }',
    },
    edited: 'A.swift',
    change: ['import Foundation', ''],
    values: [1, 'error'],
  },
  'a new declaration that nobody mentions': {
    files: {
      'A.swift': 'struct S { var a = 1 }\nfunc make() -> S { S() }',
      'B.swift': 'func value() -> Int { make().a }',
    },
    edited: 'A.swift',
    change: [
      'struct S {',
      'import Swift\nstruct Helper { var b = 1 }\nprivate func helper() {}\nfunc help() {}\nstruct S { func method() {}; var c: Int { 1 };',
    ],
    values: [1, 1],
    recompiled: ['A.swift'],
  },
  'a conditional declaration': {
    files: {
      'A.swift': '#if UNKNOWN\nfunc f(_ x: Int) -> Int { 2 }\n#endif\nfunc f(_ x: Double) -> Int { 1 }',
      'B.swift': 'func value() -> Int { f(3) }',
    },
    edited: 'A.swift',
    change: ['#if UNKNOWN', '#if HOTSWIFT || !UNKNOWN'],
    values: [1, 2],
  },
};

const isolations = ['process', 'in-process'] as const;

describe.each(isolations)('an edit of another file (%s)', (isolation) => {
  const rows = Object.entries(edits).map(([name, edit]) => [name, edit] as const);
  first(isolation === 'process' ? 5 : 1).it.each(rows)(
    'is seen: %s',
    async (_, { files, edited, change: [from, to], values, recompiled }) => {
      const fixture = new Fixture({ ...files, 'Probe.swift': probe });
      const names = [...Object.keys(files), 'Probe.swift'];
      const sources = names.map((name) => fixture.path(name));
      const open = () =>
        openSession({
          file: fixture.path('Probe.swift'),
          module: { name: 'App', sources, flags: ['-swift-version', '5'] },
          isolation,
        });
      const session = await open();
      expect(await session.call('probe')).toBe(values[0]);
      await session.idle();

      const text = files[edited]?.replace(from, to) ?? '';
      expect(text).not.toBe(files[edited]);
      fixture.write(edited, text);
      if (values[1] === 'error') {
        await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE' });
        return;
      }
      expect(await coldValue({ ...files, [edited]: text })).toBe(values[1]);
      const result = await session.reload();
      expect(await session.call('probe')).toBe(values[1]);
      if (recompiled !== undefined) expect([...result.recompiled].sort()).toEqual(recompiled.map((name) => fixture.path(name)).sort());
      await session.idle();
      await session.close();
      // What was kept is not of before.
      const later = await open();
      expect(await later.call('probe')).toBe(values[1]);
    },
  );
});
