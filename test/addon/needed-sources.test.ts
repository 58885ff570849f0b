import { readFileSync } from 'node:fs';
import type { DependencyIndex } from '../../lib/compile/native-indexes.js';
import { NeededSources } from '../../lib/compile/needed-sources.js';
import { SourceReader, type SourceSnapshot } from '../../lib/edit/source-set.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';
import { compileSwift, dependenciesOf } from '../support/swift-objects';
import { first } from '../support/tier';

/** Each file is needed, or not, for another reason. */
const files = {
  'Alone.swift': 'func alone() -> Int { 4 }',
  'Chain.swift': 'func chain() -> Int { tint().count }',
  'Doubling.swift': 'infix operator <+>: AdditionPrecedence\nfunc <+> (left: Int, right: Int) -> Int { left * 2 + right }',
  'Extension.swift': 'extension Model { func twice() -> Int { count * 2 + alone() } }',
  'Foreign.swift': 'extension Int { var tripled: Int { self * 3 } }',
  'Former.swift': '#if OLD\nfunc former() -> Int { alone() }\n#endif\nfunc present() -> Int { 2 }',
  'Imports.swift': 'import Foundation\nfunc trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespaces) }',
  'Model.swift':
    'struct Model: Shaded { var count = 1; var inner = Inner(); var shade: String { tint() } }\nfunc tint() -> String { "green" }',
  'Inner.swift': 'struct Inner { var size = initialSize(); var watched = 3 { didSet { size = Watch.last } } }',
  'Opaque.swift': 'func opaque() -> some Shaded { Hidden() }',
  'Hidden.swift': 'struct Hidden: Shaded { var shade: String { "blue" } }',
  'Shaded.swift': 'protocol Shaded { var shade: String { get } }',
  'ShadedMore.swift': 'extension Shaded { var doubled: String { shade + shade } }',
  'Size.swift': 'func initialSize() -> Int { 7 }',
  'Watch.swift': 'enum Watch { static let last = 9 }',
  'Alias.swift': 'typealias Other = Model\nextension Other { func fromAlias() -> Int { 5 } }',
  'Uses.swift':
    'func uses(_ model: Model) -> Int { model.twice() <+> 2.tripled + model.inner.size + model.doubled.count + model.fromAlias() }',
  'PrivateOne.swift': 'private let tone = 1\nfunc one() -> Int { tone }',
  'Trade.swift': '/// How much import a port takes.\nfunc trade() -> Int { 3 }',
  'PrivateTwo.swift': 'private let tone = 2\nfunc two() -> Int { tone + alone() }',
  'Comment.swift': '// import Dispatch is of no use here.\n#if os(Windows)\nimport Dispatch\n#endif\nfunc comment() -> Int { 9 }',
  'Import.swift': 'import Dispatch\nfunc queue() -> DispatchQueue { .main }',
  'Literals.swift': 'typealias FloatLiteralType = Float',
  'Exports.swift': '@_exported import Foundation\nfunc exports() -> Int { 8 }',
  // A line of comments can be read in one way only: in all ways it would take for ever.
  'Long.swift': `${'// Nobody needs any of this.\n'.repeat(40)}${'/**/'.repeat(60)}\nfunc long() -> Int { 6 }`,
  'UsesOpaque.swift': 'func usesOpaque() -> String { opaque().shade.trimmingCharacters(in: .newlines) }',
} as const;
type File = keyof typeof files;
const names = Object.keys(files) as File[];

/** Found without a mention; Alone and its like belong to nobody. */
const always: File[] = [
  'Doubling.swift',
  'Foreign.swift',
  'Imports.swift',
  'Comment.swift',
  'Import.swift',
  'Literals.swift',
  'Exports.swift',
];
const ofModel: File[] = [
  'Model.swift',
  'Inner.swift',
  'Shaded.swift',
  'ShadedMore.swift',
  'Size.swift',
  'Watch.swift',
  'Extension.swift',
  'Alias.swift',
];

describe('the sources that the compile of a file needs', () => {
  let fixture: Fixture;
  let sources: SourceSnapshot;
  let needed: NeededSources;
  let index: DependencyIndex;
  let paths: string[];

  beforeAll(async () => {
    fixture = new Fixture(files);
    index = new (loadAddon().DependencyIndex)();
    const objects = compileSwift(fixture, 'App', names);
    await index.set(objects.map((object, slot) => ({ slot, path: dependenciesOf(object) })));
    paths = names.map((name) => fixture.path(name));
    sources = await new SourceReader(loadAddon().stampFiles).read(paths, new Map());
    const open = (smallest: number) =>
      new NeededSources('App', new (loadAddon().SyntaxTree)(), smallest, (file) => index.declarations(paths.indexOf(file)));
    needed = open(0);
    needed.changed(paths);
    await needed.prepare(sources, new AbortController().signal);
    expect(await open(1_000_000).select([paths[0] ?? ''], [], sources)).toBeUndefined();
  });

  const select = async (file: File, edited: File[] = [], texts: Partial<Record<File, string>> = {}) => {
    const changed = [...sources.values()].map((source) => {
      const text = texts[names.find((name) => fixture.path(name) === source.file) ?? file];
      return [source.file, text === undefined ? source : { ...source, bytes: Buffer.from(text), digest: text }] as const;
    });
    const path = (name: File) => fixture.path(name);
    const selected = await needed.select([path(file)], edited.map(path), new Map(changed));
    return selected && names.filter((name) => selected.has(path(name)));
  };
  const inOrder = (...chosen: File[]) => names.filter((name) => [...always, ...chosen].includes(name));

  it.each<[File, File[]]>([
    ['Alone.swift', ['Alone.swift']],
    ['Size.swift', ['Size.swift']],
    ['PrivateOne.swift', ['PrivateOne.swift']],
    ['Watch.swift', ['Watch.swift']],
    ['Former.swift', ['Former.swift', 'Alone.swift']],
    ['Inner.swift', ['Inner.swift', 'Size.swift', 'Watch.swift']],
    ['Hidden.swift', ['Hidden.swift', 'Shaded.swift', 'ShadedMore.swift']],
    ['UsesOpaque.swift', ['UsesOpaque.swift', 'Opaque.swift', 'Hidden.swift', 'Shaded.swift', 'ShadedMore.swift']],
    ['Uses.swift', ['Uses.swift', ...ofModel]],
  ])('%s', async (file, expected) => {
    expect(await select(file)).toEqual(inOrder(...expected));
  });

  it('are those that its new text mentions, and those that were edited', async () => {
    expect(await select('Size.swift', [], { 'Size.swift': 'func initialSize() -> Int { alone() + Watch.last }' })).toEqual(
      inOrder('Size.swift', 'Alone.swift', 'Watch.swift'),
    );
    expect(await select('Size.swift', ['Watch.swift'])).toEqual(inOrder('Size.swift', 'Watch.swift'));
  });

  first(3).it.each(names)('make the same of %s as all sources do', async (file) => {
    // A file that is compiled alone is read last.
    const inTurn = (chosen: readonly File[]) => [...chosen.filter((name) => name !== file), file];
    const [object = ''] = compileSwift(fixture, 'App', inTurn(names), [], [file]);
    const whole = readFileSync(object);
    compileSwift(fixture, 'App', inTurn((await select(file)) ?? []), [], [file]);
    expect(readFileSync(object).equals(whole)).toBe(true);
  });

  it('are those of a file, too, that came while the others were looked through', async () => {
    const added = fixture.write('Added.swift', 'func added() -> Int { 1 }');
    const [object = ''] = compileSwift(fixture, 'App', [...names, 'Added.swift'], [], ['Added.swift']);
    paths.push(added);
    await index.set([{ slot: paths.indexOf(added), path: dependenciesOf(object) }]);
    needed.changed([added]);
    await needed.prepare(sources, new AbortController().signal);
    const size = fixture.write('Size.swift', 'func initialSize() -> Int { added() }');
    const selected = await needed.select([size], [], await new SourceReader(loadAddon().stampFiles).read(paths, new Map()));
    expect(selected?.has(added)).toBe(true);
    fixture.write('Size.swift', files['Size.swift']);
  });

  it('are all sources for a file that once needed more', async () => {
    needed.doubt([fixture.path('Alone.swift')]);
    expect(await select('Alone.swift')).toBeUndefined();
    expect(await select('Size.swift')).toEqual(inOrder('Size.swift'));
  });
});
