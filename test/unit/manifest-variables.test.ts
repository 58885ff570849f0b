import { variablesIn, variablesRead } from '../../lib/project/manifest-variables.js';
import { Fixture } from '../support/fixture';

describe('the variables that a manifest reads', () => {
  it.each([
    ['none', 'let package = Package(name: "A")', []],
    ['by the context', 'if Context.environment["FIRST"] != nil {}', ['FIRST']],
    ['by the process', 'ProcessInfo.processInfo.environment[ "SECOND" ]', ['SECOND']],
    ['by C', 'getenv("THIRD")', ['THIRD']],
  ])('are those that it names: %s', (_, text, names) => {
    expect(variablesIn(text)).toEqual(names);
  });

  it.each([
    ['by a name that is put together', 'Context.environment["A" + suffix]; Context.environment[name]'],
    ['by going through all', 'for (name, value) in ProcessInfo.processInfo.environment {}'],
    ['by C, with a variable', 'getenv(name)'],
    ['by what it keeps', 'let env = Context.environment; env["A"]'],
    ['by the pointer to all', 'environ.pointee'],
  ])('may be any: %s', (_, text) => {
    expect(variablesIn(text)).toBeUndefined();
  });

  it('are those of all manifests of all packages', async () => {
    const one = new Fixture({ 'Package.swift': 'Context.environment["B"]', 'Package@swift-5.9.swift': 'getenv("A")' }).folder;
    const other = new Fixture({ 'Package.swift': 'Context.environment["C"]' }).folder;
    expect(await variablesRead([one, other])).toEqual(['A', 'B', 'C']);
    const any = new Fixture({ 'Package.swift': 'getenv(name)' }).folder;
    expect(await variablesRead([one, any])).toBeUndefined();
  });
});
