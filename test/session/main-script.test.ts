import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';
import { full } from '../support/tier';

describe('a module with a main.swift', () => {
  const main = `
    let color = ["#00ff00"].joined()
    var count = [1, 2, 3].count
    func described() -> String { color }
    func constant() -> String { "#00ff00" }
    struct Settings { static let color = ["#00ff00"].joined() }
    print("started", color, count)
    `;

  function tool(view: string, files: Record<string, string> = {}) {
    const fixture = new Fixture({ 'main.swift': main, 'View.swift': colorPreview(view), ...files });
    const sources = ['main.swift', 'View.swift', ...Object.keys(files)].map((name) => fixture.path(name));
    return { fixture, options: { file: fixture.path('View.swift'), module: { name: 'Tool', sources } } };
  }

  it.each([
    ['a constant', '\\(constant())'],
    ['a static property', '\\(Settings.color)'],
  ])('is previewed without being run, and may use %s of it', async (_, color) => {
    const session = await openSession(tool(color).options);
    const printed: unknown[] = [];
    session.stdout.on('data', (chunk) => printed.push(chunk));
    expect(session.error).toBeNull();
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#00ff00');
    await session.close();
    expect(printed).toEqual([]);
  });

  it.each([
    ['directly', '\\(color)', {}, ['color']],
    ['in a function of main.swift', '\\(described())', {}, ['color']],
    ['in another file', '\\(helper())', { 'Helper.swift': 'func helper() -> String { described() + String(count) }' }, ['color', 'count']],
  ])('says which variables of it the preview uses %s: nothing initialises them', async (_, color, files, names) => {
    const { fixture, options } = tool(color, files);
    const session = await openSession(options);
    expect(session.error).toMatchObject({
      code: 'ERR_HOTSWIFT_LINK',
      message: expect.stringContaining(`a preview does not: ${names.map((name) => `Tool.${name}`).join(', ')}.`),
      symbols: names.map((name) => expect.stringContaining(name)),
    });
    fixture.write('View.swift', colorPreview('\\(constant())'));
    await session.reload();
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#00ff00');
  });

  full.it('is no trouble for files that have nothing to do with its variables', async () => {
    const unused = { 'Unused.swift': 'func unused() -> Int { count }', 'Colors.swift': 'func green() -> String { "#00ff00" }' };
    const session = await openSession(tool('\\(green())', unused).options);
    expect(session.error).toBeNull();
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#00ff00');
  });

  full.it('may use its variables in whatever the preview does not use, side by side with what it does', async () => {
    const crowded = `
      var count = [1, 2, 3].count
      private func hidden() -> Int { count }
      private func fine() -> String { "#00" + ["ff"].map { $0 + "00" }.joined() }
      func green() -> String { [Settings()].map { $0.shade() }[0] }
      struct Settings { func shade() -> String { fine() } }
      class Unrelated: Countable { func counted() -> Int { count } }
      protocol Countable { func counted() -> Int }
      print([1, 2].map { $0 + count }, hidden(), (Unrelated() as any Countable).counted())
      `;
    for (const flags of [[], ['-O']]) {
      const { fixture, options } = tool('\\(green())');
      fixture.write('main.swift', crowded);
      const session = await openSession({ ...options, module: { ...options.module, flags } });
      expect(session.error).toBeNull();
      expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#00ff00');
    }
  });

  full.it('is asked about for each function that is called', async () => {
    const entries = `
      @_cdecl("counted") func counted() -> Int32 { Int32(count) }
      @_cdecl("constant") func constantEntry() -> Int32 { constant() == "#00ff00" ? 1 : 0 }`;
    const session = await openSession(tool('\\(constant())', { 'Entries.swift': entries }).options);
    expect(await session.call('constant')).toBe(1);
    await expect(session.call('counted')).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_LINK',
      message: expect.stringContaining('a preview does not: Tool.count.'),
    });
    await expect(session.call('absent')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_ARGUMENT' });
  });

  it('may hold the preview itself', async () => {
    const fixture = new Fixture();
    const file = fixture.write(
      'main.swift',
      `${colorPreview('\\(green())')}func green() -> String { "#00ff00" }\nlet numbers = [1, 2]\nfunc sum() -> Int { numbers.reduce(0, +) }\nprint("started", sum(), numbers.map { $0 + sum() })\n`,
    );
    const session = await openSession({ file });
    expect(session.error).toBeNull();
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#00ff00');
    fixture.write('main.swift', `${colorPreview('\\(green)')}let green = ["#00ff00"].joined()\n`);
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_LINK', message: expect.stringContaining('green') });
  });
});
