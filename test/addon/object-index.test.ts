import { readFileSync } from 'node:fs';
import type { ObjectClosure } from '../../lib/compile/native-indexes.js';
import { loadAddon } from '../../lib/reload/native.js';
import { inChild } from '../support/child';
import { Fixture } from '../support/fixture';
import { Random } from '../support/generated-module/index.cjs';
import { compileC, compileSwift } from '../support/swift-objects';
import { first, full } from '../support/tier';

/** A module whose internal symbols a library would export, and its index. */
class Module {
  readonly index;
  readonly objects: string[];
  readonly #files: string[];

  private constructor(files: Record<string, string>, name: string, flags: string[]) {
    this.#files = Object.keys(files);
    this.objects = compileSwift(new Fixture(files), name, this.#files, ['-enable-testing', ...flags]);
    const { ObjectIndex } = loadAddon();
    this.index = new ObjectIndex(name);
  }

  static async of(files: Record<string, string>, { name = 'App', flags = [] as string[], without = [] as string[] } = {}): Promise<Module> {
    const module = new Module(files, name, flags);
    const entries = module.objects.map((object, slot) => ({ slot, path: object }));
    await module.index.set(entries.filter(({ slot }) => !without.includes(module.#files[slot] ?? '')));
    return module;
  }

  slot(file: string): number {
    return this.#files.indexOf(file);
  }

  async closure(...seeds: string[]): Promise<ObjectClosure & { files: (string | undefined)[] }> {
    const found = await this.index.closure(seeds.map((file) => this.slot(file)));
    return { ...found, files: found.slots.map((slot) => this.#files[slot]) };
  }

  async files(...seeds: string[]): Promise<(string | undefined)[]> {
    return (await this.closure(...seeds)).files;
  }
}

describe('what has to be linked with an object', () => {
  const chain = {
    'Model.swift': 'struct Model { var count = 1; func shade() -> Int { count + 1 } }',
    'Middle.swift': 'func middle() -> Int { Model().shade() }',
    'View.swift': 'func view() -> Int { middle() }',
    'Alone.swift': 'func alone() -> Int { 4 }',
  };

  it('is what needs it, what needs that, and nothing else', async () => {
    const module = await Module.of(chain);
    expect(await module.files('Model.swift')).toEqual(['Model.swift', 'Middle.swift', 'View.swift']);
    expect(await module.files('Middle.swift')).toEqual(['Middle.swift', 'View.swift']);
    expect(await module.files('View.swift')).toEqual(['View.swift']);
    expect(await module.files('Alone.swift', 'Middle.swift')).toEqual(['Middle.swift', 'View.swift', 'Alone.swift']);
  });

  it('is nothing for no object', async () => {
    const module = await Module.of(chain);
    expect(await module.index.closure([])).toEqual({ slots: [], foreign: [], unresolved: [] });
    expect(await module.index.closure([99])).toEqual({ slots: [], foreign: [], unresolved: [] });
  });

  it('includes every object that defines what the others would not export', async () => {
    const module = await Module.of({
      'Copied.swift': '@_alwaysEmitIntoClient public func copied() -> Int { 3 }\nfunc ordinary() -> Int { 4 }',
      'View.swift': 'func view() -> Int { copied() }',
      'Ordinary.swift': 'func needsOrdinary() -> Int { ordinary() }',
      'Exported.swift': 'func exported() -> Int { ordinary() }',
    });
    expect(await module.files('View.swift')).toEqual(['Copied.swift', 'View.swift', 'Ordinary.swift', 'Exported.swift']);
    expect(await module.files('Ordinary.swift')).toEqual(['Ordinary.swift']);
  });

  it('includes one of several hidden definitions, unless an object of the set has one', async () => {
    const fixture = new Fixture({
      'first.c': '__attribute__((weak, visibility("hidden"))) int shared(void) { return 1; }',
      'second.c': '__attribute__((weak, visibility("hidden"))) int shared(void) { return 1; } int second(void) { return 2; }',
      'user.c': 'int shared(void); int user(void) { return shared(); }',
      'both.c': 'int second(void); int shared(void); int both(void) { return second() + shared(); }',
    });
    const { ObjectIndex } = loadAddon();
    const index = new ObjectIndex('App');
    await index.set(['first.c', 'second.c', 'user.c', 'both.c'].map((file, slot) => ({ slot, path: compileC(fixture, file) })));
    expect((await index.closure([2])).slots).toEqual([0, 2, 3]);
    expect((await index.closure([1])).slots).toEqual([1, 2, 3]);
  });

  it('is the whole module when nothing is exported', async () => {
    const fixture = new Fixture(chain);
    const objects = compileSwift(fixture, 'App', Object.keys(chain));
    const { ObjectIndex } = loadAddon();
    const index = new ObjectIndex('App');
    await index.set(objects.map((path, slot) => ({ slot, path })));
    expect((await index.closure([2])).slots).toEqual([0, 1, 2]);
  });

  describe('because of a conformance', () => {
    const types = {
      'Tag.swift': 'protocol Tag { var tag: String { get } }',
      'Model.swift': 'struct Model {}; struct Box<Value> { var value: Value }; final class Deck { var count = 1 }',
    };

    first(1).it.each([
      ['a struct', 'extension Model: Tag { var tag: String { "model" } }'],
      ['a class', 'extension Deck: Tag { var tag: String { "deck" } }'],
      ['a generic type', 'extension Box: Tag { var tag: String { "box" } }'],
    ])('is what fewer depend on, the type or the protocol, of %s', async (_, text) => {
      const files = { ...types, 'Conforms.swift': text };
      const popularType = await Module.of({ ...files, 'User.swift': 'func user() -> Any { (Model(), Deck(), Box(value: 1)) }' });
      expect(await popularType.files('Conforms.swift')).toEqual(['Tag.swift', 'Conforms.swift']);
      const popularProtocol = await Module.of({ ...files, 'User.swift': 'func user(_ value: Any) -> Bool { value is any Tag }' });
      expect(await popularProtocol.files('Conforms.swift')).toEqual(['Model.swift', 'Conforms.swift']);
    });

    it('is nothing more if the type or the protocol is there already', async () => {
      const module = await Module.of({ ...types, 'Conforms.swift': 'extension Model: Tag { var tag: String { "model" } }' });
      expect(await module.files('Model.swift')).toEqual(['Model.swift', 'Conforms.swift']);
      expect(await module.files('Tag.swift')).toEqual(['Tag.swift', 'Conforms.swift']);
    });

    first(2).it.each([
      ["another module's type to a protocol of this one", 'extension Int: Tag { var tag: String { "int" } }', 'Tag.swift'],
      ["another module's generic type", 'extension Optional: Tag { var tag: String { "optional" } }', 'Tag.swift'],
      ["a type of this one to another module's protocol", 'extension Model: Error {}', 'Model.swift'],
      ['a type with conditions', 'extension Box: Error where Value: Error {}', 'Model.swift'],
      ['a nested type', 'extension Outer.Inner: Error {}', 'Outer.swift'],
    ])('is the one of the two that the module has: %s', async (_, text, joins) => {
      const outer = 'enum Outer { struct Inner {} }';
      const module = await Module.of({ ...types, 'Outer.swift': outer, 'Conforms.swift': text });
      const found = await module.closure('Conforms.swift');
      expect(found.files).toEqual([joins, 'Conforms.swift']);
      expect(found.foreign).toEqual([]);
    });

    it('is nothing more for types and protocols of the same file, private ones included', async () => {
      const own = `
        private protocol Secret { func tell() -> Int }
        private struct Told: Secret, Hashable { var value = 1; func tell() -> Int { value } }
        extension Int: Secret { func tell() -> Int { self } }
        enum Kind: String, Codable { case a, b }
        func told() -> Any { Told() as any Secret }`;
      const found = await (await Module.of({ ...types, 'Own.swift': own })).closure('Own.swift');
      expect(found).toMatchObject({ files: ['Own.swift'], foreign: [], unresolved: [] });
    });

    it('is the same after the conformance was deleted, for a cast would find it still', async () => {
      const files = {
        ...types,
        'Conforms.swift': 'extension Model: Tag { var tag: String { "model" } }\nextension Int: @retroactive Error {}',
      };
      const module = await Module.of({ ...files, 'User.swift': 'func user() -> Any { Model() }' });
      const [empty = ''] = compileSwift(new Fixture({ 'Conforms.swift': '// None.' }), 'App', ['Conforms.swift'], ['-enable-testing']);
      await module.index.set([{ slot: module.slot('Conforms.swift'), path: empty }]);
      expect(await module.closure('Conforms.swift')).toMatchObject({
        files: ['Tag.swift', 'Conforms.swift'],
        foreign: [{ slot: module.slot('Conforms.swift'), symbol: '$sSis5Error3AppMc', isFormer: true }],
      });
    });

    it('is told, where both the type and the protocol are of other modules', async () => {
      const module = await Module.of({
        'Foreign.swift': 'extension Int: @retroactive Error {}\nfunc foreign() -> Int { 1 }',
        'View.swift': 'func view() -> Int { foreign() }',
        'Model.swift': 'struct Model {}',
      });
      const expected = [{ slot: module.slot('Foreign.swift'), symbol: '$sSis5Error3AppMc', isFormer: false }];
      expect(await module.closure('Foreign.swift')).toMatchObject({ files: ['Foreign.swift', 'View.swift'], foreign: expected });
      expect(await module.closure('View.swift')).toMatchObject({ foreign: [] });
    });

    describe('of a type that C declares', () => {
      const header = `
        struct Point { int x, y; };
        typedef enum __attribute__((enum_extensibility(open))) Colour : int { ColourRed, ColourBlue } Colour;`;
      const include = () => ['-import-objc-header', new Fixture({ 'point.h': header }).path('point.h')];
      const other = 'func other(_ colour: Colour) -> Any { [Point(x: 1, y: 2), Set([colour])] }';

      it('is told, though every object has a description of the type', async () => {
        const text = 'extension Point: @retroactive Error {}\nfunc point() -> Any { Point(x: 1, y: 2) as any Error }';
        const module = await Module.of({ 'Other.swift': other, 'Point.swift': text }, { flags: include() });
        const found = await module.closure('Point.swift');
        expect(found.files).toEqual(['Point.swift']);
        expect(found.foreign).toEqual([{ slot: 1, symbol: expect.stringMatching(/^\$sSo5PointVs5Error.*Mc$/), isFormer: false }]);
      });

      it('is nothing more if the compiler made it, in every object that uses it', async () => {
        const module = await Module.of({ 'Other.swift': other, 'More.swift': other.replace('other', 'more') }, { flags: include() });
        expect(await module.closure('Other.swift')).toMatchObject({ files: ['Other.swift'], foreign: [] });
      });
    });
  });

  describe('and is not compiled', () => {
    it('is named by what is missing of this module, not of others', async () => {
      const module = await Module.of(chain, { without: ['Model.swift'] });
      const { files, unresolved } = await module.closure('Middle.swift');
      expect(files).toEqual(['Middle.swift', 'View.swift']);
      expect(unresolved).toEqual(['$s3App5ModelV5shadeSiyF', '$s3App5ModelVACycfC']);
      expect((await module.closure('View.swift')).unresolved).toEqual([]);
    });

    first(1).it.each(['Größe', 'Ñandú_2', 'Αβγ', '日本'])('is named in a module called %s', async (name) => {
      const module = await Module.of(chain, { name, without: ['Middle.swift'] });
      expect((await module.closure('View.swift')).unresolved).toEqual([expect.stringMatching(/^\$s00\d+.+6middleSiyF$/)]);
    });

    it('does not make a conformance foreign', async () => {
      const files = { 'Tag.swift': 'protocol Tag {}', 'Conforms.swift': 'extension Int: Tag {}' };
      const found = await (await Module.of(files, { without: ['Tag.swift'] })).closure('Conforms.swift');
      expect(found).toMatchObject({ files: ['Conforms.swift'], foreign: [], unresolved: ['$s3App3TagMp'] });
    });
  });

  describe('after objects were replaced', () => {
    it('is what the new ones say', async () => {
      const module = await Module.of(chain);
      const [other = ''] = compileSwift(
        new Fixture({ 'View.swift': 'func view() -> Int { 5 }' }),
        'App',
        ['View.swift'],
        ['-enable-testing'],
      );
      await module.index.set([{ slot: module.slot('View.swift'), path: other }]);
      expect(await module.files('Model.swift')).toEqual(['Model.swift', 'Middle.swift']);
      await module.index.set([{ slot: module.slot('View.swift'), path: module.objects[2] ?? '' }]);
      expect(await module.files('Model.swift')).toEqual(['Model.swift', 'Middle.swift', 'View.swift']);
      await module.index.set([{ slot: module.slot('Middle.swift'), path: null }]);
      expect(await module.closure('Model.swift')).toMatchObject({ files: ['Model.swift'] });
      expect((await module.closure('View.swift')).unresolved).toEqual(['$s3App6middleSiyF']);
    });

    full.it('is what an index says that has never known others, whatever was asked in between', async () => {
      const random = new Random(7);
      const names = Array.from({ length: 8 }, (_, index) => `File${index}.swift`);
      const callsOf = () => names.map((_, other) => (random.integer(0, 2) === 0 ? `file${other}()` : '1')).join(' + ');
      const textOf = (index: number) => `func file${index}() -> Int { ${callsOf()} }\nvar only${index}_${random.integer(0, 1)} = 1\n`;
      const versions: Module[] = [];
      while (versions.length < 4) versions.push(await Module.of(Object.fromEntries(names.map((name, index) => [name, textOf(index)]))));
      const { ObjectIndex } = loadAddon();
      const index = new ObjectIndex('App');
      const present: (string | null)[] = names.map(() => null);
      await index.set(present.map((path, slot) => ({ slot, path })));
      for (let step = 0; step < 150; step += 1) {
        const entries = Array.from({ length: random.integer(1, 3) }, () => {
          const slot = random.integer(0, names.length - 1);
          // Past the end: it is gone.
          const path = versions[random.integer(0, versions.length)]?.objects[slot] ?? null;
          present[slot] = path;
          return { slot, path };
        });
        await index.set(entries);
        const other = new ObjectIndex('App');
        await other.set(present.map((path, slot) => ({ slot, path })));
        const seeds = names.map((_, slot) => [slot]);
        const closures = (asked: typeof index) => Promise.all(seeds.map((slots) => asked.closure(slots)));
        expect(await closures(index)).toEqual(await closures(other));
      }
    });

    it('is what the last of several calls said that were under way at once', async () => {
      const module = await Module.of(chain);
      const view = { slot: module.slot('View.swift'), path: module.objects[2] ?? '' };
      for (let round = 0; round < 20; ++round) {
        const many = module.objects.map((path, slot) => ({ slot, path }));
        await Promise.all([module.index.set([...many, ...many, ...many]), module.index.set([{ ...view, path: null }])]);
        expect(await module.files('Middle.swift')).toEqual(['Middle.swift']);
        await Promise.all([module.index.set([{ ...view, path: null }]), module.index.set([view])]);
        expect(await module.files('Middle.swift')).toEqual(['Middle.swift', 'View.swift']);
      }
    });
  });

  it.each([
    ['is missing', () => new Fixture().path('missing.o'), 'cannot be read: No such file or directory'],
    ['is empty', () => new Fixture().write('empty.o', ''), 'is not an object file'],
    ['is text', () => new Fixture().write('text.o', 'struct Model {}'), 'is not an object file'],
    ['is a program', () => process.execPath, 'is not a relocatable object file'],
    ['ends early', (object: string) => new Fixture().write('cut.o', readFileSync(object).subarray(0, 2000)), ''],
  ])('is an error that names the file and changes nothing when an object %s', async (_, make, reason) => {
    const module = await Module.of(chain);
    const file = make(module.objects[0] ?? '');
    const entries = [
      { slot: module.slot('Middle.swift'), path: null },
      { slot: module.slot('View.swift'), path: file },
    ];
    await expect(module.index.set(entries)).rejects.toMatchObject({
      kind: 'object',
      message: expect.stringContaining(`${file}: ${reason}`),
    });
    expect(await module.files('Model.swift')).toEqual(['Model.swift', 'Middle.swift', 'View.swift']);
  });

  full.it('is found, or is an error, and never the end of the process, when objects are damaged', async () => {
    const text = 'protocol Tag {}; struct Model: Error {}; extension Model: Tag {}; extension Int: Tag {}';
    const [file = ''] = compileSwift(new Fixture({ 'Model.swift': text }), 'App', ['Model.swift']);
    const { read, refused, nameless } = await inChild(
      async (addon, { file }) => {
        const { readFileSync, writeFileSync, writeSync } = require('node:fs');
        const bytes: Buffer = readFileSync(file);
        const outcome = { read: 0, refused: 0, nameless: [] as string[] };
        const attempt = async (what: string, damaged: Buffer) => {
          writeFileSync(file, damaged);
          writeSync(1, `${what}\n`);
          const index = new addon.ObjectIndex('App');
          try {
            await index.set([{ slot: 0, path: file }]);
            await index.closure([0]);
            outcome.read += 1;
          } catch (error) {
            const { kind, message } = error as Error & { kind: string };
            outcome.refused += 1;
            if (kind !== 'object' || !message.includes(file)) outcome.nameless.push(message);
          }
        };
        for (let length = 0; length < bytes.length; length += 61) await attempt(`length ${length}`, bytes.subarray(0, length));
        for (let at = 0; at < bytes.length; at += at < 64 ? 1 : 5) {
          const copy = Buffer.from(bytes);
          copy[at] ^= at % 2 ? 0xff : 1 << (at % 8);
          await attempt(`byte ${at}`, copy);
        }
        return outcome;
      },
      { file },
      { seconds: 60 },
    );
    expect(nameless).toEqual([]);
    expect([read > 0, refused > 0]).toEqual([true, true]);
  });
});
