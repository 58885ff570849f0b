import type { Session, Variant } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { openSession, sharedSession } from '../support/session';
import { first } from '../support/tier';

const source = `import PreviewKit

struct Swatch_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Swatch", width: 4, height: 4) { context in
      let traits = context.traits
      if traits["fails"] == "throws" { throw Failure.expected }
      if traits["fails"] == "crashes" { fatalError() }
      let color = traits.colorScheme == .dark ? "#1" : "#e"
      let accent = traits.locale == "de-DE" ? "1" : "e"
      return SVG("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect width='4' height='4' fill='\\(color)\\(accent)\\(traits["third"] ?? "0")'/></svg>")
    }
  }
}

enum Failure: Error { case expected }
`;

async function all(variants: AsyncIterable<Variant>): Promise<Variant[]> {
  const seen: Variant[] = [];
  for await (const variant of variants) seen.push(variant);
  return seen;
}

/** Of the middle of the picture. */
function colorOf({ snapshot, error }: Variant): string {
  return snapshot === undefined ? error.code : new Picture(snapshot.data).pixel(snapshot.width / 2, snapshot.height / 2);
}

first(1).describe.each(['process', 'in-process'] as const)('the variants of a preview, with isolation %s,', (isolation) => {
  const file = new Fixture().write('Swatch.swift', source);
  let session: Session;
  const open = sharedSession({ file, isolation });
  beforeAll(async () => {
    session = await open();
  });

  it('are every combination, the last trait changing fastest, each with its picture', async () => {
    const variants = await all(session.variants({ colorScheme: ['light', 'dark'], locale: ['en-US', 'de-DE'] }));
    expect(variants.map(({ traits }) => traits)).toEqual([
      { colorScheme: 'light', locale: 'en-US' },
      { colorScheme: 'light', locale: 'de-DE' },
      { colorScheme: 'dark', locale: 'en-US' },
      { colorScheme: 'dark', locale: 'de-DE' },
    ]);
    expect(variants.map(colorOf)).toEqual(['#eeee00', '#ee1100', '#11ee00', '#111100']);
    expect(session.generation).toBe(1);
  });

  it('are drawn as the options say, on top of the traits of the options and of the session', async () => {
    session.setTraits({ colorScheme: 'dark' });
    const variants = session.variants({ locale: ['en-US', 'de-DE'] }, { preview: 'Swatch', scale: 2, width: 8, traits: { third: '7' } });
    const seen = await all(variants);
    session.setTraits({});
    expect(seen.map(colorOf)).toEqual(['#11ee77', '#111177']);
    expect(seen.map(({ snapshot }) => [snapshot?.width, snapshot?.height])).toEqual([
      [16, 8],
      [16, 8],
    ]);
  });

  it('go on past one whose preview throws', async () => {
    const seen = await all(session.variants({ fails: ['no', 'throws', 'neither'] }));
    expect(seen.map(colorOf)).toEqual(['#eeee00', 'ERR_HOTSWIFT_PREVIEW', '#eeee00']);
    expect(seen[1]?.error?.message).toContain('expected');
  });

  it('are one, without a combination, and none, of a trait without values', async () => {
    expect((await all(session.variants({}))).map(({ traits }) => traits)).toEqual([{}]);
    expect(await all(session.variants({ locale: [] }))).toEqual([]);
  });

  it('are drawn as far as they are asked for', async () => {
    const seen: string[] = [];
    for await (const variant of session.variants({ fails: ['no', 'throws', 'neither'] })) {
      seen.push(colorOf(variant));
      break;
    }
    expect(seen).toEqual(['#eeee00']);
  });

  it('are refused at once if a value is none of its trait, and end where there is no such preview', async () => {
    const refused = { code: 'ERR_HOTSWIFT_ARGUMENT', message: expect.stringMatching(/^variants: `colorScheme`/) };
    expect(() => session.variants({ colorScheme: ['light', 'sepia' as 'dark'] })).toThrow(expect.objectContaining(refused));
    expect(() => session.variants({ locale: 'en' as unknown as string[] })).toThrow(
      expect.objectContaining({ code: 'ERR_HOTSWIFT_ARGUMENT' }),
    );
    await expect(all(session.variants({}, { preview: 'None' }))).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_PREVIEW', names: ['Swatch'] });
  });

  it('end with the signal’s reason, and with the session', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const aborted = session.variants({ fails: ['no', 'neither'] }, { signal: controller.signal });
    expect((await aborted.next()).done).toBe(false);
    controller.abort(reason);
    await expect(aborted.next()).rejects.toBe(reason);

    const other = await openSession({ file, isolation });
    const closed = other.variants({ fails: ['no', 'neither'] });
    expect((await closed.next()).done).toBe(false);
    await other.close();
    await expect(closed.next()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CLOSED' });
  });
});

it('of which one crashes are the others, by agents that take over', async () => {
  const session = await openSession({ file: new Fixture().write('Swatch.swift', source) });
  const pid = session.agent?.pid;
  const seen = await all(session.variants({ fails: ['no', 'crashes', 'neither'] }));
  expect(seen.map(colorOf)).toEqual(['#eeee00', 'ERR_HOTSWIFT_CRASH', '#eeee00']);
  expect(session.agent?.pid).not.toBe(pid);
  expect(session.state).toBe('ready');
});
