import { readFileSync } from 'node:fs';
import type { CompiledSlot, DependencyComparison, DependencyIndex, EditedSlot, ModuleSlot } from '../../lib/compile/native-indexes.js';
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
  'UsesEqual.swift': 'func usesEqual(_ model: Model?) -> Bool { model == nil }',
};
type File = keyof typeof files;
const names = Object.keys(files) as File[];

/** A file that was compiled, as the index is told of it, and as it is compared. */
type Compiled = CompiledSlot & EditedSlot;

/** Compiles some files of the module, after edits, and returns their dependency files. */
function compile(edits: Partial<Record<File, [from: string, to: string]>>, only = Object.keys(edits) as File[]): Compiled[] {
  const edited = Object.fromEntries(
    names.map((name): [File, string] => {
      const [from, to] = edits[name] ?? ['', ''];
      if (!files[name].includes(from)) throw new Error(`${name} has no ${from}`);
      return [name, files[name].replace(from, to)];
    }),
  );
  const objects = compileSwift(new Fixture(edited), 'App', names, [], only);
  return objects.map((object, index) => {
    const name = only[index] as File;
    const text = Buffer.from(edited[name] ?? '');
    return { slot: names.indexOf(name), path: dependenciesOf(object), text, before: Buffer.from(files[name]), after: text };
  });
}

const withoutTexts = (entries: readonly Compiled[]): ModuleSlot[] => entries.map(({ slot, path }) => ({ slot, path }));

const named = (slots: number[]) => slots.map((slot) => names[slot]);

describe('what depends on an edit', () => {
  const original = compile({}, names);
  let index: DependencyIndex;

  beforeEach(async () => {
    index = new (loadAddon().DependencyIndex)();
    await index.set(original);
  });

  async function compare(edits: Parameters<typeof compile>[0]): Promise<Record<Exclude<keyof DependencyComparison, 'imports'>, unknown>> {
    const { names: declarations, changed, dependents } = await index.compare(compile(edits));
    return { names: declarations, changed: named(changed), dependents: named(dependents) };
  }

  const usersOfModel = ['Extension.swift', 'UsesModel.swift', 'UsesExtension.swift', 'Chain.swift', 'UsesEqual.swift'];
  const usersOfTheFile = [
    'Extension.swift',
    'UsesModel.swift',
    'UsesSpare.swift',
    'UsesFree.swift',
    'UsesExtension.swift',
    'Chain.swift',
    'UsesEqual.swift',
  ];

  it.each<[string, File, string, string]>([
    ['no text', 'Model.swift', 'struct Model', 'struct Model'],
    ['the body of a method', 'Model.swift', '{ count + 1 }', '{ count + 2 }'],
    ['the body of a function', 'Model.swift', '{ 3 }', '{ 4 }'],
    ['the body of a method of an extension', 'Extension.swift', '{ count * 2 }', '{ count * 3 }'],
    ['a comment', 'Model.swift', 'struct Spare', '// Spare.\n\nstruct Spare'],
  ])('is nothing after an edit of %s', async (_, file, from, to) => {
    expect(await compare({ [file]: [from, to] })).toEqual({ changed: [], names: [], dependents: [] });
  });

  it.each<[string, File, string, string, string[], string[]]>([
    ['a new method', 'Model.swift', 'func shade', 'func tint() {}; func shade', [], ['Model.tint']],
    ['another layout', 'Model.swift', 'var count = 1', 'var size = 2.5; var count = 1', usersOfModel, ['Model']],
    ['a method that is gone', 'Model.swift', 'func shade() -> Int { count + 1 }', '', ['UsesModel.swift'], ['Model.shade']],
    ['another overload', 'Model.swift', 'func shade', 'func shade(_ x: Int) {}; func shade', ['UsesModel.swift'], ['Model.shade']],
    ['a conformance', 'Model.swift', 'struct Model {', 'struct Model: Hashable {', ['UsesEqual.swift'], ['Model']],
    ['a new function', 'Model.swift', 'func free', 'func brand() {}\nfunc free', [], ['brand']],
    ['another signature', 'Model.swift', 'func free()', 'func free(_ more: Int = 1)', ['UsesFree.swift'], ['free']],
    ['a function that is gone', 'Model.swift', 'func free() -> Int { 3 }', '', ['UsesFree.swift'], ['free']],
    ['a private function', 'Model.swift', 'func free', 'private func usesFree() {}\nfunc free', [], []],
    ['a new type', 'Model.swift', 'func free', 'struct Fresh { var x = 1 }\nfunc free', [], ['Fresh']],
    ['a new method of an extension', 'Extension.swift', 'func twice', 'func thrice() {}; func twice', [], ['Model.thrice']],
    [
      'a conformance of an extension',
      'Extension.swift',
      'extension Model {',
      'protocol Tag {}\nextension Model: Tag {',
      [],
      ['Model', 'Tag'],
    ],
    [
      'a conformance that members come with',
      'Extension.swift',
      'extension Model {',
      'protocol Tag {}\nextension Tag { func shade() {} }\nextension Model: Tag {',
      ['Model.swift', 'UsesModel.swift'],
      ['Model', 'Tag'],
    ],
    [
      'a conformance to something unknown',
      'Extension.swift',
      'extension Model {',
      'extension Model: CVarArg { var _cVarArgEncoding: [Int] { [] };',
      ['Model.swift', 'UsesModel.swift', 'UsesExtension.swift', 'Chain.swift', 'UsesEqual.swift'],
      ['Model', 'Model._cVarArgEncoding'],
    ],
    ['a function that others look up in vain', 'Alone.swift', 'func alone', 'func useless() {}; func alone', [], ['useless']],
  ])('is every file that looks it up: %s', async (_, file, from, to, dependents, declarations) => {
    expect(await compare({ [file]: [from, to] })).toMatchObject({
      changed: declarations.length === 0 ? [] : [file],
      dependents,
      names: declarations,
    });
  });

  it('is every file that uses anything of one whose texts are not known', async () => {
    const [edited] = compile({ 'Model.swift': ['func shade', 'func tint() {}; func shade'] });
    expect(named((await index.compare([{ ...edited, before: undefined } as EditedSlot])).dependents)).toEqual(usersOfTheFile);
  });

  it('is a file that was compiled with one that looks it up', async () => {
    const company = original.map((entry) => {
      const [name, partner] = [names[entry.slot], names.indexOf('UsesFree.swift')];
      return name === 'Alone.swift' ? { ...entry, alongside: [original[partner]?.path ?? ''] } : entry;
    });
    await index.set(company);
    const edited = compile({ 'Model.swift': ['func free()', 'func free(_ more: Int = 1)'] });
    expect(named((await index.compare(edited)).dependents)).toEqual(['UsesFree.swift', 'Alone.swift']);
  });

  it('are modules that are imported now, or no more', async () => {
    const edited = compile({ 'Alone.swift': ['func alone', 'import Foundation\nfunc alone'] });
    expect((await index.compare(edited)).imports).toEqual(['Foundation']);
  });

  it('is a file that looked up in vain what is declared now', async () => {
    const shadowed = await compare({ 'Alone.swift': ['func alone() -> Int', 'struct Int {}; func alone() -> Swift.Int'] });
    expect(shadowed).toMatchObject({
      names: ['Int', 'alone'],
      dependents: names.filter((name) => !['Alone.swift', 'UsesEqual.swift'].includes(name)),
    });
  });

  it('is every file that looks up what a file that is gone declared', async () => {
    const gone = { slot: names.indexOf('UsesModel.swift'), path: null };
    const { changed, dependents, names: declarations } = await index.compare([gone]);
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
    ).toMatchObject({ changed: ['Model.swift'], dependents: [] });
  });

  it('is all of a file that was not known', async () => {
    const fresh = new (loadAddon().DependencyIndex)();
    const [model, ...rest] = original as [Compiled, ...Compiled[]];
    await fresh.set(rest);
    const found = await fresh.compare([{ ...model, before: Buffer.alloc(0) }]);
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
    expect((await index.compare(edited.map((entry) => ({ ...entry, before: entry.after })))).changed).toEqual([]);
    expect((await index.compare(withoutTexts(original))).changed).toContain(0);
    await index.set([{ slot: names.indexOf('UsesModel.swift'), path: null }]);
    const { dependents } = await index.compare(withoutTexts(original.slice(0, 1)));
    expect(named(dependents)).toEqual(usersOfModel.filter((name) => name !== 'UsesModel.swift'));
  });

  it('is what the last of several calls said that were under way at once', async () => {
    const edited = compile({ 'Model.swift': ['func shade', 'func tint() {}; func shade'] });
    const later = [{ slot: names.indexOf('UsesModel.swift'), path: null }];
    await Promise.all([index.set([...original, ...original, ...original]), index.set(later)]);
    expect(named((await index.compare(withoutTexts(edited))).dependents)).toEqual(
      usersOfModel.filter((name) => name !== 'UsesModel.swift'),
    );
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
    expect(await compare({ 'Model.swift': ['var count', 'var size = 2; var count'] })).toMatchObject({ dependents: usersOfModel });
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
