import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Session, SessionOptions } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { nextEvent, openSession, recordEvents, sharedSession } from '../support/session';
import { first, full } from '../support/tier';

/** Draws values as one colour; in a file of its own, so that it stays out of the edits. */
const show = `import PreviewKit

/// The colour of what the values say of themselves.
func show(_ values: Any...) -> SVG {
  var hash: UInt32 = 2_166_136_261
  for byte in values.map({ String(describing: $0) }).joined(separator: "|").utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
  let digits = String(hash & 0xFFFFFF, radix: 16)
  let color = String(repeating: "0", count: 6 - digits.count) + digits
  return SVG("<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><rect width='8' height='8' fill='#\\(color)'/></svg>")
}
`;

/** What \`show\` draws. */
function colorOf(...values: string[]): string {
  let hash = 2_166_136_261;
  for (const byte of Buffer.from(values.join('|'))) hash = Math.imul(hash ^ byte, 16_777_619) >>> 0;
  return `#${(hash & 0xffffff).toString(16).padStart(6, '0')}`;
}

/** A file of which the preview shows some expressions; `more` is at the end. */
function view(expressions: string, more = ''): string {
  return `import PreviewKit

struct View_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Values") { show(${expressions}) }
  }
}
${more}`;
}

class Lab {
  readonly fixture: Fixture;
  readonly file: string;
  readonly options: SessionOptions;

  constructor(text: string, options: Partial<SessionOptions> = {}) {
    this.fixture = new Fixture({ 'View.swift': text, 'Show.swift': show });
    this.file = this.fixture.path('View.swift');
    const sources = [this.file, this.fixture.path('Show.swift')];
    this.options = { file: this.file, module: { name: 'App', sources }, ...options } as SessionOptions;
  }

  async open() {
    const session = await openSession(this.options);
    expect(session.error).toBeNull();
    return { session, color: () => colorOfPicture(session), save: saver(this, session) };
  }
}

async function colorOfPicture(session: Session): Promise<string> {
  return new Picture((await session.snapshot()).data).pixel(4, 4);
}

/** Saves a text of the previewed file; resolves with what came of it. */
function saver(lab: Lab, session: Session) {
  return async (text: string) => {
    lab.fixture.write('View.swift', text);
    const { tier, reason } = await session.reload();
    return { tier, reason, color: await colorOfPicture(session) };
  };
}

/** Types and functions for expressions. */
const helpers = `
enum Wrapped { case some(Int) }
struct Tag: ExpressibleByIntegerLiteral {
  let text: String
  init(integerLiteral value: Int16) { text = "own \\(value)" }
}
struct Own: CustomStringConvertible {
  let tag: Tag
  var description: String { tag.text }
}
func twice<Number: Numeric>(_ number: Number) -> Number { number + number }
`;

describe('an edit of a literal is a new value in the running code', () => {
  const lab = new Lab(view('0', helpers));
  const open = sharedSession(lab.options);

  first(12).it.each([
    ['12', '-34', '12', '-34'],
    ['0x10', '0xFF_00', '16', '65280'],
    ['1.5', '-2.5e3', '1.5', '-2500.0'],
    ['true', 'false', 'true', 'false'],
    ['"one"', String.raw`"\"\\ \u{1F600} é"`, 'one', '"\\ 😀 é'],
    ['UInt8(1)', 'UInt8(255)', '1', '255'],
    ['"a" as Character', '"b" as Character', 'a', 'b'],
    ['Array(0 ..< 3)', 'Array(1 ..< 5)', '[0, 1, 2]', '[1, 2, 3, 4]'],
    ['"n \\(1 + 2)"', '"n \\(1 + 5)"', 'n 3', 'n 6'],
    ['Own(tag: 5)', 'Own(tag: 6)', 'own 5', 'own 6'],
    ['twice(1.5)', 'twice(2.5)', '3.0', '5.0'],
    ['(5 as Int?) as Any', '(6 as Int?) as Any', 'Optional(5)', 'Optional(6)'],
    ['12', '34', '12', '34'],
    ['-12', '34', '-12', '34'],
    ['0b11', '0b1_0000', '3', '16'],
    ['0o17', '0o20', '15', '16'],
    ['1_000', '2_000', '1000', '2000'],
    ['9', '9223372036854775807', '9', '9223372036854775807'],
    ['1.5', '2.25', '1.5', '2.25'],
    ['1e2', '0x1.8p3', '100.0', '12.0'],
    ['0.1', '0.2', '0.1', '0.2'],
    ['"one"', '"two"', 'one', 'two'],
    ['"one"', '""', 'one', ''],
    ['""', '"two"', '', 'two'],
    ['"a"', '"bc"', 'a', 'bc'],
    ['"👨‍👩‍👧"', '"x"', '👨‍👩‍👧', 'x'],
    ['UInt64(1)', 'UInt64(18446744073709551615)', '1', '18446744073709551615'],
    ['Float(0.1)', 'Float(0.3)', '0.1', '0.3'],
    ['1 as Double', '2 as Double', '1.0', '2.0'],
    ['Unicode.Scalar("a")', 'Unicode.Scalar("é")', 'a', 'é'],
    ['Substring("one")', 'Substring("two")', 'one', 'two'],
    ['"a" as Unicode.Scalar', '"b" as Unicode.Scalar', 'a', 'b'],
    ['Array(-1...1)', 'Array(-2...1)', '[-1, 0, 1]', '[-2, -1, 0, 1]'],
    ['[1, 2].map { $0 * 3 }', '[1, 2].map { $0 * 4 }', '[3, 6]', '[4, 8]'],
    ['["k": 1]', '["l": 1]', '["k": 1]', '["l": 1]'],
    ['7 / 2.0', '9 / 2.0', '3.5', '4.5'],
    ['max(1, 2.5)', 'max(4, 2.5)', '2.5', '4.0'],
    ['Wrapped.some(3)', 'Wrapped.some(4)', 'some(3)', 'some(4)'],
    ['twice(5)', 'twice(6)', '10', '12'],
  ])('%s to %s', async (before, after, first, second) => {
    const session = await open();
    // A comment of its own makes the first text another one, whatever was tried before.
    const save = (value: string) => saver(lab, session)(view(value, `${helpers}// ${before} ${after}\n`));
    expect(await save(before)).toMatchObject({ tier: 'structural', color: colorOf(first) });
    const { generation, agent } = session;
    expect(await save(after)).toMatchObject({ tier: 'literal', color: colorOf(second) });
    expect(await save(before)).toMatchObject({ tier: 'literal', color: colorOf(first) });
    expect(session).toMatchObject({ generation: generation + 2, agent });
  });
});

describe('edits of literals', () => {
  it('may be several in one save', async () => {
    const { save } = await new Lab(view('1, 2.5, "three", true')).open();
    expect(await save(view('10, 2.75, "thirty", false'))).toMatchObject({
      tier: 'literal',
      color: colorOf('10', '2.75', 'thirty', 'false'),
    });
    expect(await save(view('10, 2.5, "thirty", true'))).toMatchObject({ tier: 'literal', color: colorOf('10', '2.5', 'thirty', 'true') });
  });

  full.it('may come ten times in a row, and be taken back', async () => {
    const { session, save } = await new Lab(view('0')).open();
    for (let value = 1; value <= 10; value += 1) {
      expect(await save(view(String(value)))).toMatchObject({ tier: 'literal', color: colorOf(String(value)) });
    }
    expect(await save(view('0'))).toEqual({ tier: 'literal', reason: 'all literals have their values back', color: colorOf('0') });
    expect(session).toMatchObject({ generation: 12, agent: { generations: 1 } });
  });

  it('leave what the code holds as it is', async () => {
    const state = `
final class State { static let shared = State(); var count = 0 }
@_cdecl("count") func count() -> Int32 { State.shared.count += 1; return Int32(State.shared.count) }
`;
    const { session, save } = await new Lab(view('1', state)).open();
    expect([await session.call('count'), await session.call('count')]).toEqual([1, 2]);
    expect(await save(view('2', state))).toMatchObject({ tier: 'literal', color: colorOf('2') });
    expect(await session.call('count')).toBe(3);
  });

  full.it('reach functions that are called, not only pictures', async () => {
    const function_ = (value: string) => `@_cdecl("answer") func answer() -> Int32 { value() }\nfunc value() -> Int32 { ${value} }\n`;
    const { session, save } = await new Lab(view('value()', function_('41'))).open();
    expect(await session.call('answer')).toBe(41);
    expect(await save(view('value()', function_('42')))).toMatchObject({ tier: 'literal', color: colorOf('42') });
    expect(await session.call('answer')).toBe(42);
  });

  it('are in whichever preview was asked for', async () => {
    const two = (first: string, second: string) => `import PreviewKit
struct View_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("One") { show(${first}) }
    Preview("Two") { show(${second}) }
  }
}
`;
    const { session, save } = await new Lab(two('1', '2')).open();
    const second = async () => new Picture((await session.snapshot({ preview: 'Two' })).data).pixel(4, 4);
    expect(await second()).toBe(colorOf('2'));
    // Drawn last is the one or the other.
    expect(await save(two('1', '20'))).toMatchObject({ tier: 'literal', color: colorOf('1') });
    expect(await second()).toBe(colorOf('20'));
    expect(await save(two('10', '20'))).toMatchObject({ tier: 'literal', color: colorOf('10') });
    expect(await save(two('10', '200'))).toMatchObject({ tier: 'literal' });
    expect(await second()).toBe(colorOf('200'));
  });

  full.it('change what is said of the preview itself', async () => {
    const named = (name: string, width: number) => view('1').replace('"Values"', `"${name}", width: ${width}`);
    const { session, save } = await new Lab(named('Small', 8)).open();
    expect(await save(named('Large', 16))).toMatchObject({ tier: 'literal' });
    expect(await session.previews()).toEqual([{ index: 0, name: 'Large', line: 5, width: 16 }]);
    const snapshot = await session.snapshot();
    expect(snapshot).toMatchObject({ width: 16, preview: { name: 'Large', width: 16 } });
  });

  it('hold in the agent that comes after a crash', async () => {
    const crash = '@_cdecl("crash") func crash() -> Int32 { fatalError() }\n';
    const { session, color, save } = await new Lab(view('1', crash)).open();
    expect(await save(view('2', crash))).toMatchObject({ tier: 'literal' });
    await expect(session.call('crash')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
    expect(await color()).toBe(colorOf('2'));
    expect(await save(view('3', crash))).toMatchObject({ tier: 'literal', color: colorOf('3') });
  });

  full.it('work on what a session before has compiled', async () => {
    const lab = new Lab(view('1'));
    const before = await lab.open();
    await before.session.idle();
    await before.session.close();
    const { session, color, save } = await lab.open();
    expect(await color()).toBe(colorOf('1'));
    expect(await save(view('2'))).toMatchObject({ tier: 'literal', color: colorOf('2') });
    expect(session.agent?.generations).toBe(1);
  });

  full.it('work in-process, for one session at a time', async () => {
    const lab = new Lab(view('1'), { isolation: 'in-process' });
    const other = new Lab(view('1'), { isolation: 'in-process' });
    const first = await lab.open();
    const second = await other.open();
    expect(await first.color()).toBe(colorOf('1'));
    expect(await first.save(view('2'))).toMatchObject({ tier: 'literal', color: colorOf('2') });
    expect(await second.save(view('3'))).toMatchObject({ tier: 'structural', color: colorOf('3') });
    expect(await first.color()).toBe(colorOf('2'));
    await Promise.all([first.session.close(), second.session.close()]);
    const third = await other.open();
    expect(await third.color()).toBe(colorOf('3'));
    expect(await third.save(view('4'))).toMatchObject({ tier: 'literal', color: colorOf('4') });
  });

  full.it('are of the file that is previewed, whichever was before', async () => {
    const lab = new Lab(view('size() + 5'));
    const other = (value: number) => `import PreviewKit
func size() -> Int { ${value} }
struct Other_Previews: PreviewProvider { static var previews: [Preview] { Preview { show(size()) } } }
`;
    const file = lab.fixture.write('Other.swift', other(10));
    const sources = [lab.file, file, lab.fixture.path('Show.swift')];
    const module = { name: 'Two', sources };
    const before = await openSession({ file, module });
    expect(await colorOfPicture(before)).toBe(colorOf('10'));
    await before.idle();
    await before.close();
    const session = await openSession({ file: lab.file, module });
    const save = saver(lab, session);
    expect(await colorOfPicture(session)).toBe(colorOf('15'));
    expect(await save(view('size() + 5 + 1'))).toMatchObject({ tier: 'structural', color: colorOf('16') });
    expect(await save(view('size() + 7 + 1'))).toMatchObject({ tier: 'literal', color: colorOf('18') });
    await session.idle();
    await session.close();
    const again = await openSession({ file, module });
    expect(await colorOfPicture(again)).toBe(colorOf('10'));
    for (const value of [20, 30]) {
      lab.fixture.write('Other.swift', other(value));
      // What the other session has left of it is compiled once.
      expect(await again.reload()).toMatchObject({ tier: value === 20 ? 'structural' : 'literal' });
      expect(await colorOfPicture(again)).toBe(colorOf(String(value)));
    }
  });

  full.it('that make no picture are taken back with their text', async () => {
    const sized = (width: number) => view('1').replace('"Values"', `"Values", width: ${width}, height: 8`);
    const { session, color, save } = await new Lab(sized(8)).open();
    expect(await color()).toBe(colorOf('1'));
    await expect(save(sized(800_000))).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_PREVIEW' });
    expect(await save(sized(8))).toMatchObject({ color: colorOf('1') });
    expect(await session.snapshot()).toMatchObject({ width: 8, stale: false });
  });

  full.it('do not take a call for an initialiser that is a literal', async () => {
    const fixed = (value: number) =>
      view(
        `Fixed(${value}).raw`,
        `protocol Scaled: ExpressibleByIntegerLiteral {}
struct Fixed: Scaled {
  var raw: Int
  init(integerLiteral value: Int) { raw = value * 256 }
  init(_ raw: Int) { self.raw = raw }
}
`,
      );
    const { color, save } = await new Lab(fixed(5)).open();
    expect(await color()).toBe(colorOf('1280'));
    expect(await save(fixed(6))).toMatchObject({ tier: 'structural', color: colorOf('1536') });
  });

  full.it('are compiled where that is asked for', async () => {
    const { save } = await new Lab(view('1'), { literalEdits: false }).open();
    expect(await save(view('2'))).toMatchObject({ tier: 'structural', color: colorOf('2') });
  });
});

describe('what is more than the value of a literal', () => {
  const lab = new Lab(view('0'));
  const open = sharedSession(lab.options);

  first(3).it.each([
    ['a literal more', '[1, 2]', '[1, 2, 3]', '[1, 2, 3]'],
    ['a literal less', '[1, 2]', '[1]', '[1]'],
    ['what a type makes of it alone', 'Character("a")', 'Character("b")', 'b'],
    ['another kind', '1', '1.5', '1.5'],
    ['another kind of string', '"one"', '"one \\(2)"', 'one 2'],
    ['a longer text where there was a character', '"a" as Character', '"b" as String', 'b'],
    ['a comment', '1', '1 /* one */', '1'],
    ['white space', '1', ' 1', '1'],
    ['a member of a negative number', '5.magnitude', '-(5.magnitude.hashValue &* 0)', '0'],
  ])('is compiled: %s', async (_, before, after, expected) => {
    const save = saver(lab, await open());
    // A comment of its own makes the first text another one, whatever was tried before.
    const comment = `// ${before} ${after}\n`;
    expect(await save(view(before, comment))).toMatchObject({ tier: 'structural' });
    expect(await save(view(after, comment))).toMatchObject({ tier: 'structural', color: colorOf(expected) });
  });

  it('is said by the compiler, where a value does not fit', async () => {
    const { session, color, save } = await new Lab(view('1 as UInt8')).open();
    await expect(save(view('300 as UInt8'))).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_COMPILE',
      diagnostics: [{ line: 5, column: 30, message: expect.stringContaining('overflows') }],
    });
    expect(await session.snapshot()).toMatchObject({ stale: true });
    expect(await color()).toBe(colorOf('1'));
    expect(await save(view('255 as UInt8'))).toMatchObject({ tier: 'literal', color: colorOf('255') });
  });

  const taken: [what: string, more: (value: number) => string, shown: string][] = [
    ['a global', (value) => `let global = ${value}`, 'global'],
    ['a static', (value) => `enum Box { static let value = ${value} }`, 'Box.value'],
    ['a global that calls', (value) => `let global = make()\nfunc make() -> Int { ${value} }`, 'global'],
    ['a static that calls', (value) => `enum Box { static let value = make() }\nfunc make() -> Int { ${value} }`, 'Box.value'],
    ['a static and a picture', (value) => `enum Box { static let value = make() }\nfunc make() -> Int { ${value} }`, 'Box.value + make()'],
    ['a stored default', (value) => `struct Box { var value = ${value} }`, 'Box().value'],
    ['a default argument', (value) => `func make(_ value: Int = ${value}) -> Int { value }`, 'make()'],
    ['a raw value', (value) => `enum Box: Int { case only = ${value} }`, 'Box.only.rawValue'],
    ['a pattern', (value) => `func make() -> Int { switch 7 { case ${value}: return ${value}; default: return 0 } }`, 'make()'],
    ['a condition of compilation', (value) => `#if swift(>=${value}.0)\nlet it = "new"\n#else\nlet it = "old"\n#endif`, 'it'],
    ['a cache', (value) => `var kept: Int?\nfunc make() -> Int { if let kept { return kept }; kept = ${value}; return kept! }`, 'make()'],
    [
      'a lazy property',
      (value) => `final class Box { lazy var value = make(); func make() -> Int { ${value} } }\nlet box = Box()`,
      'box.value',
    ],
    [
      'a closure that was kept',
      (value) => `let box: () -> Int = { let value = make(); return { value } }()\nfunc make() -> Int { ${value} }`,
      'box()',
    ],
  ];

  describe('is the value of a literal that the code took once:', () => {
    const lab = new Lab(view('0'));
    const open = sharedSession(lab.options);
    const coldLab = new Lab(view('0'), { literalEdits: false });
    const openCold = sharedSession(coldLab.options);

    first(4).it.each(taken)('%s', async (what, more, shown) => {
      const save = saver(lab, await open());
      const now = (value: number) => save(view(shown, `${more(value)}\n`));
      const before = await now(5);
      // Once more, so that what is kept is kept.
      await now(5);
      const { tier, color } = await now(7);
      expect(tier).toBe('structural');
      const { color: cold } = await saver(coldLab, await openCold())(view(shown, `${more(7)}\n`));
      expect(color).toBe(cold);
      if (what !== 'a condition of compilation') expect(color).not.toBe(before.color);
    });
  });
});

describe('literals in a file that is not compiled as a thunk', () => {
  it('are compiled, and of bodies without fault set as soon as the others are known', async () => {
    // A compile-time constant is asked for, which a call is not.
    const text = (value: number) =>
      view(`fine() + constant(1)`, `func fine() -> Int { ${value} }\nfunc constant(_ value: _const Int) -> Int { value }\n`);
    const { save } = await new Lab(text(1)).open();
    expect(await save(text(2))).toMatchObject({ tier: 'structural', color: colorOf('3') });
    expect(await save(text(3))).toMatchObject({ tier: 'literal', color: colorOf('4') });
  });

  full.it('stay as they are where the parser is not sure, and the reason says so', async () => {
    const text = (known: number, unknown: number) =>
      view(
        'known() + unknown()',
        `func known() -> Int { ${known} }\nfunc unknown() -> Int { if case 9 = 9 { return ${unknown} }; return 0 }\n`,
      );
    const { save } = await new Lab(text(1, 2)).open();
    expect(await save(text(10, 2))).toMatchObject({ tier: 'literal', color: colorOf('12') });
    const compiled = await save(text(10, 20));
    expect(compiled).toMatchObject({ tier: 'structural', color: colorOf('30') });
    expect(compiled.reason).toMatch(/the code from line 9 is not understood/);
  });

  full.it('are in other files', async () => {
    const lab = new Lab(view('other()'));
    lab.fixture.write('Show.swift', `${show}func other() -> Int { 1 }\n`);
    const { session, color } = await lab.open();
    lab.fixture.write('Show.swift', `${show}func other() -> Int { 2 }\n`);
    expect(await session.reload()).toMatchObject({ tier: 'structural' });
    expect(await color()).toBe(colorOf('2'));
  });
});

describe('what the compiler says', () => {
  it('is about the text of the user', async () => {
    const lab = new Lab(view('1'));
    const { session } = await lab.open();
    const text = view('1', 'func warned() {\n  print(1, UInt8(2)); var three = 3; 4; print("five", three)\n}\n');
    lab.fixture.write('View.swift', text);
    const { diagnostics } = await session.reload();
    const line = text.split('\n')[8];
    expect(diagnostics.map(({ line: row, column, message, sourceLine }) => ({ row, column, message, sourceLine }))).toEqual([
      { row: 9, column: 1 + line.indexOf('4;'), message: 'integer literal is unused', sourceLine: line },
      { row: 9, column: 1 + line.indexOf('three'), message: expect.stringContaining('was never mutated'), sourceLine: line },
    ]);
  });

  it('is the error, where it would have refused what crashes', async () => {
    const { session, color, save } = await new Lab(view('(250 as UInt8) + 5')).open();
    const crashes = recordEvents(session, 'crash');
    await expect(save(view('(250 as UInt8) + 10'))).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_COMPILE',
      diagnostics: [{ line: 5, message: expect.stringContaining('overflow') }],
    });
    expect(crashes).toHaveLength(1);
    expect(await color()).toBe(colorOf('255'));
    expect(await save(view('(250 as UInt8) + 4'))).toMatchObject({ color: colorOf('254') });
  });
});

describe('in the background', () => {
  it('the text is compiled, and takes the place of what was set without a word', async () => {
    const { session, color, save } = await new Lab(view('1')).open();
    await session.idle();
    expect(await save(view('2'))).toMatchObject({ tier: 'literal' });
    const events = recordEvents(session, 'reload', 'reload-error', 'state', 'crash');
    await session.idle();
    expect(session).toMatchObject({ generation: 2, agent: { generations: 2 } });
    expect(await color()).toBe(colorOf('2'));
    expect(await save(view('3'))).toMatchObject({ tier: 'literal', color: colorOf('3') });
    expect(events.filter(([name]) => name !== 'reload')).toEqual([]);
    expect(events).toHaveLength(1);
  });

  full.it('a value is found that the code had kept where nobody saw it', async () => {
    const kept = (value: number) => `var kept: Int?
func base() -> Int { ${value} }
func make() -> Int { kept = kept ?? base(); return base() == 0 ? 0 : kept! }
`;
    const { session, color, save } = await new Lab(view('make()', kept(1))).open();
    await color();
    const compiled = new Promise((resolve) => session.on('reload', (result) => result.tier === 'structural' && resolve(result)));
    // Read again, but not used again.
    expect(await save(view('make()', kept(2)))).toMatchObject({ tier: 'literal', color: colorOf('1') });
    expect(await compiled).toMatchObject({ reason: expect.stringContaining('had kept') });
    expect(await color()).toBe(colorOf('2'));
  });

  full.it('a new agent starts from the newest values', async () => {
    const { session, color, save } = await new Lab(view('1')).open();
    expect(await save(view('2'))).toMatchObject({ tier: 'literal' });
    await session.reload({ fresh: true });
    expect(await color()).toBe(colorOf('2'));
    expect(await save(view('3'))).toMatchObject({ tier: 'literal', color: colorOf('3') });
  });
});

describe('a watched session', () => {
  const ways: [way: string, save: (lab: Lab, text: string) => void][] = [
    ['in place', (lab, text) => lab.fixture.write('View.swift', text)],
    ['by rename', (lab, text) => renameSync(lab.fixture.write('View.swift.new', text), lab.file)],
    [
      'by moving the old file away',
      (lab, text) => {
        renameSync(lab.file, `${lab.file}~`);
        lab.fixture.write('View.swift', text);
      },
    ],
    [
      'in two steps',
      (lab, text) => {
        writeFileSync(lab.file, '');
        writeFileSync(lab.file, text);
      },
    ],
  ];
  first(1).it.each(ways)('sets the values of literals in a file that is saved %s', async (_, save) => {
    const lab = new Lab(view('0'), { watch: true });
    const { session, color } = await lab.open();
    const errors = recordEvents(session, 'reload-error');
    for (const value of ['1', '2', '3']) {
      const reloaded = nextEvent(session, 'reload');
      save(lab, view(value));
      expect(await reloaded).toMatchObject([{ tier: 'literal' }]);
      expect(await color()).toBe(colorOf(value));
    }
    expect(errors).toEqual([]);
  });

  full.it('ends with the last of a hundred values', async () => {
    const lab = new Lab(view('0'), { watch: true });
    const { session, color } = await lab.open();
    const events = recordEvents(session, 'reload', 'reload-error');
    for (let value = 1; value <= 100; value += 1) {
      lab.fixture.write('View.swift', view(String(value)));
      await setTimeout(10);
    }
    while ((await color()) !== colorOf('100')) await nextEvent(session, 'reload');
    const results = events.map(([name, result]) => ({ name, ...(result as object) }));
    for (const result of results) expect(result).toMatchObject({ name: 'reload', tier: 'literal' });
    const generations = results.map((result) => (result as unknown as { generation: number }).generation);
    expect(generations).toEqual(generations.map((_, index) => index + 2));
    await session.idle();
    expect(await color()).toBe(colorOf('100'));
  });

  full.it('compiles little of a hundred texts in a second', async () => {
    const lab = new Lab(view('0'), { watch: true });
    const { session, color } = await lab.open();
    const events = recordEvents(session, 'reload', 'reload-error');
    for (let value = 1; value <= 100; value += 1) {
      // Another number of terms is another structure.
      lab.fixture.write('View.swift', view(`${value}${' + 0'.repeat(value % 7)}`));
      await setTimeout(10);
    }
    while ((await color()) !== colorOf('100')) await nextEvent(session, 'reload');
    expect(events.every(([name]) => name === 'reload')).toBe(true);
    // Those that were linked; what was compiled for nothing was given up for a wait.
    expect(session.agent?.generations).toBeLessThan(20);
  });
});

it('a value that comes while a structure is compiled is set in that structure', async () => {
  const bulk = Array.from({ length: 200 }, (_, index) => `func bulk${index}(_ number: Int) -> Int { number * ${index} + number }\n`).join(
    '',
  );
  const { session, color, save } = await new Lab(view('1', bulk)).open();
  expect(await save(view('1 + 1', bulk))).toMatchObject({ tier: 'structural' });
  const compiling = nextEvent(session, 'progress');
  const structure = session.reload({ contents: { [session.file]: view('1 + 1 + 1', bulk) } });
  await compiling;
  const value = session.reload({ contents: { [session.file]: view('1 + 1 + 5', bulk) } });
  expect(await structure).toMatchObject({ tier: 'structural', generation: 3 });
  expect(await value).toMatchObject({ tier: 'literal', generation: 4 });
  expect(await color()).toBe(colorOf('7'));
});
