import { inChild } from '../support/child';
import { Fixture, toolchain } from '../support/fixture';
import { compileC, compileSwift } from '../support/swift-objects';

const addonPath = require.resolve('../../lib/reload/native.js');

describe('engines beside one another', () => {
  const counter = () => {
    const fixture = new Fixture({
      'Counter.swift': `
        protocol Step { var size: Int32 { get } }
        struct One: Step { var size: Int32 { 1 } }
        var count: Int32 = 0
        @_cdecl("step") func step() -> Int32 { let any: Any = One(); count += (any as? any Step)?.size ?? 1000; return count }`,
      'tally.cpp': `
        struct Tally { int value = 40; };
        static thread_local Tally tally;
        static int constructed = 0;
        __attribute__((constructor)) static void construct() { ++constructed; }
        extern "C" int tally_up() { return ++tally.value * 10 + constructed; }`,
    });
    const objects = [...compileSwift(fixture, 'Counter', ['Counter.swift']), compileC(fixture, 'tally.cpp')];
    return { libraries: toolchain().runtimeLibraries, objects, addonPath };
  };

  it('in one thread: each has its own generations, numbered from 0, with their own variables', async () => {
    const answers = await inChild(async (addon, { libraries, objects }) => {
      const engines = [new addon.Engine(libraries), new addon.Engine(libraries)];
      const generations: number[] = [];
      for (const engine of engines) generations.push(await engine.addGeneration(objects, []));
      const call = (index: number, symbol: string) => engines[index].call(generations[index], symbol);
      return {
        generations,
        steps: [0, 0, 1, 0].map((index) => call(index, 'step')),
        tallies: [1, 0, 1].map((index) => call(index, 'tally_up')),
      };
    }, counter());
    expect(answers).toEqual({ generations: [0, 0], steps: [1, 2, 1, 3], tallies: [411, 411, 421] });
  });

  it('link at the same time: each promise gets its own result or its own error', async () => {
    const fixture = new Fixture({
      'lost.c': 'int nowhere(void); int lost(void) { return nowhere(); }',
      'gone.c': 'int missing(void); int gone(void) { return missing(); }',
    });
    const input = { ...counter(), open: ['lost.c', 'gone.c'].map((file) => compileC(fixture, file)) };
    const answers = await inChild(async (addon, { libraries, objects, open }) => {
      const engines = [new addon.Engine(libraries), new addon.Engine(libraries)];
      const work = Array.from({ length: 24 }, (_, index) => {
        const engine = engines[index % 2];
        return index % 3 === 0
          ? engine.addGeneration([open[index % 2]], []).then(String, (error) => error.symbols.join())
          : engine.addGeneration(objects, []).then((generation) => engine.call(generation, 'step'));
      });
      return Promise.all(work);
    }, input);
    expect(answers).toEqual(Array.from({ length: 24 }, (_, index) => (index % 3 === 0 ? ['nowhere', 'missing'][index % 2] : 1)));
  });

  it('in two worker threads: the same, and thread-local variables are those of the thread', async () => {
    const answers = await inChild(async (_, input) => {
      const { Worker } = require('node:worker_threads');
      const script = `
        const { parentPort, workerData } = require('node:worker_threads');
        const addon = require(workerData.addonPath).loadAddon();
        const engine = new addon.Engine(workerData.libraries);
        engine.addGeneration(workerData.objects, []).then((generation) => {
          const steps = Array.from({ length: workerData.steps }, () => engine.call(generation, 'step'));
          parentPort.postMessage({ generation, steps, tally: engine.call(generation, 'tally_up') });
        });`;
      const run = (steps: number) =>
        new Promise((resolve, reject) => {
          new Worker(script, { eval: true, workerData: { ...input, steps } }).once('message', resolve).once('error', reject);
        });
      return Promise.all([run(3), run(5)]);
    }, counter());
    expect(answers).toEqual([
      { generation: 0, steps: [1, 2, 3], tally: 411 },
      { generation: 0, steps: [1, 2, 3, 4, 5], tally: 411 },
    ]);
  });

  it('go on when a worker thread with an engine is terminated, at work or idle', async () => {
    const answers = await inChild(async (addon, input) => {
      const { Worker } = require('node:worker_threads');
      const script = `
        const { parentPort, workerData } = require('node:worker_threads');
        const addon = require(workerData.addonPath).loadAddon();
        const engine = new addon.Engine(workerData.libraries);
        (async () => {
          const links = Array.from({ length: 8 }, () => engine.addGeneration(workerData.objects, []));
          if (!workerData.busy) await Promise.all(links);
          parentPort.postMessage('ready');
          setInterval(() => {}, 1000);
        })();`;
      const engine = new addon.Engine(input.libraries);
      const generation = await engine.addGeneration(input.objects, []);
      const steps = [];
      for (const busy of [true, false, true, true]) {
        const worker = new Worker(script, { eval: true, workerData: { ...input, busy } });
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
        await worker.terminate();
        steps.push(engine.call(generation, 'step'));
      }
      return [...steps, engine.call(await engine.addGeneration(input.objects, []), 'step')];
    }, counter());
    expect(answers).toEqual([1, 2, 3, 4, 1]);
  });

  it('leave a host alone whose worker thread is terminated while it asks for stamps of files', async () => {
    const count = await inChild(async (_, input) => {
      const { Worker } = require('node:worker_threads');
      const script = `
        const { parentPort, workerData } = require('node:worker_threads');
        const addon = require(workerData.addonPath).loadAddon();
        const paths = (workerData.addonPath + '\\0').repeat(2000);
        const rows = new Float64Array(2000 * 5);
        parentPort.postMessage('ready');
        for (;;) addon.stampFiles(paths, rows);`;
      for (let count = 1; ; ++count) {
        const worker = new Worker(script, { eval: true, workerData: input });
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
        await worker.terminate();
        if (count === 25) return count;
      }
    }, counter());
    expect(count).toBe(25);
  });

  it('end with a process that exits while they link', async () => {
    const answer = await inChild((addon, { libraries, objects }) => {
      const engine = new addon.Engine(libraries);
      for (let link = 0; link < 20; ++link) engine.addGeneration(objects, []);
      setImmediate(() => process.exit(0));
      return 'left';
    }, counter());
    expect(answer).toBe('left');
  });

  it('answer with values that go through JSON unchanged', async () => {
    const fixture = new Fixture({
      'extremes.c':
        'int least(void) { return -2147483647 - 1; } int most(void) { return 2147483647; } void *here(void) { return (void *)here; }',
    });
    const input = { libraries: toolchain().runtimeLibraries, objects: [compileC(fixture, 'extremes.c')] };
    const answers = await inChild(async (addon, { libraries, objects }) => {
      const engine = new addon.Engine(libraries);
      const generation = await engine.addGeneration(objects, []);
      const failures = [() => engine.call(generation, 'absent'), () => engine.lookup(7, 'most')].map((call) => {
        try {
          return call();
        } catch (error) {
          const { kind, message } = error as Error & { kind: string };
          return { kind, message };
        }
      });
      const address = engine.lookup(generation, 'here');
      return {
        numbers: [engine.call(generation, 'least'), engine.call(generation, 'most')],
        address: typeof address,
        same: engine.lookup(generation, 'here') === address,
        failures,
      };
    }, input);
    expect(answers).toEqual({
      numbers: [-2147483648, 2147483647],
      address: 'bigint',
      same: true,
      failures: [
        { kind: 'missing', message: 'the newest generation has no function absent' },
        { kind: 'missing', message: 'there is no generation 7' },
      ],
    });
  });
});
