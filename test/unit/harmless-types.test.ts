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
});
