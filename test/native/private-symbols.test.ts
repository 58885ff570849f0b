import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { symbolsOf } from '../support/elf';
import { Fixture, toolchain } from '../support/fixture';
import { compileC, compileSwift } from '../support/swift-objects';

describe('symbols of a generation', () => {
  let engine: NativeEngine;
  beforeAll(() => {
    engine = new (loadAddon().Engine)(toolchain().runtimeLibraries);
  });

  const isFound = (generation: number, symbol: string) => {
    try {
      return engine.lookup(generation, symbol) !== 0n;
    } catch (error) {
      expect(error).toMatchObject({ kind: 'missing' });
      return false;
    }
  };

  it('are only those that somebody finds by name: other objects, and whoever calls C', async () => {
    const files = {
      'Price.swift': `
protocol Priced { var price: Int { get } }
struct Apple: Priced { var price: Int { pick() } }
struct Unused { var stored = [1] }
func pick() -> Int { 5 }
func shared() -> any Priced { Apple() }
func spare() -> Int { 6 }`,
      'Entry.swift': `
@_cdecl("price") func price() -> Int32 { Int32(((shared() as Any) as? any Priced)?.price ?? 0) }
@_cdecl("types") func types() -> Int32 { _typeByName("4Shop6UnusedV") is Unused.Type ? 1 : 0 }`,
    };
    const objects = compileSwift(new Fixture(files), 'Shop', Object.keys(files));
    const defined = objects.flatMap((object) => symbolsOf(object)).map(({ name }) => name);
    const functions = ['$s4Shop6sharedAA6Priced_pyF', '$s4Shop4pickSiyF', '$s4Shop5spareSiyF'];
    expect(defined).toEqual(expect.arrayContaining(functions));

    const generation = await engine.addGeneration(objects, []);
    expect(engine.call(generation, 'price')).toBe(5);
    expect(engine.call(generation, 'types')).toBe(1);
    expect(functions.map((symbol) => isFound(generation, symbol))).toEqual([true, false, false]);
  });

  it('stay one where objects share them, whoever defines them first', async () => {
    const fixture = new Fixture({
      'shared.h': `
        __attribute__((visibility("hidden"))) inline int count() { static int calls; return ++calls; }
        inline int alone = 10;`,
      'one.cpp': '#include "shared.h"\nextern "C" int one() { return count() * 100 + ++alone; }',
      'two.cpp': '#include "shared.h"\nextern "C" int two() { return count() * 100 + 3; }',
      'three.cpp': `
        static int initialised = 4;
        __attribute__((constructor)) static void initialise() { initialised += 5; }
        extern "C" __attribute__((visibility("hidden"))) int three() { return initialised; }`,
    });
    const objects = ['one.cpp', 'two.cpp', 'three.cpp'].map((file) => compileC(fixture, file, ['-std=c++17']));
    const generation = await engine.addGeneration(objects, []);
    const answers = ['one', 'two', 'one', 'three'].map((symbol) => engine.call(generation, symbol));
    expect(answers).toEqual([111, 203, 312, 9]);
  });
});
