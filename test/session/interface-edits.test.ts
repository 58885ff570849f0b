import type { Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';
import { first, full } from '../support/tier';

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);

/** A model, files that use it, as many that do not, and a preview whose colour is the sum of what they say. */
function modelWithUsers(count: number) {
  const fixture = new Fixture();
  const model = fixture.write('Model.swift', 'struct Model { var value = 1 }\n');
  const users = Array.from({ length: count }, (_, index) =>
    fixture.write(`User${index}.swift`, `func user${index}() -> Int { let model = Model(); return model.value + ${index} }\n`),
  );
  const others = Array.from({ length: 5 }, (_, index) =>
    fixture.write(`Other${index}.swift`, `func other${index}() -> Int { ${index} }\n`),
  );
  const sum = [...users.map((_, index) => `user${index}()`), ...others.map((_, index) => `other${index}()`)];
  const total = `\nfunc total() -> Int32 { ${sum.map((term) => `sum += ${term}`).join('; ')}; return Int32(sum) }\nnonisolated(unsafe) var sum = 0\n`;
  const file = fixture.write('View.swift', colorPreview('#00ff00', `${total}@_cdecl("total") func exported() -> Int32 { total() }\n`));
  return { fixture, model, users, file, module: { name: 'App', sources: [model, ...users, ...others, file] } };
}

describe('a changed interface', () => {
  first(1).it.each([10, 1, 50])('compiles the %d files that use it, and no other', async (count) => {
    const { fixture, model, users, file, module } = modelWithUsers(count);
    const session = await openSession({ file, module });
    const before = await session.call('total');
    // Until each file is compiled alone, more is compiled than has to be.
    await session.idle();
    fixture.write('Model.swift', 'struct Model { var first = 7.5; var second = "text"; var value = 3 }\n');
    const result = await session.reload();
    expect(result).toMatchObject({ tier: 'structural', strategy: 'same-module', changed: [model] });
    expect([...result.recompiled].sort()).toEqual([model, ...users].sort());
    expect(result.reason).toContain('Model');
    expect(await session.call('total')).toBe(before + 2 * count);
  });
});

describe('every kind of edit of another file', () => {
  const view = colorPreview('\\(Palette.color)');
  const use = (body: string) => `enum Palette { static var color: String { ${body} } }\n`;
  const edits: [string, string, string][] = [
    ['a new method', 'struct Model { func shade() -> String { "#00ff00" }; func dark() -> String { "#0000ff" } }', 'Model().dark()'],
    ['a changed signature', 'struct Model { func shade(_ blue: Bool) -> String { blue ? "#0000ff" : "#00ff00" } }', 'Model().shade(true)'],
    ['another type of result', 'struct Model { func shade() -> [String] { ["#0000ff"] } }', 'Model().shade()[0]'],
    ['a generic parameter', 'struct Model<Value> { var value: Value; func shade() -> Value { value } }', 'Model(value: "#0000ff").shade()'],
    ['a nested type', 'struct Model { struct Shade { var name = "#0000ff" }; func shade() -> Shade { Shade() } }', 'Model().shade().name'],
    [
      'a conformance',
      'struct Model { func shade() -> String { "#00ff00" } }\nextension Model: CustomStringConvertible { var description: String { "#0000ff" } }',
      '"\\(Model())"',
    ],
    ['a throwing function', 'struct Model { func shade() throws -> String { "#0000ff" } }', '(try? Model().shade()) ?? "#000000"'],
    ['an enumeration in its place', 'enum Model { case dark; var shade: String { "#0000ff" } }', 'Model.dark.shade'],
    [
      'a class with a subclass',
      'class Model { var shade: String { "#00ff00" } }\nfinal class Dark: Model { override var shade: String { "#0000ff" } }',
      '(Dark() as Model).shade',
    ],
  ];
  first(3).it.each(edits)('shows %s', async (_, model, body) => {
    const fixture = new Fixture();
    const sources = [
      fixture.write('Model.swift', 'struct Model { func shade() -> String { "#00ff00" } }\n'),
      fixture.write('Palette.swift', use('Model().shade()')),
    ];
    const file = fixture.write('View.swift', view);
    const session = await openSession({ file, module: { name: 'App', sources } });
    expect(await color(session)).toBe('#00ff00');
    fixture.write('Model.swift', `${model}\n`);
    fixture.write('Palette.swift', use(body));
    expect(await session.reload()).toMatchObject({ changed: sources, generation: 2 });
    expect(await color(session)).toBe('#0000ff');
  });
});

describe('the layout of a type that other files use', () => {
  const field = 'struct Model { var color = "#00ff00" }\n';
  const fields = 'struct Model { var first = 1.5; var color = "#0000ff"; var last = [1, 2, 3] }\n';

  it('is one and the same everywhere after a field came and went', async () => {
    const fixture = new Fixture();
    const sources = [
      fixture.write('Model.swift', field),
      // Holds one by value, and never names it.
      fixture.write('Box.swift', 'struct Box { var before = 1; var model = Model(); var after = 2 }\n'),
      fixture.write(
        'Holder.swift',
        'func held() -> [Box] { [Box(), Box()] }\nfunc sum(_ boxes: [Box]) -> Int { boxes.reduce(0) { $0 + $1.after } }\n',
      ),
    ];
    const file = fixture.write('View.swift', colorPreview('\\(sum(held()) == 4 ? held()[1].model.color : "#ff0000")'));
    const session = await openSession({ file, module: { name: 'App', sources } });
    for (const text of [fields, field, fields]) {
      fixture.write('Model.swift', text);
      await session.reload();
      expect(await color(session)).toBe(text === fields ? '#0000ff' : '#00ff00');
    }
  });
});

describe('the previewed file', () => {
  full.it('may be used by others, and stop to be', async () => {
    const fixture = new Fixture();
    const helper = fixture.write('Helper.swift', 'func helper() -> String { "#00ff00" }\n');
    const shared = '\nstruct Shared { var name = "#00ff00" }\n';
    const file = fixture.write('View.swift', colorPreview('\\(helper())', shared));
    const session = await openSession({ file, module: { name: 'App', sources: [helper] } });
    fixture.write('Helper.swift', 'func helper() -> String { Shared().name }\n');
    await session.reload();
    fixture.write('View.swift', colorPreview('\\(helper())', '\nstruct Shared { var more = 1.5; var name = "#0000ff" }\n'));
    expect((await session.reload()).recompiled).toEqual(expect.arrayContaining([helper, file]));
    expect(await color(session)).toBe('#0000ff');
    fixture.write('Helper.swift', 'func helper() -> String { "#ff00ff" }\n');
    await session.reload();
    fixture.write('View.swift', colorPreview('\\(helper())'));
    expect((await session.reload()).recompiled).toEqual([file]);
    expect(await color(session)).toBe('#ff00ff');
  });
});
