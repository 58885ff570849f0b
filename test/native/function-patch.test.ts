import { copyFileSync } from 'node:fs';
import { linkStableLibrary } from '../../lib/compile/stable-library.js';
import { loadAddon } from '../../lib/reload/native.js';
import { inChild } from '../support/child';
import { Fixture, swiftc, toolchain } from '../support/fixture';
import { compileSwift } from '../support/swift-objects';
import { first } from '../support/tier';

/** The file that is edited: each line that an edit changes is there once. */
const theme = `
protocol Tinted { func tint() -> Int32; static var name: String { get } }
extension Tinted { func shade() -> Int32 { tint() / 2 } }
struct Paint: Tinted {
  var value: Int32 = 10
  func tint() -> Int32 { value + 1 }
  static var name: String { "paint" }
  subscript(index: Int32) -> Int32 { get { value * index } set { value = newValue - index } }
}
fileprivate struct Secret: Tinted { func tint() -> Int32 { 7 }; static var name: String { "secret" } }
extension Int32: Tinted { func tint() -> Int32 { self + 2 }; static var name: String { "int" } }
class Brush { var width: Int32 = 3; init() {}; func stroke() -> Int32 { width * 2 }; func twice() -> Int32 { stroke() * 2 } }
final class Box<Value> { let value: Value; init(_ value: Value) { self.value = value }; func all() -> [Value] { [value] } }
enum Kind: Int32, CaseIterable { case small = 1, large = 9; var area: Int32 { switch self { case .small: return 2; case .large: return 20 } } }
let palette: [Int32] = makePalette()
func makePalette() -> [Int32] { [1, 2, 3] }
var margin: Int32 = 5
enum Metrics { static let inset: Int32 = 6; static var gutter: Int32 = 0; static let title = "title" }
private var counter: Int32 = 0
func nextCount() -> Int32 { counter += 1; return counter }
func secret() -> Int32 { let any: Any = Secret(); return (any as? any Tinted)?.tint() ?? -1 }
func mapped(_ values: [Int32], by factor: Int32) -> [Int32] { values.map { $0 * factor } }
func risky(_ fails: Bool) throws -> Int32 { struct Failure: Error {}; if fails { throw Failure() }; return 4 }
func counted() async -> Int32 { await Task.yield(); return 30 }
@_alwaysEmitIntoClient public func copied() -> Int32 { 11 }
extension Paint { var computed: Int32 { value * 3 } }
func path() -> KeyPath<Paint, Int32> { let path = \\Paint.computed; return path }
public func padded(_ by: Int32 = 4) -> Int32 { by * 2 }
func callsCopied() -> Int32 { copied() }
func indexed<T: Tinted>(_ value: T, _ index: Int32) -> Int32 { let path = \\[T].[Int(index)]; return [value, value][keyPath: path].tint() + 1 }
func generic<T: Tinted>(_ value: T) -> Int32 { value.tint() + value.shade() }
`;

/** A file that uses it in every way, and is never edited. */
const users = `
func copiedHere() -> Int32 { copied() + padded() }
final class Pen: Brush { override func stroke() -> Int32 { super.stroke() + 1 } }
func asTinted(_ value: Any) -> Int32 { (value as? any Tinted)?.tint() ?? -1 }
let cachedPalette = makePalette().reduce(0, +)
func used() -> [Int32] {
  var paint = Paint()
  paint[2] = 30
  let brush: Brush = Pen()
  let function: (Int32) -> Int32 = { generic($0) }
  let viaPath = [Paint()].map(\\.value)[0]
  return [
    Paint().tint(), Paint()[3], paint.value, asTinted(Paint()), asTinted(Int32(5)), brush.stroke(), brush.twice(), Brush().twice(), Box(Int32(4)).all().reduce(0, +),
    Kind.large.area, Kind.allCases.map(\\.rawValue).reduce(0, +), palette.reduce(0, +), cachedPalette, margin, Metrics.inset, Metrics.gutter, Int32(Metrics.title.utf8.count),
    nextCount(), nextCount(), secret(), mapped([1, 2], by: 3).reduce(0, +), (try? risky(false)) ?? -1, (try? risky(true)) ?? -2, function(8), generic(Paint()), viaPath,
    Int32(Paint.name.utf8.count + Int32.name.utf8.count), callsCopied(), copiedHere(), indexed(Paint(), 1),
    path() == \\Paint.computed ? 1 : 0, Paint()[keyPath: path()],
  ]
}
func usedLater() async -> Int32 { await counted() + 1 }
`;

/** What asks. */
const entry = `
import Dispatch
@_cdecl("count") func count() -> Int32 { Int32(used().count) }
nonisolated(unsafe) var results: [Int32] = []
@_cdecl("next") func next() -> Int32 { if results.isEmpty { results = used() }; return results.removeFirst() }
@_cdecl("later") func later() -> Int32 {
  let done = DispatchSemaphore(value: 0)
  nonisolated(unsafe) var result: Int32 = 0
  Task.detached { result = await usedLater(); done.signal() }
  done.wait()
  return result
}
`;

const flags = ['-enable-testing', '-swift-version', '5'];
const files = ['Theme.swift', 'Users.swift', 'Entry.swift'];

/** Edits of the theme, and whether they can be patched. */
const edits: [what: string, from: string, to: string][] = [
  ['a method', 'value + 1', 'value + 100'],
  ['a subscript', 'newValue - index', 'newValue - index * 3'],
  ['a witness of a private type', '{ 7 }', '{ 8 }'],
  ["a witness of another module's type", 'self + 2', 'self + 3'],
  ['a default implementation', 'tint() / 2', 'tint() / 3'],
  ['a method that is overridden and inherited', 'width * 2', 'width * 5'],
  ['a method that calls an overridden one', 'stroke() * 2', 'stroke() * 7'],
  ['a method of a generic class', '[value]', '[value, value]'],
  ['a table of cases', 'return 20', 'return 21'],
  ['what a global starts with', '[1, 2, 3]', '[1, 2, 3, 40]'],
  ['the initialiser of a global', '= makePalette()', '= makePalette() + [100]'],
  ['a value known to the compiler', 'margin: Int32 = 5', 'margin: Int32 = 55'],
  ['a constant of a type', 'inset: Int32 = 6', 'inset: Int32 = 66'],
  ['a string', '"title"', '"a much longer title than before"'],
  ['what a private variable is changed by', 'counter += 1', 'counter += 10'],
  ['a closure', '{ $0 * factor }', '{ $0 * factor + 1 }'],
  ['what a closure captures', '{ values.map { $0 * factor } }', '{ let more = factor * 2; return values.map { $0 * factor + more } }'],
  ['what is thrown', 'if fails', 'if !fails'],
  ['a generic function', 'value.tint() + value.shade()', 'value.tint() * value.shade()'],
  [
    'types that were not used before',
    'stroke() * 2',
    'stroke() * Int32([1.5: Set([UInt8(1)])].count + Array(repeating: "x" as Character, count: 3).count)',
  ],
  [
    'a new function',
    'func makePalette() -> [Int32] { [1, 2, 3] }',
    'private func other() -> Int32 { 50 }; func makePalette() -> [Int32] { [1, other()] }',
  ],
  ['a key path', 'stroke() * 2', '[Brush()].map(\\.width)[0] + 70'],
  [
    'a computed property, and a key path to it',
    'value * 3 } }\nfunc path() -> KeyPath<Paint, Int32> { let path =',
    'value * 4 } }\nfunc path() -> KeyPath<Paint, Int32> { _ = margin; let path =',
  ],
  ['a function of which every object has a copy', '{ 11 }', '{ 12 }'],
  ['a default argument of a public function', 'by: Int32 = 4', 'by: Int32 = 8'],
  ['a key path with a captured index', '.tint() + 1 }', '.tint() + 2 }'],
  [
    'a key path with a captured index, where there was none',
    'stroke() * 2',
    '[[Brush()], []][keyPath: \\[[Brush]].[Int(width) - 3]].count + 30 as Int == 31 ? 31 : 0',
  ],
  ['a closure in the place of another', 'values.map { $0 * factor }', 'values.filter { $0 > 1 }.map { $0 - factor }'],
];

const refused: [what: string, from: string, to: string, why: RegExp][] = [
  ['a stored property', 'var width: Int32 = 3', 'var width: Int32 = 3; var height: Int32 = 4', /differs|new or gone/],
  [
    'a type in a function',
    '{ counter += 1; return counter }',
    '{ struct Local { var by: Int32 = 1 }; counter += Local().by; return counter }',
    /new or gone/,
  ],
  [
    'a conformance',
    'fileprivate struct Secret: Tinted',
    'extension Brush: CustomStringConvertible { var description: String { "brush" } }\nfileprivate struct Secret: Tinted',
    /new or gone/,
  ],
  ['a method of a class', 'func twice()', 'func thrice() -> Int32 { stroke() * 3 }; func twice()', /differs/],
];

describe('a patch of functions in a library', () => {
  const fixture = new Fixture({ 'Theme.swift': theme, 'Users.swift': users, 'Entry.swift': entry });
  const [former, user, caller] = compileSwift(fixture, 'App', files, flags) as [string, string, string];
  copyFileSync(former, fixture.path('Former.o'));
  let library = '';
  let number = 0;

  const compileEdit = (from: string, to: string): string => {
    expect(theme.split(from)).toHaveLength(2);
    fixture.write('Theme.swift', theme.replace(from, to));
    const [compiled] = compileSwift(fixture, 'App', files, flags, ['Theme.swift']) as [string];
    number += 1;
    const present = fixture.path(`Present-${number}.o`);
    copyFileSync(compiled, present);
    return present;
  };

  const values = (objects: string[], patches: { former: string; present: string }[] | undefined) =>
    inChild(
      async ({ Engine }, { objects, runtime, library, patches }) => {
        const engine = new Engine(runtime);
        const options = patches === null ? {} : { stableLibrary: library, patches };
        const generation = await engine.addGeneration(objects, [], options);
        const count = engine.call(generation, 'count');
        // The globals begin anew.
        const results = Array.from({ length: count }, () => engine.call(generation, 'next'));
        return [...results, engine.call(generation, 'later')];
      },
      { objects, runtime: toolchain().runtimeLibraries, library, patches: patches ?? null },
    );

  let before: number[];
  beforeAll(async () => {
    const objects = [fixture.path('Former.o'), user];
    const inside = new Map(
      objects.map((object) => [object, { object, digest: '', dependencies: '', alongside: [], module: '', fromSources: true }]),
    );
    const options = { swiftc, name: 'App', libraries: [], searchPaths: [], identity: '', folder: fixture.folder };
    library = (await linkStableLibrary(inside, options)).path;
    before = await values([caller], []);
    expect(before).toEqual(await values([fixture.path('Former.o'), user, caller], undefined));
  });

  first(8).it.each(edits)('runs %s as if everything had been linked anew', async (_, from, to) => {
    const present = compileEdit(from, to);
    const patches = [{ former: fixture.path('Former.o'), present }];
    expect(await loadAddon().tryPatches(patches, library)).toEqual(['']);
    const patched = await values([caller], patches);
    expect(patched).toEqual(await values([present, user, caller], undefined));
    expect(patched).not.toEqual(before);
  });

  first(4).it.each(refused)('refuses %s', async (_, from, to, why) => {
    const patches = [{ former: fixture.path('Former.o'), present: compileEdit(from, to) }];
    expect(await loadAddon().tryPatches(patches, library)).toEqual([expect.stringMatching(why)]);
  });

  it('knows an asynchronous function that needs more room', async () => {
    const wide =
      'var parts: [Int32] = []; for part in 0..<Int32(3) { await Task.yield(); parts.append(part) }; let first = parts[0]; await Task.yield(); return 60 + first + parts[2]';
    const present = compileEdit('await Task.yield(); return 30', wide);
    const patches = [{ former: fixture.path('Former.o'), present }];
    const patched = await values([caller], patches);
    expect(patched.at(-1)).toBe(63);
    expect(patched.slice(0, -1)).toEqual(before.slice(0, -1));
  });

  it('finds nothing to do where nothing differs', async () => {
    const patches = [{ former: fixture.path('Former.o'), present: compileEdit('stroke() * 2', 'stroke() *  2') }];
    expect(await values([caller], patches)).toEqual(before);
  });
});
