import path from 'node:path';
import type { NativeAddon } from '../../lib/reload/native.js';
import { buildFolder, buildTarget } from '../support/addons';
import { inChild } from '../support/child';
import { Fixture, toolchain } from '../support/fixture';
import { compileC, compileSwift } from '../support/swift-objects';
import { full } from '../support/tier';

/** The mutants of the addon that is tested are built beside it. */
const build = buildFolder();
const addons = {
  'the engine': path.join(build, 'Release', 'hotswift.node'),
  'one without LLJIT::initialize': path.join(build, 'test', 'native', 'mutants', 'without_initialize.node'),
  'one without the registration of metadata': path.join(build, 'test', 'native', 'mutants', 'without_registration.node'),
  'one that links only what is referred to': path.join(build, 'test', 'native', 'mutants', 'without_unreferenced_objects.node'),
};

/** Each function answers with 1 if the step that it needs was done. */
const files = {
  'Tower.swift': `
    protocol Tall { var height: Int { get } }
    protocol Wide { var width: Int { get } }
    struct Tower: Tall { var height: Int { 90 } }
    @_cdecl("cast") func cast() -> Int32 { (Tower() as Any) is any Tall ? 1 : 0 }
    @_cdecl("castByExtension") func castByExtension() -> Int32 { (Tower() as Any) is any Wide ? 1 : 0 }
    @_cdecl("typeByName") func typeByName() -> Int32 { _typeByName("5Steps5TowerV") == Tower.self ? 1 : 0 }`,
  'Tower+Wide.swift': 'extension Tower: Wide { var width: Int { 30 } }',
  'constructed.cpp': `
    static int runs;
    struct Registry { Registry() { ++runs; } };
    static Registry registry;
    extern "C" int constructed() { return runs; }`,
};

full.describe('what a generation needs', () => {
  let input: { libraries: string[]; objects: string[] };
  beforeAll(() => {
    buildTarget('mutants');
    const fixture = new Fixture(files);
    const swift = compileSwift(fixture, 'Steps', ['Tower.swift', 'Tower+Wide.swift']);
    input = { libraries: toolchain().runtimeLibraries, objects: [...swift, compileC(fixture, 'constructed.cpp')] };
  }, 600_000);

  const all = { cast: 1, castByExtension: 1, typeByName: 1, constructed: 1 };
  it.each([
    ['the engine', all],
    ['one without LLJIT::initialize', { ...all, constructed: 0 }],
    ['one without the registration of metadata', { ...all, cast: 0, castByExtension: 0, typeByName: 0 }],
    ['one that links only what is referred to', { ...all, castByExtension: 0 }],
  ] as const)('is there with %s, and nothing else', async (name, expected) => {
    const answers = await inChild(
      async (_, { addon, libraries, objects, symbols }) => {
        const { Engine } = require(addon) as NativeAddon;
        const engine = new Engine(libraries);
        const generation = await engine.addGeneration(objects, []);
        return Object.fromEntries(symbols.map((symbol) => [symbol, engine.call(generation, symbol)]));
      },
      { ...input, addon: addons[name], symbols: Object.keys(all) },
    );
    expect(answers).toEqual(expected);
  });
});
