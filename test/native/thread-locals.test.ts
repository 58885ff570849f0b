import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { inChild } from '../support/child';
import { relocationsOf, relocationType } from '../support/elf';
import { Fixture, toolchain } from '../support/fixture';
import { buildLibrary, compileC } from '../support/swift-objects';

describe('thread-local variables', () => {
  let engine: NativeEngine;
  beforeAll(() => {
    engine = new (loadAddon().Engine)(toolchain().runtimeLibraries);
  });

  const compile = (files: Record<string, string>, flags: readonly string[]) => {
    const fixture = new Fixture(files);
    const sources = Object.keys(files).filter((file) => file.endsWith('.cpp'));
    return sources.map((file) => compileC(fixture, file, ['-std=c++17', ...flags]));
  };
  const relocationTypes = (object: string) => relocationsOf(object).map(({ type }) => type);

  it.each(['-O0', '-O2'])("are each thread's own: zero and initialised, large and small ones, compiled with %s", async (optimisation) => {
    const objects = compile(
      {
        'tally.cpp': `
          #include <thread>
          static thread_local char first = 1;
          static thread_local long zero;
          static thread_local int large[300] = {7};
          static thread_local int last = 40;
          __attribute__((noinline)) static long next() {
            first += 1; zero += 10; large[299] += 100; last += 1;
            return first + zero + large[0] + large[299] + last;
          }
          extern "C" int here() { return (int)next(); }
          extern "C" int there() { long seen = 0; std::thread([&] { next(); seen = next(); }).join(); return (int)seen; }`,
        'alone.cpp': 'static thread_local int one; extern "C" int alone() { return ++one; }',
      },
      [optimisation],
    );
    if (process.arch === 'x64' && optimisation === '-O2') {
      expect(relocationTypes(objects[0])).toEqual(expect.arrayContaining([relocationType.TLSLD, relocationType.DTPOFF32]));
    }
    const generation = await engine.addGeneration(objects, []);
    const answers = ['here', 'here', 'there', 'here', 'alone', 'alone', 'there'].map((symbol) => engine.call(generation, symbol));
    const total = (calls: number) => 1 + 40 + 7 + calls * (1 + 10 + 100 + 1);
    expect(answers).toEqual([total(1), total(2), total(2), total(3), 1, 2, total(2)]);
  });

  it.each(['-O0', '-O2'])(
    'of headers are shared by all objects of a generation, beside others that are not, compiled with %s',
    async (optimisation) => {
      const objects = compile(
        {
          'shared.h': `
          inline thread_local int shared = 7;
          static thread_local int mine = 100, other = 200;
          inline int entered() { static thread_local int calls; return ++calls; }`,
          'one.cpp': `
          #include "shared.h"
          extern "C" int one() { ++shared; ++mine; ++other; return entered() * 1000000 + shared * 10000 + mine + other; }`,
          'two.cpp': `
          static thread_local int before = 1, then = 2;
          #include "shared.h"
          extern thread_local int elsewhere;
          extern "C" int two() {
            ++shared; ++mine; ++other; ++before; ++then;
            return entered() * 1000000 + shared * 10000 + mine + other + before + then + elsewhere++;
          }`,
          'three.cpp': 'thread_local int elsewhere = 1000; extern "C" int three() { return elsewhere; }',
        },
        [optimisation],
      );
      for (const order of [objects, [...objects].reverse()]) {
        const generation = await engine.addGeneration(order, []);
        const answers = ['one', 'two', 'one', 'three'].map((symbol) => engine.call(generation, symbol));
        expect(answers).toEqual([1080302, 2091307, 3100304, 1001]);
      }
    },
  );

  it('are aligned as they ask to be, in every thread', async () => {
    const [object] = compile(
      {
        'aligned.cpp': `
          #include <thread>
          static thread_local char before = 1;
          static thread_local struct alignas(256) { int value; } zero;
          static thread_local struct alignas(64) { int value = 3; } three;
          template <class Variable> static unsigned long rest(Variable &variable, unsigned long alignment) {
            unsigned long address = reinterpret_cast<unsigned long>(&variable);
            __asm__ volatile("" : "+r"(address));
            return address % alignment;
          }
          static int misaligned() { return (int)(rest(zero, 256) + rest(three, 64)) * 10 + three.value + before - 4; }
          extern "C" int here() { return misaligned(); }
          extern "C" int there() { int seen = 0; for (int i = 0; i < 8; ++i) std::thread([&] { seen += misaligned(); }).join(); return seen; }`,
      },
      ['-O1'],
    );
    const generation = await engine.addGeneration([object], []);
    expect([engine.call(generation, 'here'), engine.call(generation, 'there')]).toEqual([0, 0]);
  });

  it('may be described by debug information', async () => {
    const source = 'inline thread_local int shared = 7; static thread_local int mine; extern "C" int next() { return ++shared + ++mine; }';
    const [object] = compile({ 'tally.cpp': source }, ['-g', '-O2']);
    const generation = await engine.addGeneration([object], []);
    expect([engine.call(generation, 'next'), engine.call(generation, 'next')]).toEqual([9, 11]);
  });

  it('of a shared library are not reached from outside of it: the process ends and says so', async () => {
    const fixture = new Fixture({
      'library.c': '__thread int theirs = 3;',
      'uses.c': 'extern __thread int theirs; int uses(void) { return theirs; }',
    });
    const library = buildLibrary(fixture, ['library.c'], 'liblibrary.so');
    const input = { objects: [compileC(fixture, 'uses.c')], library };
    const child = inChild(async (addon, { objects, library }) => {
      const engine = new addon.Engine([]);
      return engine.call(await engine.addGeneration(objects, [library]), 'uses');
    }, input);
    await expect(child).rejects.toThrow('a generation uses a thread-local variable of a shared library, which is not supported');
  });

  it('may be in more objects than a process has keys for', async () => {
    const [object] = compile({ 'tally.cpp': 'static thread_local int value = 41; extern "C" int next() { return ++value; }' }, ['-O1']);
    const answers = [];
    for (let count = 0; count < 1100; count += 1) answers.push(engine.call(await engine.addGeneration([object], []), 'next'));
    expect(new Set(answers)).toEqual(new Set([42]));
  });
});
