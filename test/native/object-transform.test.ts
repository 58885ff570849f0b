import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { oversizedSymbols, permissionsOf, sectionFlag, sectionsOf, symbolNamed } from '../support/elf';
import { Fixture, toolchain } from '../support/fixture';
import { compileC, compileSwift } from '../support/swift-objects';

describe('an object as the compiler emits it', () => {
  let engine: NativeEngine;
  beforeAll(() => {
    engine = new (loadAddon().Engine)(toolchain().runtimeLibraries);
  });

  const call = async (object: string, symbol: string) => engine.call(await engine.addGeneration([object], []), symbol);

  it('links although type metadata reaches over the end of its section', async () => {
    const fixture = new Fixture({
      'Shapes.swift': `
        class Shape { func sides() -> Int { 0 } }
        final class Square: Shape { override func sides() -> Int { 4 } }
        enum Colour: Error { case red, named(String) }
        @_cdecl("sides") func sides() -> Int32 {
          let shapes: [Shape] = [Shape(), Square()]
          do { throw Colour.named("blue") } catch Colour.named(let name) { return Int32(shapes[1].sides() + name.count) } catch { return -1 }
        }`,
    });
    const [object] = compileSwift(fixture, 'Shapes', ['Shapes.swift']);
    expect(oversizedSymbols(object)).toContain('$s6Shapes6ColourON');
    expect(await call(object, 'sides')).toBe(8);
  });

  it('links although one symbol claims to be larger than the whole file', async () => {
    const fixture = new Fixture({ 'table.c': 'const int table[3] = {5, 6, 7}; int sum(void) { return table[0] + table[1] + table[2]; }' });
    const bytes = readFileSync(compileC(fixture, 'table.c'));
    bytes.writeBigUInt64LE(1n << 40n, symbolNamed(bytes, 'table').entry + 16);
    expect(oversizedSymbols(bytes)).toEqual(['table']);
    expect(await call(fixture.write('oversized.o', bytes), 'sum')).toBe(18);
  });

  it('links although key paths put a writable section beside a constant one of the same name', async () => {
    const fixture = new Fixture({
      'Paths.swift': `
        public struct Point { public var x = 1 }
        public final class Box { public var width = 2 }
        let path = \\Point.x
        @_cdecl("follow") func follow() -> Int32 {
          let box = Box()
          box[keyPath: \\Box.width] = 40
          return Int32(box.width + Point()[keyPath: path])
        }`,
    });
    const [object] = compileSwift(fixture, 'Paths', ['Paths.swift']);
    expect(permissionsOf(object, '.rodata').sort()).toEqual(['--', 'w-']);
    expect(await call(object, 'follow')).toBe(41);
  });

  it('keeps code, constants and variables apart when all three sections have one name', async () => {
    const fixture = new Fixture({
      'mixed.c': 'static int variable = 30; const int constant = 7; int mixed(void) { variable += constant; return variable; }',
    });
    const object = compileC(fixture, 'mixed.c', ['-O1']);
    execFileSync('objcopy', ['.text', '.data', '.rodata'].flatMap((name) => ['--rename-section', `${name}=.mixed`]).concat(object));
    expect(permissionsOf(object, '.mixed').sort()).toEqual(['--', '-x', 'w-']);
    const generation = await engine.addGeneration([object], []);
    expect([engine.call(generation, 'mixed'), engine.call(generation, 'mixed')]).toEqual([37, 44]);
  });

  it('links although an empty section stands where another begins', async () => {
    const fixture = new Fixture({
      'empty.c': '__attribute__((aligned(16))) static int count; int next(void) { return ++count; } __asm__(".text\\n.p2align 4\\n");',
    });
    const object = compileC(fixture, 'empty.c', ['-O1']);
    const loaded = sectionsOf(object).filter((section) => section.flags & sectionFlag.allocate);
    expect(loaded.slice(0, 3).map(({ name, size }) => [name, size])).toEqual([
      ['.text', 16],
      ['.data', 0],
      ['.bss', 4],
    ]);
    expect(await call(object, 'next')).toBe(1);
  });

  it('finds thread-local variables in sections named after them, initialised and zero', async () => {
    const fixture = new Fixture({
      'tally.cpp': `
        template <class T> struct Slot { static thread_local int value; };
        template <class T> thread_local int Slot<T>::value = 40;
        inline thread_local int untouched;
        extern "C" int next() { return ++Slot<int>::value + untouched++; }`,
    });
    const object = compileC(fixture, 'tally.cpp', ['-std=c++17']);
    const threadLocal = sectionsOf(object).filter((section) => section.flags & sectionFlag.threadLocal);
    expect(threadLocal.map((section) => section.name).sort()).toEqual(['.tbss.untouched', '.tdata._ZN4SlotIiE5valueE']);
    const generation = await engine.addGeneration([object], []);
    expect([engine.call(generation, 'next'), engine.call(generation, 'next')]).toEqual([41, 43]);
  });

  it('may come from C, with common symbols, strings and sections for each function', async () => {
    const fixture = new Fixture({
      'plain.c': `
        #include <string.h>
        int common;
        static const char *words[] = {"one", "three"};
        int plain(void) { common += 2; return common + (int)strlen(words[1]); }`,
    });
    const object = compileC(fixture, 'plain.c', ['-fcommon', '-ffunction-sections', '-fdata-sections', '-g']);
    const generation = await engine.addGeneration([object], []);
    expect([engine.call(generation, 'plain'), engine.call(generation, 'plain')]).toEqual([7, 9]);
  });

  it('may come from C++, with virtual functions and inline functions that two objects share', async () => {
    const fixture = new Fixture({
      'shape.h': `
        struct Shape { virtual ~Shape() = default; virtual int sides() const { return 0; } };
        inline int counted() { static int count = 0; return ++count; }
        Shape *make();`,
      'shape.cpp':
        '#include "shape.h"\nstruct Square : Shape { int sides() const override { return 4; } };\nShape *make() { counted(); return new Square; }',
      'use.cpp':
        '#include "shape.h"\nextern "C" int use() { Shape *shape = make(); int sides = shape->sides(); delete shape; return sides * 10 + counted(); }',
    });
    const generation = await engine.addGeneration([compileC(fixture, 'shape.cpp'), compileC(fixture, 'use.cpp')], []);
    expect([engine.call(generation, 'use'), engine.call(generation, 'use')]).toEqual([42, 44]);
  });
});
