import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { inChild } from '../support/child';
import { Fixture, toolchain, toolEnvironment } from '../support/fixture';
import { buildLibrary, compileC, compileSwift, preloading } from '../support/swift-objects';

describe('the libraries of a generation', () => {
  const fresh = (searched: string[] = []): NativeEngine => new (loadAddon().Engine)([...searched, ...toolchain().runtimeLibraries]);

  /** What an addGeneration that must fail failed with. */
  async function failure(engine: NativeEngine, objects: string[], libraries: string[] = []) {
    try {
      await engine.addGeneration(objects, libraries);
    } catch (error) {
      const { kind, message, symbols } = error as Error & { kind: string; symbols?: string[] };
      return { kind, message, symbols };
    }
    throw new Error('the generation was linked');
  }

  /** A library in a folder of its own and an object that calls it. */
  function weather(name: string, autolinked: boolean) {
    const fixture = new Fixture({
      'weather.c': 'int degrees(void) { return 21; }',
      'Forecast.swift': `
        @_silgen_name("degrees") func degrees() -> Int32
        @_cdecl("forecast") func forecast() -> Int32 { degrees() + 1 }`,
    });
    const library = buildLibrary(fixture, ['weather.c'], `lib${name}.so`);
    const [object] = compileSwift(fixture, 'Forecast', ['Forecast.swift'], autolinked ? ['-autolink-library', name] : []);
    return { folder: fixture.folder, library, object };
  }

  it('are those that an object names, found on the search paths', async () => {
    const { folder, object } = weather('autoweather', true);
    const engine = fresh([folder]);
    expect(engine.call(await engine.addGeneration([object], []), 'forecast')).toBe(22);
  });

  it('that an object names and that are nowhere are an error that names them', async () => {
    const { object } = weather('lostweather', true);
    expect(await failure(fresh(), [object])).toMatchObject({
      kind: 'library',
      message: expect.stringContaining(`${object} needs -llostweather: the library liblostweather.so could not be loaded`),
      symbols: ['degrees'],
    });
  });

  it('that an object names and that are nowhere are nothing, when it uses nothing of them', async () => {
    const fixture = new Fixture({ 'Own.swift': '@_cdecl("forecast") func forecast() -> Int32 { 23 }' });
    const [object] = compileSwift(fixture, 'Own', ['Own.swift'], ['-autolink-library', 'unusedweather']);
    const engine = fresh();
    expect(engine.call(await engine.addGeneration([object], []), 'forecast')).toBe(23);
  });

  it('may be given as a path', async () => {
    const { library, object } = weather('pathweather', false);
    const engine = fresh();
    expect(engine.call(await engine.addGeneration([object], [library]), 'forecast')).toBe(22);
  });

  it('may be given as -l and a name', async () => {
    const { folder, object } = weather('flagweather', false);
    const engine = fresh([folder]);
    expect(engine.call(await engine.addGeneration([object], ['-lflagweather']), 'forecast')).toBe(22);
  });

  it('stay for the generations that follow', async () => {
    const { library, object } = weather('keptweather', false);
    const engine = fresh();
    await engine.addGeneration([object], [library]);
    expect(engine.call(await engine.addGeneration([object], []), 'forecast')).toBe(22);
  });

  it('are an error that says why, when they are no libraries', async () => {
    const { object } = weather('fakeweather', false);
    const fake = new Fixture().write('libfake.so', 'not a library');
    const { kind, message } = await failure(fresh(), [object], [fake]);
    expect(kind).toBe('library');
    expect(message).toMatch(`the library ${fake} could not be loaded: ${fake}: file too short`);
  });

  it('and the objects leave symbols open: an error with all their names, sorted, and the next generation links', async () => {
    const fixture = new Fixture({
      'open.c': 'int zebra(void); int apple(void); extern int mango; int open_ends(void) { return zebra() + apple() + mango; }',
      'more.c': 'int zebra(void); int banana(void); int more(void) { return zebra() + banana(); }',
      'closed.c': 'int zebra(void) { return 1; } int apple(void) { return 2; } int banana(void) { return 3; } int mango = 4;',
    });
    const objects = ['open.c', 'more.c'].map((file) => compileC(fixture, file));
    const engine = fresh();
    expect(await failure(engine, objects)).toMatchObject({ kind: 'symbols', symbols: ['apple', 'banana', 'mango', 'zebra'] });
    const loaded = await engine.addGeneration([...objects, compileC(fixture, 'closed.c')], []);
    expect([engine.call(loaded, 'open_ends'), engine.call(loaded, 'more')]).toEqual([7, 4]);
  });

  it('leave Swift symbols open: their names demangle', async () => {
    const fixture = new Fixture({
      'Model.swift': 'func price() -> Int { 3 }',
      'Use.swift': '@_cdecl("use") func use() -> Int32 { Int32(price()) }',
    });
    const [, use] = compileSwift(fixture, 'Shop', ['Model.swift', 'Use.swift']);
    const engine = fresh();
    const { symbols } = await failure(engine, [use]);
    expect(symbols).toEqual(['$s4Shop5priceSiyF']);
    expect(engine.demangle('$s4Shop5priceSiyF')).toBe('Shop.price() -> Swift.Int');
  });

  it('go before what Node exports under the same name', async () => {
    const exported = execFileSync('nm', ['-D', '--defined-only', process.execPath], { encoding: 'utf8', maxBuffer: 1 << 28 });
    expect(exported).toMatch(/ T crc32$/m);
    const fixture = new Fixture({
      'own.c': 'unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned length) { return 4711; }',
      'sum.c':
        'unsigned long crc32(unsigned long, const unsigned char *, unsigned);\nint sum(void) { return (int)crc32(0, (const unsigned char *)"a", 1); }',
    });
    const object = compileC(fixture, 'sum.c');
    const engine = fresh();
    expect(engine.call(await engine.addGeneration([object], [buildLibrary(fixture, ['own.c'], 'libown.so')]), 'sum')).toBe(4711);
  });

  it('and the generation allocate and free memory with what the process has put in the place of malloc and operator new', async () => {
    const fixture = new Fixture({
      'allocator.cpp': `
        #include <cstdlib>
        #include <new>
        extern "C" void *__libc_malloc(size_t);
        extern "C" void *malloc(size_t size) { return __libc_malloc(size); }
        void *operator new(size_t size) { return __libc_malloc(size); }
        void operator delete(void *memory) noexcept { std::free(memory); }`,
      'uses.cpp': `
        #include <cstdlib>
        #include <dlfcn.h>
        #include <new>
        template <class Function> static int isTheProcesss(Function *used, const char *name) {
          return reinterpret_cast<void *>(used) == dlsym(RTLD_DEFAULT, name);
        }
        extern "C" int uses() {
          return isTheProcesss(&std::malloc, "malloc") * 100 + isTheProcesss<void *(size_t)>(&::operator new, "_Znwm") * 10 +
                 isTheProcesss<void(void *)>(&::operator delete, "_ZdlPv");
        }`,
    });
    const allocator = fixture.path('liballocator.so');
    execFileSync('c++', ['-shared', '-fPIC', '-O1', fixture.path('allocator.cpp'), '-o', allocator], { env: toolEnvironment });
    const input = { libraries: toolchain().runtimeLibraries, objects: [compileC(fixture, 'uses.cpp')] };
    const answer = await inChild(
      async (addon, { libraries, objects }) => {
        const engine = new addon.Engine(libraries);
        // libstdc++ among the libraries that are searched first.
        return engine.call(await engine.addGeneration(objects, ['-lFoundation']), 'uses');
      },
      input,
      { env: preloading(allocator) },
    );
    expect(answer).toBe(111);
  });

  it('go behind what the generation itself defines', async () => {
    const { folder, library, object } = weather('shadowweather', false);
    const fixture = new Fixture({ 'own.c': 'int degrees(void) { return 30; }' });
    const engine = fresh([folder]);
    expect(path.dirname(library)).toBe(folder);
    expect(engine.call(await engine.addGeneration([object, compileC(fixture, 'own.c')], [library]), 'forecast')).toBe(31);
    expect(engine.call(await engine.addGeneration([object], []), 'forecast')).toBe(22);
  });
});
