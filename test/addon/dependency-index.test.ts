import { readFileSync } from 'node:fs';
import type { DependencyComparison, DependencyIndex, ModuleSlot } from '../../lib/compile/native-indexes.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';
import { compileSwift, dependenciesOf } from '../support/swift-objects';

const files = {
  'Model.swift': `
    struct Model { var count = 1; func shade() -> Int { count + 1 } }
    struct Spare { var count = 2 }
    func free() -> Int { 3 }`,
  'Extension.swift': 'extension Model { func twice() -> Int { count * 2 } }',
  'UsesModel.swift': 'func usesModel(_ model: Model) -> Int { model.shade() }',
  'UsesSpare.swift': 'func usesSpare(_ spare: Spare) -> Int { spare.count }',
  'UsesFree.swift': 'func usesFree() -> Int { free() }',
  'UsesExtension.swift': 'func usesExtension(_ model: Model) -> Int { model.twice() }',
  'Chain.swift': 'func chain() -> Int { usesModel(Model()) }',
  'Alone.swift': 'func alone() -> Int { 4 }',
};
type File = keyof typeof files;
const names = Object.keys(files) as File[];

/** Compiles some files of the module, after edits, and returns their dependency files. */
function compile(edits: Partial<Record<File, [from: string, to: string]>>, only = Object.keys(edits) as File[]): ModuleSlot[] {
  const edited = Object.fromEntries(
    names.map((name): [File, string] => {
      const [from, to] = edits[name] ?? ['', ''];
      if (!files[name].includes(from)) throw new Error(`${name} has no ${from}`);
      return [name, files[name].replace(from, to)];
    }),
  );
  const objects = compileSwift(new Fixture(edited), 'App', names, [], only);
  return objects.map((object, index) => ({ slot: names.indexOf(only[index] as File), path: dependenciesOf(object) }));
}

const named = (slots: number[]) => slots.map((slot) => names[slot]);

describe('what depends on an edit', () => {
  const original = compile({}, names);
  let index: DependencyIndex;

  beforeEach(async () => {
    index = new (loadAddon().DependencyIndex)();
    await index.set(original);
  });

  async function compare(edits: Parameters<typeof compile>[0]): Promise<Record<keyof DependencyComparison, unknown>> {
    const { names: declarations, ...slots } = await index.compare(compile(edits));
    return {
      names: declarations,
      changed: named(slots.changed),
      dependents: named(slots.dependents),
    };
  }

  const usersOfModel = ['Extension.swift', 'UsesModel.swift', 'UsesExtension.swift', 'Chain.swift'];
  const usersOfTheFile = ['Extension.swift', 'UsesModel.swift', 'UsesSpare.swift', 'UsesFree.swift', 'UsesExtension.swift', 'Chain.swift'];

  it.each<[string, File, string, string]>([
    ['no text', 'Model.swift', 'struct Model', 'struct Model'],
    ['the body of a method', 'Model.swift', '{ count + 1 }', '{ count + 2 }'],
    ['the body of a function', 'Model.swift', '{ 3 }', '{ 4 }'],
    ['the body of a method of an extension', 'Extension.swift', '{ count * 2 }', '{ count * 3 }'],
    ['a comment', 'Model.swift', 'struct Spare', '// Spare.\n\nstruct Spare'],
  ])('is nothing after an edit of %s', async (_, file, from, to) => {
    expect(await compare({ [file]: [from, to] })).toEqual({ changed: [], names: [], dependents: [] });
  });

  // What swiftc -incremental -driver-show-incremental compiles for the same edits, the edited file excepted.
  it.each<[string, File, string, string, string[], string[]]>([
    ['a new method', 'Model.swift', 'func shade', 'func tint() {}; func shade', usersOfModel, ['Model']],
    ['another layout', 'Model.swift', 'var count = 1', 'var size = 2.5; var count = 1', usersOfModel, ['Model']],
    ['a method that is gone', 'Model.swift', 'func shade() -> Int { count + 1 }', '', usersOfModel, ['Model']],
    ['a conformance', 'Model.swift', 'struct Model {', 'struct Model: Hashable {', usersOfTheFile, ['Model', 'Spare', 'free']],
    ['a new function', 'Model.swift', 'func free', 'func brand() {}\nfunc free', usersOfTheFile, ['brand']],
    ['another signature', 'Model.swift', 'func free()', 'func free(_ more: Int = 1)', usersOfTheFile, ['Model', 'Spare', 'free']],
    ['a function that is gone', 'Model.swift', 'func free() -> Int { 3 }', '', usersOfTheFile, ['free']],
    [
      'a new method of an extension',
      'Extension.swift',
      'func twice',
      'func thrice() {}; func twice',
      ['UsesExtension.swift'],
      ['Model', 'Model.thrice'],
    ],
    [
      'a conformance of an extension',
      'Extension.swift',
      'extension Model {',
      'protocol Tag {}\nextension Model: Tag {',
      ['Model.swift', 'UsesModel.swift', 'UsesExtension.swift', 'Chain.swift'],
      ['Tag'],
    ],
    ['a function that others look up in vain', 'Alone.swift', 'func alone', 'func useless() {}; func alone', [], ['useless']],
  ])('is every file that looks it up: %s', async (_, file, from, to, dependents, declarations) => {
    expect(await compare({ [file]: [from, to] })).toMatchObject({
      changed: [file],
      dependents,
      names: declarations,
    });
  });

  it('is a file that looked up in vain what is declared now', async () => {
    const shadowed = await compare({ 'Alone.swift': ['func alone() -> Int', 'struct Int {}; func alone() -> Swift.Int'] });
    expect(shadowed).toMatchObject({ names: ['Int'], dependents: names.filter((name) => name !== 'Alone.swift') });
  });

  it('is every file that looks up what a file that is gone declared', async () => {
    const { changed, dependents, names: declarations } = await index.compare([{ slot: names.indexOf('UsesModel.swift'), path: null }]);
    expect({ changed: named(changed), dependents: named(dependents), declarations }).toEqual({
      changed: ['UsesModel.swift'],
      dependents: ['Chain.swift'],
      declarations: ['usesModel'],
    });
  });

  it('is no file that is compared itself', async () => {
    expect(
      await compare({
        'Model.swift': ['func shade', 'func tint() {}; func shade'],
        'UsesModel.swift': ['model.shade()', 'model.shade() + 1'],
        'Alone.swift': ['{ 4 }', '{ 5 }'],
      }),
    ).toMatchObject({ changed: ['Model.swift'], dependents: ['Extension.swift', 'UsesExtension.swift', 'Chain.swift'] });
  });

  it('is all of a file that was not known', async () => {
    const fresh = new (loadAddon().DependencyIndex)();
    const [model, ...rest] = original as [ModuleSlot, ...ModuleSlot[]];
    await fresh.set(rest);
    const found = await fresh.compare([model]);
    expect(found).toMatchObject({ changed: [0], names: ['Model', 'Spare', 'free'] });
    expect(named(found.dependents)).toEqual(usersOfTheFile);
  });

  it('names the types of a declaration, and no more than twenty', async () => {
    const nested = 'enum Outer { class Inner { private struct Deep {} } }; protocol Tag {}; typealias Alias = Outer.Inner; struct ÄÖ {}';
    const many = Array.from({ length: 30 }, (_, number) => `func many${number}() {}`).join('\n');
    const outcome = async (text: string) => {
      const [object = ''] = compileSwift(new Fixture({ 'New.swift': text }), 'App', ['New.swift']);
      return (await index.compare([{ slot: 20, path: dependenciesOf(object) }])).names;
    };
    const declarations = await outcome(nested);
    expect(declarations).toEqual(expect.arrayContaining(['Alias', 'Outer', 'Outer.Inner', 'Outer.Inner.Deep', 'Tag', 'ÄÖ']));
    expect(await outcome(many)).toHaveLength(20);
  });

  it('is compared with what was set last, and comparing sets nothing', async () => {
    const edited = compile({ 'Model.swift': ['func shade', 'func tint() {}; func shade'] });
    for (let round = 0; round < 2; ++round) expect((await index.compare(edited)).changed).toEqual([0]);
    await index.set(edited);
    expect((await index.compare(edited)).changed).toEqual([]);
    expect((await index.compare(original)).changed).toEqual([0]);
    await index.set([{ slot: names.indexOf('UsesModel.swift'), path: null }]);
    expect(named((await index.compare(original.slice(0, 1))).dependents)).toEqual([
      'Extension.swift',
      'UsesExtension.swift',
      'Chain.swift',
    ]);
  });

  it('is what the last of several calls said that were under way at once', async () => {
    const edited = compile({ 'Model.swift': ['func shade', 'func tint() {}; func shade'] });
    await Promise.all([index.set([...original, ...original, ...original]), index.set(edited)]);
    expect((await index.compare(edited)).changed).toEqual([]);
  });

  it('knows the modules that any of the files was compiled with', async () => {
    expect(index.externalDependencies()).toEqual(expect.arrayContaining([expect.stringMatching(/^\/.*Swift\.swiftmodule/)]));
    const fixture = new Fixture({ 'New.swift': 'import Dispatch' });
    const [object = ''] = compileSwift(fixture, 'App', ['New.swift']);
    const before = index.externalDependencies();
    await index.set([{ slot: 9, path: dependenciesOf(object) }]);
    const added = index.externalDependencies().filter((file) => !before.includes(file));
    expect(added.join()).toContain('Dispatch');
    await index.set([{ slot: 9, path: null }]);
    expect(index.externalDependencies()).toEqual(before);
  });

  it.each([
    ['is missing', () => new Fixture().path('missing.swiftdeps'), 'cannot be read: No such file or directory'],
    ['is empty', () => new Fixture().write('empty.swiftdeps', ''), ''],
    ['is text', () => new Fixture().write('text.swiftdeps', 'provides-top-level: [Card]\n'), 'the dependency file is damaged'],
    ['ends early', () => new Fixture().write('cut.swiftdeps', readFileSync(original[0]?.path ?? '').subarray(0, 900)), ''],
  ])('is an error that names the file and changes nothing when a file %s', async (_, make, reason) => {
    const file = make();
    const refusal = { kind: 'object', message: expect.stringContaining(`${file}: ${reason}`) };
    const entries = [
      { slot: names.indexOf('UsesModel.swift'), path: null },
      { slot: 0, path: file },
    ];
    await expect(index.set(entries)).rejects.toMatchObject(refusal);
    await expect(index.compare(entries)).rejects.toMatchObject(refusal);
    expect(await compare({ 'Model.swift': ['func shade', 'func tint() {}; func shade'] })).toMatchObject({ dependents: usersOfModel });
  });

  it('knows what each file declares and extends, whatever it is called', async () => {
    const declared = (slot: number) => {
      const { names: found, types } = index.declarations(slot);
      return { names: found.sort(), types: types.sort() };
    };
    expect(declared(names.indexOf('Model.swift'))).toEqual({ names: ['Model', 'Spare', 'free'], types: ['3App5ModelV', '3App5SpareV'] });
    expect(declared(names.indexOf('Extension.swift'))).toEqual({ names: [], types: ['3App5ModelV'] });
    expect(declared(99)).toEqual({ names: [], types: [] });
    const fixture = new Fixture({
      'Else.swift': 'infix operator <+>\nfunc <+> (left: Int, right: Int) -> Int { left }\nextension Int { var one: Int { 1 } }',
    });
    const [object = ''] = compileSwift(fixture, 'App', ['Else.swift']);
    await index.set([{ slot: 0, path: dependenciesOf(object) }]);
    expect(declared(0)).toEqual({ names: ['<+>'], types: ['Si'] });
  });
});
