import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { Fixture, toolchain } from '../support/fixture';
import { compileSwift } from '../support/swift-objects';

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
});
