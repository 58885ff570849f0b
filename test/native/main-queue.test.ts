import { inChild } from '../support/child';
import { Fixture, toolchain } from '../support/fixture';
import { compileSwift } from '../support/swift-objects';

/** Starts `start`, then asks `progress` again and again, for it to become `goal`; and how long that took, in milliseconds. */
function reached(source: string, goal: number, uses: string[] = []): Promise<{ progress: number; milliseconds: number }> {
  const fixture = new Fixture({
    'Work.swift': `
      ${uses.map((module) => `import ${module}`).join('\n')}
      nonisolated(unsafe) var progress: Int32 = 0
      @_cdecl("progress") func progressNow() -> Int32 { progress }
      ${source}`,
  });
  const input = { libraries: toolchain().runtimeLibraries, objects: compileSwift(fixture, 'Work', ['Work.swift']), goal };
  return inChild(async (addon, { libraries, objects, goal }) => {
    const engine = new addon.Engine(libraries);
    const generation = await engine.addGeneration(objects, []);
    const begin = Date.now();
    engine.call(generation, 'start');
    while (engine.call(generation, 'progress') !== goal && Date.now() - begin < 5000) await new Promise((later) => setTimeout(later, 5));
    return { progress: engine.call(generation, 'progress'), milliseconds: Date.now() - begin };
  }, input);
}

describe("the process's main queue runs while JavaScript waits, and lets the process end", () => {
  it('for a task on the main actor', async () => {
    const { progress } = await reached('@_cdecl("start") func start() -> Int32 { Task { @MainActor in progress = 7 }; return 0 }', 7);
    expect(progress).toBe(7);
  });

  it('for a block on the main queue, on the main thread', async () => {
    const source = `
      @_cdecl("start") func start() -> Int32 {
        DispatchQueue.main.async { dispatchPrecondition(condition: .onQueue(.main)); progress = Thread.isMainThread ? 8 : -8 }
        return 0
      }`;
    expect((await reached(source, 8, ['Dispatch', 'Foundation'])).progress).toBe(8);
  });

  it('for a block that the main queue gets later', async () => {
    const source = `
      @_cdecl("start") func start() -> Int32 {
        DispatchQueue.main.asyncAfter(deadline: .now() + .milliseconds(100)) { progress = 9 }
        return 0
      }`;
    const { progress, milliseconds } = await reached(source, 9, ['Dispatch']);
    expect(progress).toBe(9);
    expect(milliseconds).toBeGreaterThanOrEqual(95);
  });

  it('for code that assumes the isolation of the main actor, called from JavaScript', async () => {
    const source = `
      @MainActor var counter: Int32 = 5
      @_cdecl("start") func start() -> Int32 { MainActor.assumeIsolated { counter += 5; progress = counter }; return 0 }`;
    expect((await reached(source, 10)).progress).toBe(10);
  });

  it('for a task that sleeps and then needs the main actor', async () => {
    const source = `
      @_cdecl("start") func start() -> Int32 {
        Task.detached {
          try await Task.sleep(nanoseconds: 50_000_000)
          await MainActor.run { progress = 11 }
        }
        return 0
      }`;
    const { progress, milliseconds } = await reached(source, 11);
    expect(progress).toBe(11);
    expect(milliseconds).toBeGreaterThanOrEqual(45);
  });

  it('for a thousand hops between the main actor and another', async () => {
    const source = `
      actor Adder { var sum: Int32 = 0; func add(_ value: Int32) -> Int32 { sum += value; return sum } }
      @_cdecl("start") func start() -> Int32 {
        Task { @MainActor in
          let adder = Adder()
          for _ in 0 ..< 1000 { let sum = await adder.add(1); if sum == 1000 { progress = sum } }
        }
        return 0
      }`;
    expect((await reached(source, 1000)).progress).toBe(1000);
  });

  it('also while the queue is busy', async () => {
    const fixture = new Fixture({
      'Work.swift': `
        import Dispatch
        nonisolated(unsafe) var progress: Int32 = 0
        @_cdecl("start") func start() -> Int32 {
          for step in 0 ..< 200 { DispatchQueue.main.asyncAfter(deadline: .now() + .microseconds(step * 50)) { progress += 1 } }
          return 0
        }`,
    });
    const input = { libraries: toolchain().runtimeLibraries, objects: compileSwift(fixture, 'Work', ['Work.swift']) };
    for (let milliseconds = 0; milliseconds < 12; milliseconds += 1) {
      const ended = await inChild(
        async (addon, { libraries, objects, milliseconds }) => {
          const engine = new addon.Engine(libraries);
          engine.call(await engine.addGeneration(objects, []), 'start');
          await new Promise((later) => setTimeout(later, milliseconds));
          return milliseconds;
        },
        { ...input, milliseconds },
      );
      expect(ended).toBe(milliseconds);
    }
  });
});
