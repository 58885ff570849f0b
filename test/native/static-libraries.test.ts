import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { Fixture, toolchain, toolEnvironment } from '../support/fixture';
import { buildLibrary, compileC, compileSwift } from '../support/swift-objects';

describe('a static library', () => {
  const fresh = (searched: string[] = []): NativeEngine => new (loadAddon().Engine)([...searched, ...toolchain().runtimeLibraries]);

  function archive(fixture: Fixture, name: string, objects: readonly string[], mode = 'rcs'): string {
    execFileSync('ar', [mode, fixture.path(name), ...objects], { env: toolEnvironment });
    return fixture.path(name);
  }

  /** libtally.a, and an object that calls what one of its members defines. */
  function tally() {
    const fixture = new Fixture({
      'tally.c': `
        static int count;
        __attribute__((constructor)) static void begin(void) { count = 40; }
        int tally(void) { return ++count; }`,
      'needless.c': 'int nowhere(void); int needless(void) { return nowhere(); }',
      'entry.c': 'int tally(void); int entry(void) { return tally(); }',
    });
    const members = ['needless.c', 'tally.c'].map((file) => compileC(fixture, file));
    return { fixture, library: archive(fixture, 'libtally.a', members), entry: compileC(fixture, 'entry.c') };
  }

  it('gives a generation the members that it needs, initialised, and no other', async () => {
    const { library, entry } = tally();
    const engine = fresh();
    const generation = await engine.addGeneration([entry], [library]);
    expect([engine.call(generation, 'entry'), engine.call(generation, 'entry')]).toEqual([41, 42]);
    expect(() => engine.call(generation, 'needless')).toThrow(expect.objectContaining({ kind: 'missing' }));
  });

  it('gives each generation its own', async () => {
    const { fixture, entry } = tally();
    const engine = fresh([fixture.folder]);
    const one = await engine.addGeneration([entry], ['-ltally']);
    const other = await engine.addGeneration([entry], []);
    expect([one, one, other].map((generation) => engine.call(generation, 'entry'))).toEqual([41, 42, 41]);
  });

  it('goes behind a shared one of its name', async () => {
    const { fixture, entry } = tally();
    fixture.write('shared.c', 'int tally(void) { return 7; }');
    buildLibrary(fixture, ['shared.c'], 'libtally.so');
    const engine = fresh([fixture.folder]);
    expect(engine.call(await engine.addGeneration([entry], ['-ltally']), 'entry')).toBe(7);
  });

  it('may be Swift, be named by an object, and name another library; its conformances are known', async () => {
    const fixture = new Fixture({
      'Shape.swift': `
        public protocol Shape { var sides: Int32 { get } }
        public struct Square { public init() {} }
        public func sidesOf(_ value: Any) -> Int32 { (value as? any Shape)?.sides ?? -1 }`,
      'Square+Shape.swift': `
        @_silgen_name("sides_of_a_square") func sidesOfASquare() -> Int32
        extension Square: Shape { public var sides: Int32 { sidesOfASquare() } }
        public func square() -> Any { Square() as any Shape }`,
      'sides.c': 'int sides_of_a_square(void) { return 4; }',
      'Entry.swift': 'import Shapes\n@_cdecl("entry") func entry() -> Int32 { sidesOf(square()) }',
    });
    buildLibrary(fixture, ['sides.c'], 'libsides.so');
    const shapes = compileSwift(fixture, 'Shapes', ['Shape.swift', 'Square+Shape.swift'], ['-autolink-library', 'sides']);
    archive(fixture, 'libShapes.a', shapes);
    const module = ['-frontend', '-emit-module', '-module-name', 'Shapes', '-parse-as-library', '-target', toolchain().triple];
    const sources = ['Shape.swift', 'Square+Shape.swift'].map((file) => fixture.path(file));
    const resources = ['-resource-dir', toolchain().resourceDirectory];
    execFileSync(toolchain().frontend, [...module, ...resources, ...sources, '-o', fixture.path('Shapes.swiftmodule')], {
      env: toolEnvironment,
    });
    const flags = ['-I', fixture.folder, '-autolink-library', 'Shapes'];
    const [entry] = compileSwift(fixture, 'Entry', ['Entry.swift'], flags);
    const engine = fresh([fixture.folder]);
    expect(engine.call(await engine.addGeneration([entry], []), 'entry')).toBe(4);
  });

  const counting = (model: string) => `
    static __attribute__((tls_model("${model}"))) __thread int one = 40, other = 2;
    int tally(void) { return ++one + ++other; }`;

  it('may have thread-local variables that are found at run time', async () => {
    for (const model of ['global-dynamic', 'local-dynamic']) {
      const { fixture, entry } = tally();
      fixture.write('tally.c', counting(model));
      const engine = fresh();
      const generation = await engine.addGeneration([entry], [archive(fixture, 'libcounting.a', [compileC(fixture, 'tally.c')])]);
      expect([engine.call(generation, 'entry'), engine.call(generation, 'entry')]).toEqual([44, 46]);
    }
  });

  // Which relocations are for programs is a matter of the format and the processor: these are ELF's for x86-64.
  const forPrograms = process.platform === 'linux' && process.arch === 'x64' ? it : it.skip;
  forPrograms('says which member is for programs alone, and works without it', async () => {
    const cases: [text: string, flags: string[], message: string][] = [
      [
        'static int table[4]; int *first(void) { return table; } int tally(void) { return *first(); }',
        ['-fno-pic'],
        'is not position independent',
      ],
      [counting('initial-exec'), [], 'has thread-local variables of the initial-exec model'],
      [counting('local-exec'), ['-fno-pic'], 'is not position independent'],
    ];
    for (const [text, flags, message] of cases) {
      const { fixture, entry } = tally();
      fixture.write('tally.c', text);
      fixture.write('other.c', 'int other(void) { return 3; }');
      fixture.write('caller.c', 'int other(void); int entry(void) { return other(); }');
      const members = [compileC(fixture, 'tally.c', flags), compileC(fixture, 'other.c')];
      const library = archive(fixture, 'libprograms.a', members);
      const engine = fresh();
      await expect(engine.addGeneration([entry], [library])).rejects.toMatchObject({
        kind: 'link',
        message: expect.stringContaining(`${library}(tally.c.o) ${message}`),
      });
      const generation = await engine.addGeneration([compileC(fixture, 'caller.c')], [library]);
      expect(engine.call(generation, 'entry')).toBe(3);
    }
  });

  describe('that cannot be used is an error that says why, and the engine goes on:', () => {
    const { fixture, library, entry } = tally();
    const bytes = readFileSync(library);
    const cases: Record<string, [make: () => string, kind: string, message: string]> = {
      'one that is missing': [() => fixture.path('gone.a'), 'library', 'cannot be read: No such file or directory'],
      'one that is no archive': [() => fixture.write('text.a', 'not an archive'), 'library', 'is no archive: '],
      'one that is cut off in a member': [() => fixture.write('cut.a', bytes.subarray(0, bytes.length - 700)), 'library', 'is truncated'],
      'one that is cut off between members': [
        () => fixture.write('cut.a', bytes.subarray(0, bytes.indexOf('tally.c.o/') + 30)),
        'library',
        '',
      ],
      'one that holds no objects': [
        () => archive(fixture, 'notes.a', [fixture.write('notes.txt', 'some notes')]),
        'object',
        '(notes.txt): is not an object file',
      ],
      'one that only names its members': [() => archive(fixture, 'thin.a', [entry], 'rcsT'), 'library', 'is a thin archive'],
    };
    it.each(Object.entries(cases))('%s', async (_, [make, kind, message]) => {
      const engine = fresh();
      const file = make();
      await expect(engine.addGeneration([entry], [file])).rejects.toMatchObject({ kind, message: expect.stringContaining(file) });
      await expect(engine.addGeneration([entry], [file])).rejects.toMatchObject({ message: expect.stringContaining(message) });
      expect(engine.call(await engine.addGeneration([entry], [library]), 'entry')).toBe(41);
    });
  });
});
