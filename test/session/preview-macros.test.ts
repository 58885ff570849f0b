import type { Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { openSession, sharedSession } from '../support/session';
import { first, full } from '../support/tier';

const square = `private func square(_ fill: String) -> SVG {
  SVG("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect width='4' height='4' fill='\\(fill)'/></svg>")
}
`;

const gallery = `import PreviewKit

#Preview("Sized", width: 6, height: 2) { context in
  SVG("<svg xmlns='http://www.w3.org/2000/svg' width='6' height='2'><rect width='6' height='2' fill='\\(context.traits["fill"] ?? "#ff0000")'/></svg>")
}

struct Between_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Between") { square("#00ff00") }
    Preview("Also between") { square("#00ff01") }
  }
}

#if HOTSWIFT
#Preview { square("#0000ff") }
#endif
#if NEVER
#Preview("Never") { square("#000000") }
#endif

/* #Preview("A comment") { } */
let text = "#Preview(\\"A text\\") { }"

#Preview("Waits") {
  let fill = "#aa0000"
  await Task.yield()
  return square(fill)
}
#Preview("Throws") { () throws -> SVG in throw Failure.expected }
enum Failure: Error { case expected }

${square}`;

const color = async (session: Session, preview: number | string, options = {}): Promise<string> =>
  new Picture((await session.snapshot({ preview, ...options })).data).pixel(1, 1);

first(1).describe.each(['process', 'in-process'] as const)('#Preview, with isolation %s,', (isolation) => {
  const fixture = new Fixture();
  const open = sharedSession({ file: fixture.write('Gallery.swift', gallery), isolation, preview: 'Waits' });

  first(1).it.each([['-O -wmo'], ['-O'], ['-Osize'], ['-Ounchecked']])('is there where the module is compiled with %s', async (flags) => {
    const shade = new Fixture().write('Shade.swift', 'func shade() -> String { "#00ff00" }\n');
    const view = (extra: string) => `import PreviewKit
#Preview("Macro") { square(shade()) }
private enum Hidden: PreviewProvider { static var previews: [Preview] { Preview("Type") { square("#0000ff") } } }
${extra}${square}`;
    const optimized = new Fixture();
    const file = optimized.write('View.swift', view(''));
    const session = await openSession({ file, module: { name: 'App', sources: [shade], flags: flags.split(' ') }, isolation });
    expect((await session.previews()).map(({ name }) => name)).toEqual(['Macro', 'Type']);
    optimized.write('View.swift', view('#Preview("Added") { square("#123456") }\n'));
    await session.reload();
    expect(await Promise.all([0, 1, 2].map((preview) => color(session, preview)))).toEqual(['#00ff00', '#0000ff', '#123456']);
  });

  it('is listed in the order of the source, with names, lines and sizes', async () => {
    const session = await open();
    expect(session.error).toBeNull();
    expect(await session.previews()).toEqual([
      { index: 0, name: 'Sized', line: 3, width: 6, height: 2 },
      { index: 1, name: 'Between', line: 9 },
      { index: 2, name: 'Also between', line: 10 },
      { index: 3, name: 'Preview', line: 15 },
      { index: 4, name: 'Waits', line: 24 },
      { index: 5, name: 'Throws', line: 29 },
    ]);
  });

  it('is drawn, whatever its closure does, and without a compile', async () => {
    const session = await open();
    expect(await color(session, 'Sized')).toBe('#ff0000');
    expect(await color(session, 'Sized', { traits: { fill: '#123456' } })).toBe('#123456');
    expect(await color(session, 'Between')).toBe('#00ff00');
    expect(await color(session, 3)).toBe('#0000ff');
    expect(await color(session, 'Waits')).toBe('#aa0000');
    await expect(session.snapshot({ preview: 'Throws' })).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PREVIEW',
      message: expect.stringContaining('expected'),
    });
    expect(session.generation).toBe(1);
  });

  it('is edited: its literals in the running code, the rest by a compile', async () => {
    const session = await open();
    const save = (text: string) => {
      fixture.write('Gallery.swift', text);
      return session.reload();
    };
    const bluer = gallery.replace('#aa0000', '#aa00ff');
    expect(await save(bluer)).toMatchObject({ tier: 'literal', generation: 2 });
    expect(await color(session, 'Waits')).toBe('#aa00ff');

    const renamed = bluer.replace('"Sized", width: 6', '"Resized", width: 8').replace('let fill = ', 'let fill = "" + ');
    expect(await save(renamed)).toMatchObject({ tier: 'structural', generation: 3 });
    expect((await session.previews())[0]).toMatchObject({ name: 'Resized', line: 3, width: 8 });
    expect(await color(session, 'Waits')).toBe('#aa00ff');

    const [first = '', ...rest] = renamed.split('\n\n');
    const one = '#Preview("New") { square("#777777") }';
    expect(await save([first, one, ...rest].join('\n\n'))).toMatchObject({ tier: 'structural' });
    expect((await session.previews()).map(({ name, line }) => [name, line]).slice(0, 3)).toEqual([
      ['New', 3],
      ['Resized', 5],
      ['Between', 11],
    ]);
    expect(await color(session, 'New')).toBe('#777777');

    await save(renamed);
    expect((await session.previews()).map(({ name }) => name)).not.toContain('New');
  });
});

describe('a #Preview', () => {
  first(1).it.each([
    [
      'in its arguments',
      '#Preview("A", widht: 3) { square("#000000") }',
      9,
      "incorrect argument label in call (have '_:widht:_:', expected '_:width:_:')",
    ],
    ['in its closure', '  #Preview("A") { square(unknown) }', 26, "cannot find 'unknown' in scope"],
    ['in its closure that the parser meets', '#Preview("A") { square("#000000" }', 34, "expected ',' separator"],
    [
      'behind it',
      '#Preview("A") { square("#000000") }; let five: Int = "5"',
      54,
      "cannot convert value of type 'String' to specified type 'Int'",
    ],
  ])('with a mistake %s is an error at the place that the user sees', async (_, line, column, message) => {
    const source = `import PreviewKit\n\n${line}\n\n${square}`;
    const session = await openSession({ file: new Fixture().write('Mistake.swift', source) });
    expect(session.error).toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE' });
    expect(session.error?.diagnostics?.[0]).toMatchObject({ line: 3, column, message, sourceLine: line });
  });

  it('in another file of the module is compiled, and not listed', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Card.swift', 'import PreviewKit\n#Preview("Card") { badge("#00aa00") }\n');
    const badge = fixture.write(
      'Badge.swift',
      `import PreviewKit\n#Preview("Badge") { badge("#aaaaaa") }\n${square}func badge(_ fill: String) -> SVG { square(fill) }\n`,
    );
    const session = await openSession({ file, module: { name: 'Cards', sources: [file, badge] } });
    expect((await session.previews()).map(({ name }) => name)).toEqual(['Card']);
    expect(await color(session, 0)).toBe('#00aa00');

    fixture.write(
      'Badge.swift',
      `import PreviewKit\n#Preview("Badge") { wrong }\n${square}func badge(_ fill: String) -> SVG { square(fill) }\n`,
    );
    await expect(session.reload()).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_COMPILE',
      diagnostics: [expect.objectContaining({ file: badge, line: 2, column: 21, sourceLine: '#Preview("Badge") { wrong }' })],
    });
    fixture.write(
      'Badge.swift',
      `import PreviewKit\n#Preview("Badge") { badge("#bbbbbb") }\n${square}func badge(_ fill: String) -> SVG { square("#00bb00") }\n`,
    );
    expect(await session.reload()).toMatchObject({ recompiled: [badge] });
    expect(await color(session, 0)).toBe('#00bb00');
  });

  full.it('needs no import of PreviewKit, if nothing else in its file does', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Card.swift', '#if NEVER\n#Preview("Never") { badge() }\n#endif\n  #Preview("Card") { badge() }\n');
    const badge = fixture.write('Badge.swift', `import PreviewKit\n${square}func badge() -> SVG { square("#00aa00") }\n`);
    const session = await openSession({ file, module: { name: 'Cards', sources: [badge] } });
    expect(await session.previews()).toEqual([{ index: 0, name: 'Card', line: 4 }]);
    expect(await color(session, 0)).toBe('#00aa00');
    fixture.write('Card.swift', '#Preview("Card") { wrong() }\n');
    await expect(session.reload()).rejects.toMatchObject({ diagnostics: [expect.objectContaining({ line: 1, column: 20 })] });
  });

  it('in an unsaved buffer is one, too', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Buffer.swift', `import PreviewKit\n#Preview("Saved") { square("#111111") }\n${square}`);
    const session = await openSession({ file });
    await session.reload({ contents: { [file]: `import PreviewKit\n\n#Preview("Unsaved") { square("#222222") }\n${square}` } });
    expect(await session.previews()).toEqual([{ index: 0, name: 'Unsaved', line: 3 }]);
    expect(await color(session, 0)).toBe('#222222');
  });
});

it('#Preview is where it is written, in a module whose types have the names of what is written in its place', async () => {
  const fixture = new Fixture();
  const types = 'enum PreviewKit {}\nenum PreviewMacro {}\nstruct Preview {}\nprotocol PreviewProvider {}\n';
  const sources = [fixture.write('Types.swift', types)];
  const file = fixture.write(
    'View.swift',
    `import struct PreviewKit.SVG

#Preview
{ square("#00ff00") }
#Preview("Named")
{
  square("#0000ff")
}
${square}`,
  );
  const session = await openSession({ file, module: { name: 'App', sources } });
  expect(session.error).toBeNull();
  expect((await session.previews()).map(({ line }) => line)).toEqual([3, 5]);
  expect(await color(session, 0)).toBe('#00ff00');
  expect(await color(session, 'Named')).toBe('#0000ff');
});

full.it('#Preview can be there four hundred times', async () => {
  const fill = (index: number) => `#0000${(index % 256).toString(16).padStart(2, '0')}`;
  const macros = Array.from({ length: 400 }, (_, index) => `#Preview("P${index}") { square("${fill(index)}") }`);
  const file = new Fixture().write('View.swift', `import PreviewKit\n${macros.join('\n')}\n${square}`);
  const session = await openSession({ file });
  expect(await session.previews()).toHaveLength(400);
  expect(await color(session, 'P399')).toBe(fill(399));
});
