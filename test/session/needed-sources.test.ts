import path from 'node:path';
import { NeededSources } from '../../lib/compile/needed-sources.js';
import type { Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';
import { full } from '../support/tier';

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);

const select = jest.spyOn(NeededSources.prototype, 'select');
/** The names of the files that the last compile was to read; `undefined`: all. */
const lastSelected = async () => {
  const selected = await select.mock.results.at(-1)?.value;
  return selected && [...selected.keys()].map((file: string) => path.basename(file));
};

/** In small modules, too, no more is to be read than is needed. */
beforeAll(() => {
  process.env.HOTSWIFT_SPLIT_FROM = '0';
});
afterAll(() => {
  delete process.env.HOTSWIFT_SPLIT_FROM;
});

const tint = (shade: string) => `func tint() -> String { describe(5) == "any" ? "${shade}" : "#010101" }\n`;
const texts = {
  'Tint.swift': tint('#00ff00'),
  'Describe.swift': 'func describe(_ value: Any) -> String { "any" }\n',
  'Spare.swift': `func spare() -> Int { 1 }\n${'// Nobody needs this.\n'.repeat(30)}`,
  'View.swift': colorPreview('\\(tint())'),
};

async function open(fixture: Fixture): Promise<Session> {
  const sources = Object.entries(texts).map(([name, text]) => fixture.write(name, text));
  const session = await openSession({ file: fixture.path('View.swift'), module: { name: 'App', sources } });
  expect(session.error).toBeNull();
  expect(await color(session)).toBe('#00ff00');
  await session.idle();
  return session;
}

describe('an edit of a file that needs few others', () => {
  it('is shown, again and again', async () => {
    const fixture = new Fixture();
    const session = await open(fixture);
    for (const shade of ['#0000ff', '#ff00ff', '#00ffff']) {
      const file = fixture.write('Tint.swift', tint(shade));
      expect(await session.reload()).toMatchObject({ strategy: 'same-module', recompiled: [file] });
      expect(await lastSelected()).toEqual(['Tint.swift', 'Describe.swift', 'View.swift']);
      expect(await color(session)).toBe(shade);
      await session.idle();
    }
  });

  full.it('means what a declaration makes of it that a file has come to have which it did not need', async () => {
    const fixture = new Fixture();
    const session = await open(fixture);
    const spare = fixture.write('Spare.swift', `${texts['Spare.swift']}func describe(_ value: Int) -> String { "integer" }\n`);
    expect(await session.reload()).toMatchObject({ recompiled: expect.arrayContaining([spare, fixture.path('Tint.swift')]) });
    expect(await color(session)).toBe('#010101');
    await session.idle();
    fixture.write('Tint.swift', tint('#0000ff').replace('"any"', '"integer"'));
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
    expect(await lastSelected()).toBeUndefined();
  });

  full.it('fails with what the compiler says of it, and its repair is shown', async () => {
    const fixture = new Fixture();
    const session = await open(fixture);
    const file = fixture.write('Tint.swift', tint('#0000ff').replace('describe', 'missing'));
    await expect(session.reload()).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_COMPILE',
      diagnostics: [{ file, line: 1, message: "cannot find 'missing' in scope" }],
    });
    fixture.write('Tint.swift', tint('#0000ff'));
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
    expect(await lastSelected()).toEqual(['Tint.swift', 'Describe.swift', 'View.swift']);
  });

  it('is compiled with all sources if something was missing, and so are those that follow', async () => {
    const fixture = new Fixture();
    const session = await open(fixture);
    select.mockImplementationOnce(async (files, _, sources) => new Map([...sources].filter(([file]) => files.includes(file))));
    const file = fixture.write('Tint.swift', tint('#0000ff'));
    expect(await session.reload()).toMatchObject({ strategy: 'same-module', recompiled: [file] });
    expect(await color(session)).toBe('#0000ff');
    await session.idle();
    fixture.write('Tint.swift', tint('#ff00ff'));
    await session.reload();
    expect(await lastSelected()).toBeUndefined();
    expect(await color(session)).toBe('#ff00ff');
  });
});
