import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { NativeAddon } from '../../lib/reload/native.js';
import { buildFolder, buildTarget } from '../support/addons';
import { inChild } from '../support/child';
import { Fixture, toolEnvironment } from '../support/fixture';
import { compileC } from '../support/swift-objects';

const build = buildFolder();
const engines = {
  engine: path.join(build, 'Release', 'hotswift.node'),
  mutant: path.join(build, 'test', 'native', 'mutants', 'with_dependencies.node'),
};

/** Counts what is asked of the allocator, which is the same at every run, unlike time. */
const counter = `
  #include <stdatomic.h>
  #include <stddef.h>
  extern void *__libc_malloc(size_t size);
  static _Atomic unsigned long bytes;
  extern void *__libc_memalign(size_t alignment, size_t size);
  void *malloc(size_t size) { bytes += size; return __libc_malloc(size); }
  void *aligned_alloc(size_t alignment, size_t size) { bytes += size; return __libc_memalign(alignment, size); }
  unsigned long allocated_bytes(void) { return bytes; }`;

/** Functions and constants without a name that others see, as Swift's metadata is, each of which refers to some others. */
function locals(count: number): string {
  const indices = Array.from({ length: count }, (_, index) => index);
  const declared = indices.map((index) => `static int f${index}(int);`);
  const constants = indices.map(
    (index) => `static int (*const t${index}[])(int) = { f${(index + 1) % count}, f${(index * 7 + 3) % count} };`,
  );
  const functions = indices.map(
    (index) => `static int f${index}(int n) { return n ? t${index}[n & 1](n - 1) + t${(index * 13 + 5) % count}[0](n - 1) : ${index}; }`,
  );
  return [...declared, ...constants, ...functions, 'int all(void) { return f0(3); }'].join('\n');
}

describe('the work of a link', () => {
  let input: { objects: string[]; reading: string };
  let preload: string;
  beforeAll(() => {
    buildTarget('with_dependencies');
    const fixture = new Fixture({
      'counter.c': counter,
      'reading.c': 'extern unsigned long allocated_bytes(void); int kilobytes(void) { return (int)(allocated_bytes() >> 10); }',
      'small.c': locals(200),
      'large.c': locals(800),
    });
    preload = fixture.path('counter.so');
    execFileSync('cc', ['-shared', '-fPIC', fixture.path('counter.c'), '-o', preload], { env: toolEnvironment });
    const flags = ['-ffunction-sections', '-fdata-sections'];
    input = {
      objects: ['small.c', 'large.c'].map((file) => compileC(fixture, file, flags)),
      reading: compileC(fixture, 'reading.c'),
    };
  }, 600_000);

  /** How many times as much the large object takes as the small one, which is a quarter of it. */
  async function growth(addon: string): Promise<number> {
    const [small = 0, large = 0] = await inChild(
      async (_, { addon, objects, reading }) => {
        const { Engine } = require(addon) as NativeAddon;
        const engine = new Engine([]);
        const counting = await engine.addGeneration([reading], []);
        const costs: number[] = [];
        for (const object of objects) {
          const before = engine.call(counting, 'kilobytes');
          const generation = await engine.addGeneration([object], []);
          costs.push(engine.call(counting, 'kilobytes') - before);
          if (engine.call(generation, 'all') === 0) throw new Error('the object does not work');
        }
        return costs;
      },
      { ...input, addon },
      { env: { LD_PRELOAD: preload } },
    );
    return large / small;
  }

  it('grows as the object does', async () => {
    expect(await growth(engines.engine)).toBeLessThan(5);
  });

  it('would grow much faster, were ORC to look at what needs what', async () => {
    expect(await growth(engines.mutant)).toBeGreaterThan(6);
  });
});
