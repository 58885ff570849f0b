import { harmlessTypes } from '../../lib/compile/harmless-types.js';

const sourcesOf = (...texts: string[]) =>
  new Map(texts.map((text, index) => [`/${index}.swift`, { file: `/${index}.swift`, bytes: Buffer.from(text), digest: String(index) }]));

describe('harmlessTypes', () => {
  const types = harmlessTypes(
    sourcesOf(
      `struct Plain { } struct Equal: Equatable, @unchecked Sendable { } enum Kind: String, CaseIterable { }
       protocol Component { } struct Icon: Component { } final class Box<T>: Base where T: Equatable { } class Base { }
       enum Space { struct Inner: Hashable { } }`,
      `struct Tag: ExpressibleByIntegerLiteral { } struct Fixed: SignedNumeric { }
       struct Late { }
       protocol Literal: ExpressibleByStringLiteral { } struct Text: Component, Literal { }
       typealias Alias = Tag
       struct Loop: Cycle { } protocol Cycle: Cycle2 { } protocol Cycle2: Cycle { }`,
      'extension Late: Swift.ExpressibleByFloatLiteral { } extension Plain: CustomStringConvertible { }',
    ),
  );

  it.each(['Plain', 'Equal', 'Kind', 'Icon', 'Box', 'Base', 'Inner', 'SVG', 'Loop'])('knows that %s is', async (name) => {
    const isHarmless = await types;
    expect(isHarmless(name)).toBe(true);
  });

  it.each(['Tag', 'Fixed', 'Late', 'Text', 'Alias', 'Self', 'Character', 'Nowhere', 'Decimal'])('does not say so of %s', async (name) => {
    const isHarmless = await types;
    expect(isHarmless(name)).toBe(false);
  });

  it('takes the type of an unclosed list of parameters for one that it does not know', async () => {
    const isHarmless = await harmlessTypes(sourcesOf('struct Odd<T { } struct Even<T: P<Q>> { } extension Late<T> where T: P { }'));
    expect(['Odd', 'Even', 'Late'].map(isHarmless)).toEqual([false, true, true]);
  });

  const depth = 20_000;
  it.each<[string, string, boolean]>([
    ['inherits from thousands of others', `struct A { }\n${named((index) => `class A${index}: A${index - 1} { }`)}\nclass A0 { }`, true],
    [
      'inherits in more ways than can be counted',
      `struct A: L60 { }\n${named((index) => `protocol L${index}: L${index - 1}, R${index - 1} { }\nprotocol R${index}: L${index - 1}, R${index - 1} { }`, 60)}`,
      false,
    ],
    ['is extended all the time', `struct A { }\n${'extension A: Equatable { }\n'.repeat(depth)}`, true],
    ['stands among others that have no members', `struct A { }\n${'struct A: '.repeat(depth)}`, true],
    ['stands among lists that do not end', `struct A { }\n${'struct B<'.repeat(depth)}\n}`, true],
    ['has a list that takes pages', `struct A: ${'B, '.repeat(depth)}C { }`, false],
  ])('comes to an end where a type %s', async (_, text, expected) => {
    expect((await harmlessTypes(sourcesOf(text)))('A')).toBe(expected);
  });
});

function named(declare: (index: number) => string, count = 20_000): string {
  return Array.from({ length: count }, (_, index) => declare(index + 1)).join('\n');
}
