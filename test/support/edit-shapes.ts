// Edits of one file that another is touched by, or looks as if it were: a module for each, of a few lines.

/** An edit of one file of a module whose other files it is about. */
export interface EditShape {
  files: Record<string, string>;
  edited: string;
  /** The first of these is replaced by the second. */
  change: [from: string, to: string];
  /** What `value()` says before and after; `error`: the edit is one. */
  values: [before: number, after: number | 'error'];
  /** Files that have to be compiled; missing: no matter which. */
  recompiled?: string[];
}

const protocolAndTypes = `
protocol P { func v() -> Int }
struct W<T>: P { var t: T; func v() -> Int { MemoryLayout<T>.size } }
struct One: P { func v() -> Int { 1 } }
struct Two: P { var a = 0, b = 0; func v() -> Int { 2 } }
`;

export const editShapes: Record<string, EditShape> = {
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
    recompiled: ['A.swift'],
  },
  'a default argument that takes the place of the call': {
    files: {
      'A.swift': 'func f(_ line: Int, _ x: Int = -1) -> Int { x == line ? 3 : 5 }',
      'B.swift': '\n\nfunc value() -> Int { f(#line) }',
    },
    edited: 'A.swift',
    change: ['= -1', '= #line'],
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
  'a size that is asked for': {
    files: {
      'A.swift': 'struct Model { var a: Int8 = 1 }',
      'B.swift': 'typealias Alias = Model\nfunc bytes<T>(_ type: T.Type) -> Int { MemoryLayout<T>.size }',
      'C.swift': 'func one() -> Int { MemoryLayout<Model>.size }\nfunc two() -> Int { MemoryLayout<Alias>.stride }',
      'D.swift': 'func value() -> Int { one() * 100 + two() * 10 + bytes(Model.self) }',
    },
    edited: 'A.swift',
    change: ['struct Model { var a: Int8 = 1 }', 'struct Model { var a: Int16 = 1 }'],
    values: [111, 222],
  },
  'a key path': {
    files: {
      'A.swift': 'struct S { var a: Int8 = 1; var b: Int = 2; var c: Int = 3 }',
      'B.swift': 'func read(_ path: KeyPath<S, Int>) -> Int { S()[keyPath: path] }',
      'C.swift': 'func value() -> Int { read(\\.b) * 10 + (MemoryLayout<S>.offset(of: \\.c) ?? 0) }',
    },
    edited: 'A.swift',
    change: ['var a: Int8 = 1;', 'var a: (Int, Int, Int8) = (1, 1, 1);'],
    values: [36, 52],
  },
  'a stored property that is computed': {
    files: {
      'A.swift': 'class S { var a = 1; var b = 2 }',
      'B.swift': 'final class T: S { var c = 3 }',
      'C.swift': 'func value() -> Int { let t = T(); t.b += 1; return t.a * 100 + t.b * 10 + t.c }',
    },
    edited: 'A.swift',
    change: ['var b = 2', 'var b: Int { get { 7 } set {} }'],
    values: [133, 173],
  },
  'members that are looked up by their names': {
    files: {
      'A.swift': '@dynamicMemberLookup struct S { subscript(dynamicMember name: String) -> Int { name.count } }',
      'B.swift': 'func value() -> Int { S().three + S().seventh }',
    },
    edited: 'A.swift',
    change: ['struct S {', 'struct S { var three: Int { 50 }; '],
    values: [12, 57],
    recompiled: ['A.swift', 'B.swift'],
  },
  'a value that can be called': {
    files: {
      'A.swift': 'struct S { func callAsFunction(_ x: Double) -> Int { 1 } }\nextension S { func called(_ x: Int) -> Int { 2 } }',
      'B.swift': 'func value() -> Int { let s = S(); return s(3) }',
    },
    edited: 'A.swift',
    change: ['func called(', 'func callAsFunction('],
    values: [1, 2],
  },
  'a type that is found by inference': {
    files: {
      'A.swift': 'protocol P { associatedtype Item; func make() -> Item }\nextension P { func size() -> Int { MemoryLayout<Item>.size } }',
      'B.swift': 'struct S: P { func make() -> Int8 { 1 } }',
      'C.swift': 'func value() -> Int { S().size() + MemoryLayout<S.Item>.size }',
    },
    edited: 'B.swift',
    change: ['Int8', 'Int32'],
    values: [2, 8],
  },
  'a type that is found by inference from another file': {
    files: {
      'A.swift': 'protocol P { associatedtype Item; func make() -> Item }\nextension P { func size() -> Int { MemoryLayout<Item>.size } }',
      'B.swift': 'struct S: P {}',
      'C.swift': 'extension S { func make() -> Int8 { 1 } }',
      'D.swift': 'func one() -> Int { MemoryLayout<S.Item>.size }',
      'E.swift': 'struct Around { var item: S.Item? }\nfunc two() -> Int { MemoryLayout<Around>.size }',
      'F.swift':
        'func three() -> Int { MemoryLayout<Around>.stride }\nfunc value() -> Int { S().size() + one() * 10 + two() * 100 + three() * 1000 }',
    },
    edited: 'C.swift',
    change: ['Int8', 'Int32'],
    values: [2211, 8544],
  },
  'a type in an extension under a condition': {
    files: {
      'A.swift':
        'struct Box<T> { var t: T }\nextension Box where T == Int { struct Kind { var a: Int8 = 1 } }\nextension Box where T == Bool { struct Sort { var a: Int8 = 1 } }',
      'B.swift': 'struct Around { var kind = Box<Int>.Kind() }\nfunc one() -> Int { MemoryLayout<Around>.size }',
      'C.swift': 'func value() -> Int { one() * 10 + Int(Around().kind.a) }',
      'D.swift': 'func other() -> Int { Int(Box<Bool>.Sort().a) + Box(t: 2).t }',
    },
    edited: 'A.swift',
    change: ['Kind { var a: Int8', 'Kind { var b = 2, a: Int8'],
    values: [11, 91],
    recompiled: ['A.swift', 'B.swift', 'C.swift'],
  },
  'an effect that is a name elsewhere': {
    files: {
      'A.swift': 'struct S { var a = 1 }',
      'B.swift': 'struct Later { var work: () async -> Int; var size = 2 }\nfunc make() -> Later { Later(work: { 1 }) }',
      'C.swift': 'func value() -> Int { make().size + S().a }',
    },
    edited: 'A.swift',
    change: ['var a = 1', 'var a = 1; func async() {}'],
    values: [3, 3],
    recompiled: ['A.swift'],
  },
  'a nested type beside one that is found by inference': {
    files: {
      'A.swift': 'protocol P { associatedtype Item; func make() -> Item }\nprotocol Q {}',
      'B.swift': 'struct S: P { func make() -> Int8 { 1 } }\nextension S { enum Part {} }',
      'C.swift': 'struct Around { var item: S.Item? }\nfunc value() -> Int { MemoryLayout<Around>.size + Int(S().make()) }',
      'D.swift': 'func other<T: P>(_ t: T.Type) -> Int { MemoryLayout<T.Item>.size }\nfunc of() -> Int { other(S.self) }',
    },
    edited: 'B.swift',
    change: ['enum Part {}', 'enum Part: Q { case a, b }'],
    values: [3, 3],
    recompiled: ['B.swift'],
  },
  'a type that a default is found by': {
    files: {
      'A.swift': 'protocol P { associatedtype Item; func make() -> Item }',
      'B.swift': 'extension P { func make() -> Int8 { 1 } }',
      'C.swift': 'struct S: P {}',
      'D.swift': 'func value() -> Int { MemoryLayout<S.Item>.size }',
    },
    edited: 'B.swift',
    change: ['Int8', 'Int32'],
    values: [1, 4],
  },
  'a conformance under a condition': {
    files: {
      'A.swift': 'protocol P {}\nextension Int: P {}\nstruct Box<T> { var t: T }\nextension Box: P where T == String {}',
      'B.swift': 'func f<T>(_ t: T) -> Int { 1 }\nfunc f<T: P>(_ t: T) -> Int { 2 }',
      'C.swift': 'func value() -> Int { f(Box(t: 1)) }',
    },
    edited: 'A.swift',
    change: ['where T == String', 'where T: P'],
    values: [1, 2],
  },
  'what a protocol inherits': {
    files: {
      'A.swift': 'protocol Q {}\nprotocol P {}',
      'B.swift': 'func g<T>(_ t: T) -> Int { 1 }\nfunc g<T: Q>(_ t: T) -> Int { 2 }\nstruct S: P {}',
      'C.swift': 'func value() -> Int { g(S()) }',
    },
    edited: 'A.swift',
    change: ['protocol P {}', 'protocol P: Q {}'],
    values: [1, 2],
  },
  'a protocol of classes': {
    files: {
      'A.swift': 'protocol P { var n: Int { get } }',
      'B.swift': 'final class C: P { let n = 3 }\nstruct Holder { var p: any P = C() }',
      'C.swift': 'func value() -> Int { Holder().p.n * 100 + MemoryLayout<Holder>.size }',
    },
    edited: 'A.swift',
    change: ['protocol P {', 'protocol P: AnyObject {'],
    values: [340, 316],
  },
  'an equality that the compiler makes': {
    files: {
      'A.swift': 'struct A: Equatable { var x = 1 }',
      'B.swift': 'struct B: Equatable { var a: A; var y = 2 }',
      'C.swift': 'func value() -> Int { B(a: A(x: 1)) == B(a: A(x: 2)) ? 1 : 0 }',
    },
    edited: 'A.swift',
    change: ['var x = 1 }', 'var x = 1; static func == (a: A, b: A) -> Bool { true } }'],
    values: [0, 1],
  },
  'an override': {
    files: {
      'A.swift': 'class Base { func f() -> Int { 1 } }\nclass Middle: Base {}',
      'B.swift': 'final class Leaf: Middle { override func f() -> Int { super.f() * 10 } }',
      'C.swift': 'func value() -> Int { Leaf().f() }',
    },
    edited: 'A.swift',
    change: ['class Middle: Base {}', 'class Middle: Base { override func f() -> Int { 5 } }'],
    values: [10, 50],
  },
  'initialisers that are inherited': {
    files: {
      'A.swift': 'class Base { var n: Int; init(_ n: Double) { self.n = 1 } }',
      'B.swift': 'class Sub: Base {}',
      'C.swift': 'func value() -> Int { Sub(3).n }',
    },
    edited: 'A.swift',
    change: ['self.n = 1 }', 'self.n = 1 }; init(_ n: Int) { self.n = 2 }'],
    values: [1, 2],
  },
  'a pattern that matches': {
    files: {
      'A.swift': 'struct S { var n: Int }\nfunc ~= (n: Double, s: S) -> Bool { true }',
      'B.swift': 'func value() -> Int { switch S(n: 3) { case 4: return 1; default: return 2 } }',
    },
    edited: 'A.swift',
    change: ['(n: Double', '(n: Int, s: S) -> Bool { false }\nfunc ~= (n: Float'],
    values: [1, 2],
  },
  'a literal that is a type': {
    files: {
      'A.swift': 'struct S: ExpressibleByFloatLiteral { var n: Int; init(floatLiteral: Double) { n = 1 } }',
      'B.swift': 'func f(_ s: S) -> Int { s.n }\nfunc f(_ s: Float) -> Int { 5 }',
      'C.swift': 'func value() -> Int { f(3) }',
    },
    edited: 'A.swift',
    change: ['init(floatLiteral', 'init(integerLiteral: Int) { n = 2 }; init(floatLiteral'],
    values: [5, 5],
  },
  'a declaration with @_spi': {
    files: {
      'A.swift': '@_spi(Inner) public func spi() -> Int { 1 }\n@_spi(Inner) public func packed(_ x: Double) -> Int { 1 }',
      'B.swift': 'func value() -> Int { spi() * 10 + packed(3) }',
    },
    edited: 'A.swift',
    change: ['public func packed(', 'public func packed(_ x: Int) -> Int { 2 }\n@_spi(Inner) public func packed('],
    values: [11, 12],
  },
  'a rethrowing closure': {
    files: {
      'A.swift': 'func run(_ body: () throws -> Int) rethrows -> Int { try body() }',
      'B.swift': 'func value() -> Int { (try? run { 3 }) ?? 0 }',
    },
    edited: 'A.swift',
    change: ['rethrows -> Int { try body() }', 'rethrows -> Int? { try body() * 2 }'],
    values: [3, 6],
  },
  'a result builder over opaque results': {
    files: {
      'A.swift': protocolAndTypes,
      'B.swift':
        '@resultBuilder struct Page { static func buildBlock<A: P, B: P>(_ a: A, _ b: B) -> Pair<A, B> { Pair(a: a, b: b) } }\nstruct Pair<A: P, B: P>: P { var a: A, b: B; func v() -> Int { a.v() * 10 + b.v() } }',
      'C.swift': '@Page func part() -> some P { One(); Two() }',
      'D.swift':
        '@Page func whole() -> some P { part(); One() }\nfunc value() -> Int { whole().v() * 100 + MemoryLayout.size(ofValue: part()) }',
    },
    edited: 'C.swift',
    change: ['One(); Two()', 'Two(); W(t: Int8(1))'],
    values: [12116, 21117],
    recompiled: ['C.swift'],
  },
  'an element of an array in a type': {
    files: {
      'A.swift': 'struct Part { var a: Int8 = 1 }',
      'B.swift': 'struct Whole { var parts: [Part] = [], named = [String: Part](); var n = 7 }',
      'C.swift': 'func one(_ whole: Whole) -> Int { let copy = whole; return copy.n }',
      'D.swift': 'func two(_ whole: Whole) -> Int { whole.parts.count }',
      'E.swift':
        'func value() -> Int { var w = Whole(); w.parts = [Part(), Part(a: 3)]; return one(w) * 100 + two(w) * 10 + Int(w.parts[1].a) }',
    },
    edited: 'A.swift',
    change: ['var a: Int8 = 1', 'var b = 1.5, a: Int8 = 2; init() {}; init(a: Int8) { self.a = a * 2 }'],
    values: [723, 726],
    recompiled: ['A.swift', 'B.swift', 'D.swift', 'E.swift'],
  },
  'what an array in a case is of': {
    files: {
      'A.swift': 'struct Part { var a: Int8 = 1 }',
      'B.swift': 'enum Tree { case leaf, nodes([Part], String) }\nenum Around { case tree(Tree), part(Part) }',
      'C.swift': 'func depth(_ tree: Tree) -> Int { let copy = tree; if case .leaf = copy { return 0 } else { return 1 } }',
      'D.swift': 'func bytes() -> Int { MemoryLayout<Around>.size }',
      'E.swift':
        'func value() -> Int { if case .nodes(let parts, _) = Tree.nodes([Part(), Part(a: 3)], "") { return depth(.nodes(parts, "")) * 1000 + bytes() * 10 + Int(parts[1].a) } else { return 0 } }',
    },
    edited: 'A.swift',
    change: ['var a: Int8 = 1', 'var b = (1.5, 2.5, 3.5, 4.5), a: Int8 = 2; init() {}; init(a: Int8) { self.a = a * 2 }'],
    values: [1253, 1346],
  },
  'a condition about another system': {
    files: {
      'A.swift': 'func f(_ x: Double) -> Int { 1 }\n#if os(Windows) && !UNKNOWN\nfunc f(_ x: Int) -> Int { 2 }\n#endif',
      'B.swift': 'func value() -> Int { f(3) }',
    },
    edited: 'A.swift',
    change: ['os(Windows)', '!os(Windows)'],
    values: [1, 2],
    recompiled: ['A.swift', 'B.swift'],
  },
  'what is compiled on another system alone': {
    files: {
      'A.swift': 'func f(_ x: Double) -> Int { 1 }\n#if os(Windows)\nimport WinSDK\n#elseif !UNKNOWN\nfunc g() {}\n#endif',
      'B.swift': 'func value() -> Int { f(3) }',
    },
    edited: 'A.swift',
    change: ['import WinSDK', 'import WinSDK\nfunc f(_ x: Int) -> Int { 2 }'],
    values: [1, 1],
    recompiled: ['A.swift'],
  },
  'a type that other modules of the package see': {
    files: {
      'A.swift':
        'package struct Packed { package var a: Int8 = 1 }\npackage func pack(_ x: Double) -> Int { 1 }\nfunc pack(_ x: String) -> Int { 2 }',
      'B.swift': 'func one() -> Int { MemoryLayout<Packed>.size }',
      'C.swift': 'func value() -> Int { pack(3) * 10 + one() }',
    },
    edited: 'A.swift',
    change: ['package var a: Int8 = 1 }', 'package var a: Int32 = 1 }\npackage func pack(_ x: Int) -> Int { 3 }'],
    values: [11, 34],
  },
  'a property that a macro observes': {
    files: {
      'A.swift': 'import Observation\n@Observable final class Model { var a = 1 }',
      'B.swift':
        'import Observation\nvar hits = 0\nfunc change(_ model: Model) { withObservationTracking { _ = model.a } onChange: { hits += 1 }; model.a += 1 }',
      'C.swift': 'func value() -> Int { let model = Model(); change(model); return hits * 10 + model.a }',
    },
    edited: 'A.swift',
    change: ['{ var a = 1 }', '{ @ObservationIgnored var a = 5 }'],
    values: [12, 6],
  },
  'a type that a macro adds to': {
    files: {
      'A.swift': 'import Observation\nfinal class Model { var a = 1 }',
      'B.swift': 'import Observation\nfunc kind(_ model: Any) -> Int { 1 }\nfunc kind(_ model: any Observable) -> Int { 2 }',
      'C.swift': 'func value() -> Int { kind(Model()) }',
    },
    edited: 'A.swift',
    change: ['final class', '@Observable final class'],
    values: [1, 2],
  },
  'a macro of a C header': {
    files: {
      'headers/CShape/module.modulemap': 'module CShape { header "shape.h" }',
      'headers/CShape/shape.h': '#define LIMIT 3\n',
      'A.swift': 'import CShape\nlet limit = LIMIT\nfunc twice() -> Int { Int(LIMIT % 10) * 2 }',
      'B.swift': 'func value() -> Int { MemoryLayout.size(ofValue: limit) * 100 + twice() }',
    },
    edited: 'headers/CShape/shape.h',
    change: ['LIMIT 3', 'LIMIT 4294967299LL'],
    values: [406, 818],
  },
  'a union of a C header in a type of another file': {
    files: {
      'headers/CShape/module.modulemap': 'module CShape { header "shape.h" }',
      'headers/CShape/shape.h': 'union Value {\n  char small;\n  int number;\n};\n',
      'A.swift': 'import CShape\nstruct Holder { var value = Value(number: 258); var after = 7 }',
      'B.swift': 'func one() -> Int { MemoryLayout<Holder>.size }',
      'C.swift': 'func value() -> Int { let holder = Holder(); return one() * 100 + holder.after * 10 + Int(holder.value.small) }',
    },
    edited: 'headers/CShape/shape.h',
    change: ['  int number;', '  int number;\n  int others[4];'],
    values: [1672, 2472],
  },
  'a bit-field of a C header': {
    files: {
      'headers/CShape/module.modulemap': 'module CShape { header "shape.h" }',
      'headers/CShape/shape.h': 'struct Bits {\n  unsigned a : 3;\n  unsigned b : 5;\n};\n',
      'A.swift': 'import CShape\nfunc make() -> Bits { var bits = Bits(); bits.a = 15; bits.b = 9; return bits }',
      'B.swift': 'func value() -> Int { Int(make().a) * 100 + Int(make().b) }',
    },
    edited: 'headers/CShape/shape.h',
    change: ['a : 3', 'a : 4'],
    values: [709, 1509],
  },
  'an inline function of a C header': {
    files: {
      'headers/CShape/module.modulemap': 'module CShape { header "shape.h" }',
      'headers/CShape/shape.h': 'static inline int times(int x) { return x * 2; }\n',
      'A.swift': 'import CShape\nfunc one() -> Int { Int(times(2)) }',
      'B.swift': 'import CShape\nfunc value() -> Int { one() * 10 + Int(times(3)) }',
    },
    edited: 'headers/CShape/shape.h',
    change: ['x * 2', 'x * 3'],
    values: [46, 69],
  },
};
