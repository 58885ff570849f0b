import type { Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';
import { full } from '../support/tier';

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);

/** In small modules, too, a prebuilt module is to stand in for the other files. */
beforeAll(() => {
  process.env.HOTSWIFT_SPLIT_FROM = '0';
});
afterAll(() => {
  delete process.env.HOTSWIFT_SPLIT_FROM;
});

const model = `
public protocol Shaded { var shade: String { get } }
protocol Inner { associatedtype Value; func value() -> Value }
struct Model: Hashable, Codable { var name = "model"; let count: Int; private var secret = 7; init(count: Int) { self.count = count } }
class Base { func tell() -> String { "base" } }
actor Counter { let start = 4 }
enum Kind: String, CaseIterable { case warm, cold }
func overloaded(_ value: Any) -> String { "any" }
func opaque() -> some Shaded { Opaque() }
struct Opaque: Shaded { var shade: String { "#00ff00" } }
func twice<Value>(_ value: Value, _ body: (Value) -> Value) -> Value { body(body(value)) }
@propertyWrapper struct Clamped { var wrappedValue: Int { didSet { wrappedValue = min(wrappedValue, 9) } } }
`;

/** Everything here is allowed in a file of the module, and some of it is not, or means something else, in one that imports it. */
const uses = (shade: string) => `
func shade() -> String {
  let values: [String] = [
    App.Model(count: 3).name, String(Counter().start), Derived().tell(), overloaded(5),
    #fileID, String(reflecting: Mine.self), _typeName(Model.self), Kind.allCases.map(\\.rawValue).joined(), opaque().shade, "\\(twice(2) { $0 * 3 })",
    "\\(Holder().clamped)", String((Mine() as Any) is any Inner),
  ]
  return values.joined(separator: ",") == expected ? "${shade}" : "#ff0000"
}
struct Mine {}
struct Holder { @Clamped var clamped = 5 }
final class Derived: Base { override func tell() -> String { "derived of " + super.tell() } }
extension Mine: Inner { func value() -> Int { 8 } }
private let expected =
  "model,4,derived of base,any,App/View.swift,App.Mine,App.Model,warmcold,#00ff00,18,5,true"
`;

describe('a prebuilt module of the other files', () => {
  it('is as good as their sources', async () => {
    const fixture = new Fixture();
    const sources = [fixture.write('Model.swift', model)];
    const file = fixture.write('View.swift', colorPreview('\\(shade())', uses('#00ff00')));
    const session = await openSession({ file, module: { name: 'App', sources }, literalEdits: false });
    expect(session.error).toBeNull();
    expect(await color(session)).toBe('#00ff00');
    await session.idle();
    for (const shade of ['#0000ff', '#ff00ff']) {
      fixture.write('View.swift', colorPreview('\\(shade())', uses(shade)));
      expect(await session.reload()).toMatchObject({ strategy: 'split', recompiled: [file] });
      expect(await color(session)).toBe(shade);
    }
  });

  it('has bodies that are copied, and is of no use when one of them is another', async () => {
    const fixture = new Fixture();
    const copied = (shade: string) => `@_alwaysEmitIntoClient public func shade() -> String { "${shade}" }\n`;
    const sources = [fixture.write('Shade.swift', copied('#00ff00'))];
    const file = fixture.write('View.swift', colorPreview('\\(shade())'));
    const session = await openSession({ file, module: { name: 'App', sources }, literalEdits: false });
    await session.idle();
    fixture.write('View.swift', colorPreview('\\(shade() + "")'));
    expect(await session.reload()).toMatchObject({ strategy: 'split' });
    fixture.write('Shade.swift', copied('#0000ff'));
    expect(await session.reload()).toMatchObject({ recompiled: [...sources, file] });
    expect(await color(session)).toBe('#0000ff');
    fixture.write('View.swift', colorPreview('\\("" + shade())'));
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
  });

  full.it('is not used for a file that extends the types of others: their declarations are its users', async () => {
    const fixture = new Fixture();
    const sources = [fixture.write('Model.swift', 'struct Model { let width: Int }\n')];
    // An initialiser that sets the fields itself is an error outside of the module.
    const extension = (shade: string) =>
      `extension Model { init() { width = 3 }; var shade: String { width == 3 ? "${shade}" : "#ff0000" } }\n`;
    const file = fixture.write('View.swift', colorPreview('\\(Model().shade)', extension('#00ff00')));
    const session = await openSession({ file, module: { name: 'App', sources }, literalEdits: false });
    await session.idle();
    fixture.write('View.swift', colorPreview('\\(Model().shade)', extension('#0000ff')));
    expect(await session.reload()).toMatchObject({ strategy: 'same-module', recompiled: [file] });
    expect(await color(session)).toBe('#0000ff');
  });

  full.it('leaves what the compiler says to the sources', async () => {
    const fixture = new Fixture();
    const sources = [fixture.write('Model.swift', 'struct Model { private var secret = 1; var shade = "#00ff00" }\n')];
    const file = fixture.write('View.swift', colorPreview('\\(Model().shade)'));
    const session = await openSession({ file, module: { name: 'App', sources }, literalEdits: false });
    await session.idle();
    fixture.write('View.swift', colorPreview('\\(Model().secret)'));
    await expect(session.reload()).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_COMPILE',
      diagnostics: [{ file, line: 6, message: expect.stringContaining("'secret' is inaccessible") }],
    });
    fixture.write('View.swift', colorPreview('\\(Model().shade.lowercased())'));
    expect(await session.reload()).toMatchObject({ strategy: 'split', recompiled: [file] });
    expect(await color(session)).toBe('#00ff00');
  });

  it('gives way to the sources when an interface changes, and is made again', async () => {
    const fixture = new Fixture();
    const source = fixture.write('Model.swift', 'struct Model { var shade = "#00ff00" }\n');
    const file = fixture.write('View.swift', colorPreview('\\(Model().shade)'));
    const session = await openSession({ file, module: { name: 'App', sources: [source] }, literalEdits: false });
    await session.idle();
    fixture.write('View.swift', colorPreview('\\(Model().shade + "")'));
    expect(await session.reload()).toMatchObject({ strategy: 'split' });
    // The view's object may hold more of the model's layout than the compiler noted.
    fixture.write('Model.swift', 'struct Model { var first = 1.5; var shade = "#0000ff" }\n');
    expect(await session.reload()).toMatchObject({ strategy: 'same-module', recompiled: [source, file] });
    expect(await color(session)).toBe('#0000ff');
    await session.idle();
    fixture.write('View.swift', colorPreview('\\(Model().first == 1.5 ? "#ff00ff" : "#ff0000")'));
    expect(await session.reload()).toMatchObject({ strategy: 'split' });
    expect(await color(session)).toBe('#ff00ff');
  });

  full.it('is not made while another file uses the previewed one', async () => {
    const fixture = new Fixture();
    const source = fixture.write('Model.swift', 'struct Model { var shared = Shared() }\n');
    const view = (shade: string) => colorPreview('\\(Model().shared.shade)', `struct Shared { var shade: String { "${shade}" } }\n`);
    const file = fixture.write('View.swift', view('#00ff00'));
    const session = await openSession({ file, module: { name: 'App', sources: [source] }, literalEdits: false });
    await session.idle();
    fixture.write('View.swift', view('#0000ff'));
    expect(await session.reload()).toMatchObject({ strategy: 'same-module', recompiled: [file] });
    expect(await color(session)).toBe('#0000ff');
  });
});
