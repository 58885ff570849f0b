import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { Fixture, toolchain } from '../support/fixture';
import { compileC, compileSwift } from '../support/swift-objects';

describe('an engine', () => {
  let engine: NativeEngine;
  beforeAll(() => {
    engine = new (loadAddon().Engine)(toolchain().runtimeLibraries);
  });

  it('links an object, initialises it and calls a function', async () => {
    const fixture = new Fixture({ 'Answer.swift': '@_cdecl("answer") func answer() -> Int32 { 42 }' });
    const generation = await engine.addGeneration(compileSwift(fixture, 'Answer', ['Answer.swift']), []);
    expect(engine.call(generation, 'answer')).toBe(42);
  });

  it('keeps every generation: none sees the symbols of another', async () => {
    const fixture = new Fixture({
      'one.c': 'static int count = 10; int next(void) { return ++count; } int only_here(void) { return 1; }',
      'two.c': 'static int count = 20; int next(void) { return ++count; }',
    });
    const one = await engine.addGeneration([compileC(fixture, 'one.c')], []);
    const two = await engine.addGeneration([compileC(fixture, 'two.c')], []);
    expect(two).toBe(one + 1);
    expect([one, two, one].map((generation) => engine.call(generation, 'next'))).toEqual([11, 21, 12]);
    expect(() => engine.lookup(two, 'only_here')).toThrow(expect.objectContaining({ kind: 'missing' }));
  });

  it('rejects a generation in which two objects define one symbol, with the name of the symbol', async () => {
    const fixture = new Fixture({ 'one.c': 'int twice(void) { return 1; }', 'two.c': 'int twice(void) { return 2; }' });
    const objects = ['one.c', 'two.c'].map((file) => compileC(fixture, file));
    await expect(engine.addGeneration(objects, [])).rejects.toMatchObject({
      kind: 'link',
      message: `In ${objects[1]}, duplicate definition of symbol 'twice'`,
    });
  });

  it('rejects what it cannot read as it rejects what it cannot link: through the promise', async () => {
    const promise = engine.addGeneration(['/nowhere.o'], []);
    await expect(promise).rejects.toMatchObject({ kind: 'object', message: '/nowhere.o: cannot be read: No such file or directory' });
  });
});
