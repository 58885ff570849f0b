import { readFileSync } from 'node:fs';
import { inChild } from '../support/child';
import { sectionsOf, sectionType } from '../support/elf';
import { Fixture, toolchain } from '../support/fixture';
import { compileC, compileSwift } from '../support/swift-objects';
import { first } from '../support/tier';

const objectsOfACampaign = 300;

interface Campaign {
  libraries: string[];
  damaged: string;
  good: string;
  /** What is damaged: offsets and lengths. */
  structure: [offset: number, length: number][];
  /** The seed of the first object; the others follow it. */
  seed: number;
  count: number;
}

interface Outcome {
  linked: number;
  refused: Record<string, number>;
  /** Messages that name neither the file nor missing symbols nor a library. */
  nameless: string[];
  good: number;
}

/**
 * Links copies of an object of which one to three bytes were changed, all in one process. Nothing of them is called, and the object has no
 * initialisers: damaged code and data link, and would do anything.
 */
function campaign(input: Campaign): Promise<Outcome> {
  return inChild(async (addon, { libraries, damaged, good, structure, seed: first, count }): Promise<Outcome> => {
    const { readFileSync, writeFileSync, writeSync } = require('node:fs');
    const engine = new addon.Engine(libraries);
    const original: Buffer = readFileSync(damaged);
    // Mulberry32.
    const generator = (state: number) => () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let value = Math.imul(state ^ (state >>> 15), state | 1);
      value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
      return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
    };
    const outcome: Outcome = { linked: 0, refused: {}, nameless: [], good: 0 };
    for (let seed = first; seed < first + count; ++seed) {
      const random = generator(seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const copy = Buffer.from(original);
      for (let change = below(3); change >= 0; --change) {
        const [offset, length] = structure[below(structure.length)];
        const at = offset + below(length);
        copy[at] = random() < 0.5 ? copy[at] ^ (1 << below(8)) : [0, 0xff, below(256)][below(3)];
      }
      writeFileSync(damaged, copy);
      // The last line of a process that crashes.
      writeSync(1, `seed ${seed}\n`);
      try {
        await engine.addGeneration([damaged], []);
        outcome.linked += 1;
      } catch (error) {
        const { kind, message } = error as { kind: string; message: string };
        outcome.refused[kind] = (outcome.refused[kind] ?? 0) + 1;
        if (!message.includes(damaged) && kind !== 'symbols' && kind !== 'library') outcome.nameless.push(`${seed}: ${message}`);
      }
    }
    outcome.good = engine.call(await engine.addGeneration([good], []), 'good');
    return outcome;
  }, input);
}

describe('objects with random damage in what the linker reads are linked or refused, never the end of the process', () => {
  const fixture = () =>
    new Fixture({
      'good.c': 'int good(void) { return 11; }',
      'Shapes.swift': `
        protocol Shape { func area() -> Int }
        struct Square: Shape { var side: Int; func area() -> Int { side * side } }
        final class Box<T> { var value: T; init(_ value: T) { self.value = value } }
        var total = [1, 2, 3].map { Box($0).value }`,
      'thrower.cpp': `
        #include <stdexcept>
        thread_local int depth = 1;
        template <class T> T twice(T value) { return value + value; }
        int thrower(int n) {
          try { if (n > 2) throw std::runtime_error("deep"); return twice(n) + ++depth; } catch (const std::exception &) { return twice(2); }
        }`,
    });

  const structureOf = (object: string, kinds: 'tables' | 'unwind information'): Campaign['structure'] => {
    const bytes = readFileSync(object);
    const sections = sectionsOf(bytes);
    const wanted = sections.filter(({ name, type, size }) =>
      kinds === 'tables'
        ? size > 0 && [sectionType.symbols, sectionType.names, sectionType.relocations].includes(type)
        : name === '.eh_frame',
    );
    const contents = wanted.map(({ offset, size }): [number, number] => [offset, size]);
    if (kinds === 'unwind information') return contents;
    const elfHeader: [number, number] = [0, 64];
    const sectionTable: [number, number] = [sections[0].header, 64 * sections.length];
    return [...contents, ...Array(Math.ceil(contents.length / 2)).fill(sectionTable), ...Array(3).fill(elfHeader)];
  };

  const objects = {
    Swift: (files: Fixture) => compileSwift(files, 'Shapes', ['Shapes.swift'])[0],
    'C++': (files: Fixture) => compileC(files, 'thrower.cpp', ['-O1']),
  };
  first(1).it.each([
    ['Swift', 'tables', 1000],
    ['Swift', 'unwind information', 2000],
    ['C++', 'tables', 3000],
    ['C++', 'unwind information', 4000],
  ] as const)('of %s, in its %s', async (language, kinds, seed) => {
    const files = fixture();
    const damaged = objects[language](files);
    const input = {
      libraries: toolchain().runtimeLibraries,
      damaged,
      good: compileC(files, 'good.c'),
      structure: structureOf(damaged, kinds),
      seed,
    };
    const { linked, refused, nameless, good } = await campaign({ ...input, count: objectsOfACampaign });
    expect(nameless).toEqual([]);
    // Were all of them one or the other, the campaign would show nothing.
    expect(linked).toBeGreaterThan(objectsOfACampaign / 10);
    expect(refused.object).toBeGreaterThan(objectsOfACampaign / 10);
    expect(linked + Object.values(refused).reduce((sum, count) => sum + count, 0)).toBe(objectsOfACampaign);
    expect(good).toBe(11);
  });
});
