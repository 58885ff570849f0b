import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { Fixture, toolchain } from '../support/fixture';
import { compileC, compileSwift } from '../support/swift-objects';
import { first } from '../support/tier';

describe('the initialisation of a generation', () => {
  let engine: NativeEngine;
  beforeAll(() => {
    engine = new (loadAddon().Engine)(toolchain().runtimeLibraries);
  });

  const cxx = (files: Record<string, string>) => {
    const fixture = new Fixture(files);
    return Object.keys(files)
      .filter((file) => !file.endsWith('.h'))
      .map((file) => compileC(fixture, file, ['-std=c++17']));
  };

  it('runs C++ constructors once, before anything else is called, and anew for each generation', async () => {
    const objects = cxx({
      'registry.cpp': `
        #include <string>
        #include <vector>
        static int runs;
        struct Registry { std::vector<std::string> names; Registry() { ++runs; names = {"one", "two", "three"}; } };
        static Registry registry;
        extern "C" int constructed() { return runs * 10 + (int)registry.names.size(); }
        extern "C" int grow() { registry.names.push_back("more"); return constructed(); }`,
    });
    const first = await engine.addGeneration(objects, []);
    expect([engine.call(first, 'constructed'), engine.call(first, 'grow')]).toEqual([13, 14]);
    const second = await engine.addGeneration(objects, []);
    expect([engine.call(second, 'constructed'), engine.call(first, 'constructed')]).toEqual([13, 14]);
  });

  it('runs the constructors of one object by their priority', async () => {
    const objects = cxx({
      'order.cpp': `
        static int order;
        __attribute__((constructor(300))) static void third() { order = order * 10 + 3; }
        __attribute__((constructor(101))) static void first() { order = order * 10 + 1; }
        __attribute__((constructor(200))) static void second() { order = order * 10 + 2; }
        extern "C" int order_of_constructors() { return order; }`,
    });
    expect(engine.call(await engine.addGeneration(objects, []), 'order_of_constructors')).toBe(123);
  });

  it("leaves Swift's globals to their first use, once", async () => {
    const files = {
      'Globals.swift': `
        var evaluations: Int32 = 0
        let table: [String: Int32] = { evaluations += 1; return ["seven": 7, "eight": 8] }()
        enum Settings { static var level: Int32 = { evaluations += 10; return 5 }() }
        @_cdecl("evaluated") func evaluated() -> Int32 { evaluations }
        @_cdecl("use") func use() -> Int32 { Settings.level += 1; return table["eight"]! + Settings.level }`,
    };
    const loaded = await engine.addGeneration(compileSwift(new Fixture(files), 'Globals', Object.keys(files)), []);
    expect(engine.call(loaded, 'evaluated')).toBe(0);
    expect([engine.call(loaded, 'use'), engine.call(loaded, 'use')]).toEqual([14, 15]);
    expect(engine.call(loaded, 'evaluated')).toBe(11);
  });

  it('lets C++ exceptions be caught in the object that throws them', async () => {
    const objects = cxx({
      'thrower.cpp': `
        #include <stdexcept>
        #include <string>
        static int destroyed;
        struct Guard { ~Guard() { ++destroyed; } };
        static int fail(int n) { Guard guard; throw std::runtime_error(std::string(n, 'x')); }
        extern "C" int caught() {
          try { return fail(6); } catch (const std::exception &error) { return (int)std::string(error.what()).size() * 10 + destroyed; }
        }`,
    });
    expect(engine.call(await engine.addGeneration(objects, []), 'caught')).toBe(61);
  });

  it('lets C++ exceptions of a type of the generation be caught in another object', async () => {
    const objects = cxx({
      'failure.h': 'struct Failure { virtual ~Failure() = default; int code; Failure(int code) : code(code) {} };\nvoid fail(int code);',
      'catch.cpp':
        '#include "failure.h"\nextern "C" int caught() { try { fail(33); } catch (const Failure &failure) { return failure.code; } return -1; }',
      'throw.cpp':
        '#include "failure.h"\nstruct Worse : Failure { using Failure::Failure; };\nvoid fail(int code) { throw Worse(code + 1); }',
    });
    expect(engine.call(await engine.addGeneration(objects, []), 'caught')).toBe(34);
    expect(engine.call(await engine.addGeneration([...objects].reverse(), []), 'caught')).toBe(34);
  });

  first(1).it.each(['-O2', '-O1', '-O0'])(
    "lets them pass through functions of every object, also of one whose inline functions are another's, with %s",
    async (optimisation) => {
      const fixture = new Fixture({
        'inline.h': `
        #include <stdexcept>
        #define SHARED __attribute__((noinline)) inline int
        SHARED one(int n) { if (n > 100) throw std::runtime_error("one"); return n + 1; }
        SHARED two(int n) { if (n > 90) throw std::runtime_error("two"); return n * 2; }
        SHARED three(int n) { if (n > 80) throw n; return n * 3; }`,
        'first.cpp': '#include "inline.h"\nextern "C" int first(void) { return one(1) + two(2) + three(3); }',
        'second.cpp': `
        #include "inline.h"
        #define OWN __attribute__((noinline)) static int
        OWN thrower(int n) { if (n > 2) throw n; return one(n); }
        OWN between(int n) { int x = thrower(n) + three(n); return x + 1; }
        extern "C" int own(void) { try { return one(1) + two(2) + between(5); } catch (int n) { return n * 100; } }
        extern "C" int others(void) { try { return three(90); } catch (int n) { return n * 10; } }`,
      });
      const objects = ['first.cpp', 'second.cpp'].map((file) => compileC(fixture, file, [optimisation]));
      for (const order of [objects, [...objects].reverse()]) {
        const loaded = await engine.addGeneration(order, []);
        expect(['first', 'own', 'others'].map((symbol) => engine.call(loaded, symbol))).toEqual([15, 500, 900]);
      }
    },
  );

  it('gives each thread its own thread-local variables, constructed and destroyed', async () => {
    const objects = cxx({
      'threads.cpp': `
        #include <atomic>
        #include <thread>
        static std::atomic<int> destroyed;
        struct Tally { int value = 40; ~Tally() { ++destroyed; } };
        static thread_local Tally tally;
        static thread_local int zero;
        static int next() { return ++tally.value + zero++; }
        extern "C" int here() { return next(); }
        extern "C" int there() { int seen = 0; std::thread([&] { next(); seen = next(); }).join(); return seen * 10 + destroyed; }`,
    });
    const loaded = await engine.addGeneration(objects, []);
    expect([engine.call(loaded, 'here'), engine.call(loaded, 'here')]).toEqual([41, 43]);
    expect([engine.call(loaded, 'there'), engine.call(loaded, 'there')]).toEqual([431, 432]);
    expect(engine.call(loaded, 'here')).toBe(45);
  });
});
