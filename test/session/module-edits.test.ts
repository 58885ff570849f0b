import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';
import { first } from '../support/tier';

/** Three files: the preview takes its colour through `middle` from `model`. */
function colorModule() {
  const fixture = new Fixture();
  const model = fixture.write('Model.swift', 'struct Model { var color = "#ff0000"; func shade() -> String { color } }\n');
  const middle = fixture.write('Middle.swift', 'func middle() -> String { Model().shade() }\n');
  const file = fixture.write('View.swift', colorPreview('\\(middle())'));
  return { fixture, model, middle, file, module: { name: 'Colors', sources: [model, middle, file] } };
}

describe('an edit of another file of the module', () => {
  it('compiles that file alone when only a body changed', async () => {
    const { fixture, model, file, module } = colorModule();
    const session = await openSession({ file, module });
    fixture.write('Model.swift', 'struct Model { var color = "#ff0000"; func shade() -> String { "#00ff00" } }\n');
    expect(await session.reload()).toMatchObject({
      changed: [model],
      recompiled: [model],
      relinked: expect.arrayContaining([model, file]),
      generation: 2,
    });
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#00ff00');
  });

  it('compiles what depends on it when the layout changed', async () => {
    const { fixture, model, middle, file, module } = colorModule();
    const session = await openSession({ file, module });
    const wider = 'struct Model { var first = 1; var second = 2.5; var color = "#0000ff"; func shade() -> String { color } }\n';
    fixture.write('Model.swift', wider);
    const result = await session.reload();
    expect(result).toMatchObject({ changed: [model], strategy: 'same-module' });
    expect(result.recompiled).toContain(middle);
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#0000ff');
  });

  it('keeps the edits of every file, made one after the other and taken back', async () => {
    const { fixture, file, module } = colorModule();
    const session = await openSession({ file, module });
    const color = async () => new Picture((await session.snapshot()).data).pixel(1, 1);
    fixture.write('Model.swift', 'struct Model { func shade() -> String { "#00ff00" } }\n');
    await session.reload();
    fixture.write('Middle.swift', 'func middle() -> String { Model().shade().replacing("00", with: "11") }\n');
    await session.reload();
    expect(await color()).toBe('#11ff11');
    fixture.write('Middle.swift', 'func middle() -> String { Model().shade() }\n');
    await session.reload();
    expect(await color()).toBe('#00ff00');
  });

  it('is an error when it deletes what is still used', async () => {
    const { fixture, middle, file, module } = colorModule();
    const session = await openSession({ file, module });
    fixture.write('Model.swift', 'struct Renamed { func shade() -> String { "#00ff00" } }\n');
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE', diagnostics: [{ file: middle, line: 1 }] });
    expect(await session.snapshot()).toMatchObject({ stale: true });
    fixture.write('Model.swift', 'struct Model { func shade() -> String { "#0000ff" } }\n');
    await session.reload();
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#0000ff');
  });
});

describe('an error in another file', () => {
  const broken = 'struct Model { var color: String { 5 } }\n';
  const good = (color: string) => `struct Model { var color: String { "${color}" } }\n`;

  first(1).it.each([true, false])('leaves the narrow path once it is mended (there from the start: %s)', async (fromTheStart) => {
    const fixture = new Fixture();
    const model = fixture.write('Model.swift', fromTheStart ? broken : good('#ff0000'));
    const other = fixture.write('Other.swift', 'func other() -> Int { 1 }\n');
    const file = fixture.write('View.swift', colorPreview('\\(Model().color)', 'let one = other()\n'));
    const session = await openSession({ file, module: { name: 'App', sources: [model, other, file] } });
    if (!fromTheStart) fixture.write('Model.swift', broken);
    await expect(session.reload()).rejects.toMatchObject({ diagnostics: [{ file: model, line: 1, column: 36 }] });
    fixture.write('Model.swift', good('#00ff00'));
    const mended = await session.reload();
    expect(mended.recompiled).toContain(model);
    if (!fromTheStart) expect(mended.recompiled).toEqual([model]);
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#00ff00');
    fixture.write('Model.swift', good('#0000ff'));
    expect(await session.reload()).toMatchObject({ recompiled: [model] });
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#0000ff');
  });
});

describe('a text', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `func line${index}() -> Int { ${index} }\n`).join('');
  it.each([
    ['without a final newline', (color: string) => `func color() -> String { "${color}" }`],
    ['with the line ends of Windows', (color: string) => `// First.\r\nfunc color() -> String {\r\n  "${color}"\r\n}\r\n`],
    ['of five thousand lines', (color: string) => `${lines(5000)}func color() -> String { "${color}" }\n`],
  ])('%s is compiled, beside one that is empty', async (_, text) => {
    const fixture = new Fixture();
    const sources = [fixture.write('Color.swift', text('#00ff00')), fixture.write('Empty.swift', '')];
    const file = fixture.write('View.swift', colorPreview('\\(color())'));
    const session = await openSession({ file, module: { name: 'App', sources } });
    expect(session.error).toBeNull();
    fixture.write('Color.swift', text('#0000ff'));
    expect(await session.reload()).toMatchObject({ recompiled: [sources[0]] });
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#0000ff');
  });
});

describe('a module', () => {
  it('lives in paths with spaces, quotes and non-ASCII characters', async () => {
    const fixture = new Fixture({}, `it's a "folder" – ünï`);
    const other = fixture.write('Größe & more.swift', 'func size() -> String { "#00ff00" }');
    const file = fixture.write("It's a View.swift", colorPreview('\\(size())'));
    const session = await openSession({ file, module: { name: 'Odd', sources: [other], flags: ['-D', 'ODD'] } });
    expect(session.error).toBeNull();
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#00ff00');
    fixture.write('Größe & more.swift', 'func size() -> Int { oops }');
    await expect(session.reload()).rejects.toMatchObject({ diagnostics: [{ file: other, line: 1, column: 22 }] });
  });

  it('names a source that is missing', async () => {
    const fixture = new Fixture();
    const file = fixture.write('View.swift', colorPreview('#ff0000'));
    const lost = fixture.path('Lost.swift');
    const opened = openSession({ file, module: { name: 'App', sources: [lost] } });
    await expect(opened).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_PROJECT', message: expect.stringContaining(lost) });
  });
});
