import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { sectionsOf, symbolsOf } from '../support/elf';
import { Fixture, toolchain } from '../support/fixture';
import { compileC, compileSwift } from '../support/swift-objects';

describe("a generation's Swift metadata", () => {
  let engine: NativeEngine;
  beforeAll(() => {
    engine = new (loadAddon().Engine)(toolchain().runtimeLibraries);
  });

  const generation = (module: string, files: Record<string, string>) =>
    engine.addGeneration(compileSwift(new Fixture(files), module, Object.keys(files)), []);

  it('lets a value be cast to a protocol that its type conforms to, and to no other', async () => {
    const loaded = await generation('Casts', {
      'Casts.swift': `
        protocol Tall { func height() -> Int32 }
        protocol Wide {}
        struct Tower: Tall { func height() -> Int32 { 90 } }
        @_cdecl("height") func height() -> Int32 { let value: Any = Tower(); return (value as? any Tall)?.height() ?? -1 }
        @_cdecl("isWide") func isWide() -> Int32 { let value: Any = Tower(); return value is any Wide ? 1 : 0 }`,
    });
    expect([engine.call(loaded, 'height'), engine.call(loaded, 'isWide')]).toEqual([90, 0]);
  });

  it('is found in an object to which nothing refers: one that only holds a conformance', async () => {
    const files = {
      'Tower.swift': `
        protocol Tall { func height() -> Int32 }
        struct Tower {}
        @_cdecl("height") func height() -> Int32 { let value: Any = Tower(); return (value as? any Tall)?.height() ?? -1 }`,
      'Tower+Tall.swift': 'extension Tower: Tall { func height() -> Int32 { 91 } }',
    };
    const [tower, extension] = compileSwift(new Fixture(files), 'Extended', Object.keys(files));
    const defined = symbolsOf(extension).filter(({ section }) => section !== undefined && section.type !== 0);
    const wanted = symbolsOf(tower).map(({ name }) => name);
    expect(
      defined.map(({ name }) => name).filter((name) => name.startsWith('$s8Extended') && wanted.includes(name) && !name.endsWith('Mp')),
    ).toEqual([]);
    expect(sectionsOf(extension).map(({ name }) => name)).toContain('swift5_protocol_conformances');

    expect(engine.call(await engine.addGeneration([tower], []), 'height')).toBe(-1);
    expect(engine.call(await engine.addGeneration([tower, extension], []), 'height')).toBe(91);
  });

  it('leads from the name of a type to the type', async () => {
    const loaded = await generation('Names', {
      'Names.swift': `
        struct Castle { var towers: Int32 = 4 }
        @_cdecl("towers") func towers() -> Int32 {
          guard let type = _typeByName("5Names6CastleV") else { return -1 }
          return type == Castle.self ? Castle().towers : -2
        }
        @_cdecl("ruins") func ruins() -> Int32 { _typeByName("5Names5RuinsV") == nil ? 0 : 1 }`,
    });
    expect([engine.call(loaded, 'towers'), engine.call(loaded, 'ruins')]).toEqual([4, 0]);
  });

  it('lets Mirror see the stored properties of structures, classes and enumerations', async () => {
    const loaded = await generation('Mirrors', {
      'Mirrors.swift': `
        struct Room { var width: Int32 = 3; var height: Int32 = 4 }
        final class House { let rooms = [Room(), Room()]; let name = "house" }
        enum Place { case street(name: String) }
        func labels(_ value: Any) -> String { Mirror(reflecting: value).children.map { $0.label ?? "-" }.joined(separator: " ") }
        @_cdecl("labels") func labels() -> Int32 {
          let expected = ["width height", "rooms name", "street"]
          let seen = [labels(Room()), labels(House()), labels(Place.street(name: "x"))]
          return seen == expected ? 1 : 0
        }
        @_cdecl("area") func area() -> Int32 {
          Mirror(reflecting: Room()).children.map { $0.value as! Int32 }.reduce(1, *)
        }`,
    });
    expect([engine.call(loaded, 'labels'), engine.call(loaded, 'area')]).toEqual([1, 12]);
  });

  it('is its own: after an edit of the type the new generation answers anew, the old one as before', async () => {
    const version = (conformance: string, property: string) =>
      generation('Edited', {
        'Edited.swift': `
          protocol Tall { var height: Int32 { get } }
          struct Tower ${conformance} { ${property} }
          @_cdecl("height") func height() -> Int32 { let value: Any = Tower(); return (value as? any Tall)?.height ?? -1 }
          @_cdecl("properties") func properties() -> Int32 { Int32(Mirror(reflecting: Tower()).children.count) }`,
      });
    const answers = (number: number) => [engine.call(number, 'height'), engine.call(number, 'properties')];
    const first = await version('', 'var height: Int32 = 70');
    const second = await version(': Tall', 'var base: Int32 = 1; var height: Int32 = 71');
    const third = await version(': Tall', 'var height: Int32 { 72 }');
    expect(answers(first)).toEqual([-1, 1]);
    expect(answers(second)).toEqual([71, 2]);
    expect(answers(third)).toEqual([72, 0]);
    expect(answers(first)).toEqual([-1, 1]);
  });

  it('is known in all objects before the first initialiser runs', async () => {
    // swift_once would hide the order: a C constructor casts while the generation is initialised.
    const files = {
      'Caster.swift': `
        protocol Tall { func height() -> Int32 }
        protocol Deep { func depth() -> Int32 }
        struct Tower {}
        extension Well: Deep { func depth() -> Int32 { 5 } }
        @_cdecl("measure") func measure() -> Int32 {
          let values: [Any] = [Tower(), Well()]
          return ((values[0] as? any Tall)?.height() ?? -1000) + ((values[1] as? any Deep)?.depth() ?? -1000)
        }`,
      'Conformance.swift': 'struct Well {}\nextension Tower: Tall { func height() -> Int32 { 92 } }',
    };
    const fixture = new Fixture({
      ...files,
      'first.c': `
        int measure(void);
        static int seen;
        __attribute__((constructor)) static void look(void) { seen = measure(); }
        int early(void) { return seen; }`,
    });
    const swift = compileSwift(fixture, 'Early', Object.keys(files));
    const early = compileC(fixture, 'first.c');
    for (const objects of [
      [early, ...swift],
      [...swift, early],
    ]) {
      expect(engine.call(await engine.addGeneration(objects, []), 'early')).toBe(97);
    }
  });
});
