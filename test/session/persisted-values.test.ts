import type { Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { colorPreview, nextEvent, openSession } from '../support/session';
import { full } from '../support/tier';

/** A file with `@_cdecl` functions; `name: body`. */
const source = (declarations: string, functions: Record<string, string>) =>
  colorPreview(
    '#ff0000',
    `${declarations}\n${Object.entries(functions)
      .map(([name, body]) => `@_cdecl("${name}") func ${name}() -> Int32 { ${body} }`)
      .join('\n')}\n`,
  );

const counter = (step: number) => source('', { count: `@Persisted("count") var count = 40; count += ${step}; return Int32(count)` });

async function openCounter(options: { generationCap?: number } = {}) {
  const fixture = new Fixture();
  const file = fixture.write('Counter.swift', counter(1));
  const session = await openSession({ file, literalEdits: false, ...options });
  expect(session.error).toBeNull();
  return { fixture, session };
}

async function crash(session: Session): Promise<void> {
  const respawned = nextEvent(session, 'respawn');
  process.kill(session.agent?.pid ?? 0, 'SIGKILL');
  await respawned;
}

describe('a value that is marked as persisted', () => {
  it('stays when its file is edited', async () => {
    const { fixture, session } = await openCounter();
    expect(await session.call('count')).toBe(41);
    expect(await session.call('count')).toBe(42);
    fixture.write('Counter.swift', counter(10));
    await session.reload();
    expect(await session.call('count')).toBe(52);
  });

  it('goes to the agent that takes over at the cap, and after a crash', async () => {
    const { fixture, session } = await openCounter({ generationCap: 2 });
    expect(await session.call('count')).toBe(41);
    const respawned = nextEvent(session, 'respawn');
    fixture.write('Counter.swift', counter(10));
    await session.reload();
    expect(await session.call('count')).toBe(51);
    await respawned;
    expect(await session.call('count')).toBe(61);
    await crash(session);
    // Though nothing was set in the agent that came after it.
    await crash(session);
    expect(await session.call('count')).toBe(71);
  });

  full.it('starts anew in a fresh agent, also when that crashes', async () => {
    const { session } = await openCounter();
    expect(await session.call('count')).toBe(41);
    expect(await session.call('count')).toBe(42);
    await session.reload({ fresh: true });
    await crash(session);
    expect(await session.call('count')).toBe(41);
  });

  full.it('is one for all that have its key, and may be a property of an instance', async () => {
    const declarations = `
struct Settings { @Persisted("width") var width = 5 }
func other() -> Int { @Persisted("width") var wide = 7; return wide }`;
    const file = new Fixture().write(
      'Shared.swift',
      source(declarations, {
        before: 'Int32(Settings().width * 10 + other())',
        set: 'let settings = Settings(); settings.width = 9; return Int32(other())',
      }),
    );
    const session = await openSession({ file });
    expect(await session.call('before')).toBe(57);
    expect(await session.call('set')).toBe(9);
    expect(await session.call('before')).toBe(99);
  });

  full.it('is taken over by a type that has changed, where that can be decoded', async () => {
    const fixture = new Fixture();
    const state = (fields: string, made: string, read: string) =>
      source(`struct State: Codable { ${fields} }`, {
        set: `@Persisted("state") var state = ${made}; state = ${made}; return 0`,
        get: `@Persisted("state") var state = State(${/^State\((.*)\)$/.exec(made)?.[1]}); return Int32(${read})`,
      });
    const file = fixture.write('State.swift', state('var count: Int', 'State(count: 7)', 'state.count'));
    const session = await openSession({ file });
    await session.call('set');
    fixture.write('State.swift', state('var count: Int; var more: Int?', 'State(count: 1)', 'state.count + (state.more ?? 100)'));
    await session.reload();
    expect(await session.call('get')).toBe(107);
    fixture.write('State.swift', state('var count: Double; var more: Int?', 'State(count: 1)', 'Int(state.count) + 200'));
    await session.reload();
    expect(await session.call('get')).toBe(207);
    fixture.write('State.swift', state('var count: String', 'State(count: "four")', 'state.count.count'));
    await session.reload();
    expect(await session.call('get')).toBe(4);
  });

  it('keeps whatever Codable can say', async () => {
    const declarations = `import Foundation
enum Shape: Codable, Equatable { case circle(radius: Double), text(String, size: Int?), none }
final class Node: Codable, @unchecked Sendable { var name: String; var next: Node?; init(_ name: String, _ next: Node?) { self.name = name; self.next = next } }
struct Everything: Codable, Equatable {
  var integers: [Int8] = [.min, -1, 0, .max]
  var wide: [UInt64] = [0, .max]
  var signed: Int64 = .min
  var numbers: [Double] = [0.1, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0]
  var single: Float = 0.1
  var flags = [true, false]
  var text = "é👩‍👩‍👧 \\u{0}\\n\\"", empty = ""
  var missing: Int?, present: Int? = 3
  var lists: [[Int]] = [[], [1], [2, 3]]
  var byName = ["a": [1: true], "b": [:]]
  var shapes: [Shape] = [.circle(radius: 2), .text("t", size: nil), .text("", size: 1), .none]
  var date = Date(timeIntervalSinceReferenceDate: 123456.789), data = Data([1, 2, 255]), url = URL(string: "https://swift.org/é"), id = UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5F")
  var range = 3..<7, set: Set = ["x", "y"]
}
func changed() -> Everything {
  var all = Everything()
  all.integers.append(5); all.wide.append(7); all.signed += 1; all.numbers.append(.pi); all.single = 0.7; all.text += "!"; all.present = 4
  all.missing = 9; all.lists.append([]); all.byName["c"] = [5: false]; all.shapes.append(.text("more", size: 2)); all.date += 1; all.data.append(0)
  all.range = 0..<1; all.set.insert("z")
  return all
}`;
    const file = new Fixture().write(
      'Everything.swift',
      source(declarations, {
        set: `@Persisted("all") var all = Everything(); all = changed()
  @Persisted("list") var list = Node("", nil); list = Node("a", Node("b", nil))
  @Persisted("top") var top: Int? = 1; top = nil
  return 0`,
        get: `@Persisted("all") var all = Everything(); @Persisted("list") var list = Node("", nil); @Persisted("top") var top: Int? = 1
  return (all == changed() ? 1 : 0) + (list.name == "a" && list.next?.name == "b" && list.next?.next == nil ? 10 : 0) + (top == nil ? 100 : 0)`,
      }),
    );
    const session = await openSession({ file });
    expect(session.error).toBeNull();
    expect(await session.call('get')).toBe(0);
    await session.call('set');
    expect(await session.call('get')).toBe(111);
    await crash(session);
    expect(await session.call('get')).toBe(111);
  });
});
