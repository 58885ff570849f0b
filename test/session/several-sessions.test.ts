import type { Session, SessionOptions } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { isRunning } from '../support/processes';
import { colorPreview, nextEvent, openSession } from '../support/session';
import { full } from '../support/tier';

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);
const colorsOf = (sessions: readonly Session[]) => Promise.all(sessions.map(color));
const reload = (sessions: readonly Session[]) => Promise.all(sessions.map((session) => session.reload()));
const open = (options: SessionOptions[]) => Promise.all(options.map(openSession));
const pidsOf = (sessions: readonly Session[]) => new Set(sessions.map(({ agent }) => agent?.pid));

describe('two sessions on one file', () => {
  it('show every save, and buffers only where they were given', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const sessions = await open([{ file }, { file, literalEdits: false }]);
    const [one, other] = sessions as [Session, Session];
    expect(pidsOf(sessions).size).toBe(2);
    expect(await colorsOf(sessions)).toEqual(['#ff0000', '#ff0000']);
    const save = (text: string) => {
      fixture.write('Color.swift', text);
      return reload(sessions);
    };
    // One of them sets the value of a literal, which is no business of the other's.
    expect((await save(colorPreview('#00ff00'))).map(({ tier }) => tier)).toEqual(['literal', 'structural']);
    expect(await colorsOf(sessions)).toEqual(['#00ff00', '#00ff00']);
    await save(colorPreview('#0000ff', 'let more = 1\n'));
    expect(await colorsOf(sessions)).toEqual(['#0000ff', '#0000ff']);

    await one.reload({ contents: { [file]: colorPreview('#ffff00') } });
    expect(await other.reload()).toMatchObject({ tier: 'none' });
    expect(await colorsOf(sessions)).toEqual(['#ffff00', '#0000ff']);
    await other.reload({ contents: { [file]: colorPreview('#00ffff') } });
    expect(await colorsOf(sessions)).toEqual(['#ffff00', '#00ffff']);
    await reload(sessions);
    expect(await colorsOf(sessions)).toEqual(['#0000ff', '#0000ff']);

    await one.close();
    fixture.write('Color.swift', colorPreview('#ff00ff'));
    await other.reload();
    expect(await color(other)).toBe('#ff00ff');
  });

  full.it('both see a save', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const sessions = await open([
      { file, watch: true },
      { file, watch: true },
    ]);
    for (const next of ['#00ff00', '#0000ff']) {
      const reloads = sessions.map((session) => nextEvent(session, 'reload'));
      fixture.write('Color.swift', colorPreview(next));
      await Promise.all(reloads);
      expect(await colorsOf(sessions)).toEqual([next, next]);
    }
  });
});

describe('two sessions on one module', () => {
  full.it('preview a file each, and show edits of it, of the other’s and of what both use', async () => {
    const fixture = new Fixture();
    const preview = (name: string, fill: string) => colorPreview(fill).replace('Color_Previews', `${name}_Previews`);
    const shade = (value: string, more = '') => `struct Shade { ${more}var value: String { "${value}" } }\n`;
    const sources = [
      fixture.write('Left.swift', preview('Left', '#ff\\(Shade().value)')),
      fixture.write('Right.swift', preview('Right', '#\\(Shade().value)ff')),
      fixture.write('Shade.swift', shade('0000')),
    ];
    const module = { name: 'Pair', sources };
    const sessions = await open(['Left.swift', 'Right.swift'].map((name) => ({ file: fixture.path(name), module })));
    expect(pidsOf(sessions).size).toBe(2);
    expect(await colorsOf(sessions)).toEqual(['#ff0000', '#0000ff']);
    const steps: [string, string, [string, string]][] = [
      ['Shade.swift', shade('1111'), ['#ff1111', '#1111ff']],
      ['Left.swift', preview('Left', '#ee\\(Shade().value)'), ['#ee1111', '#1111ff']],
      ['Shade.swift', shade('2222', 'var more = 1.5; '), ['#ee2222', '#2222ff']],
      ['Right.swift', preview('Right', '#\\(Shade().value)dd'), ['#ee2222', '#2222dd']],
      ['Shade.swift', shade('3333', 'var more = 1.5, evenMore = "text"; '), ['#ee3333', '#3333dd']],
    ];
    for (const [index, [name, text, expected]] of steps.entries()) {
      fixture.write(name, text);
      await reload(sessions);
      expect(await colorsOf(sessions)).toEqual(expected);
      // What was built in the background is used as well.
      if (index % 2 === 1) await Promise.all(sessions.map((session) => session.idle()));
    }
  });
});

full.it('eight sessions at once show their own edits, and go on when others close or crash', async () => {
  const fixture = new Fixture();
  const shared = (value: string) => `func shared() -> String { "${value}" }\n`;
  const sources = [fixture.write('Shared.swift', shared('aa'))];
  const view = (index: number, round: number) => colorPreview(`#${index}${index}${round}${round}\\(shared())`);
  const expected = (round: number, value: string) => (_: unknown, index: number) => `#${index}${index}${round}${round}${value}`;
  const files = Array.from({ length: 8 }, (_, index) => fixture.write(`View${index}.swift`, view(index, 0)));
  const sessions = await open(files.map((file, index) => ({ file, module: { name: `App${index}`, sources }, literalEdits: false })));
  expect(pidsOf(sessions).size).toBe(8);
  expect(await colorsOf(sessions)).toEqual(files.map(expected(0, 'aa')));
  const save = (round: number) => files.map((_, index) => fixture.write(`View${index}.swift`, view(index, round)));

  save(1);
  await reload(sessions);
  expect(await colorsOf(sessions)).toEqual(files.map(expected(1, 'aa')));
  fixture.write('Shared.swift', shared('bb'));
  await reload(sessions);
  expect(await colorsOf(sessions)).toEqual(files.map(expected(1, 'bb')));

  save(2);
  const [first, second, ...others] = sessions as [Session, Session, ...Session[]];
  const pids = others.map(({ agent }) => agent?.pid);
  const closedPid = first.agent?.pid ?? 0;
  const crashedPid = second.agent?.pid ?? 0;
  const crashed = nextEvent(second, 'crash');
  const reloads = reload([second, ...others]);
  process.kill(crashedPid, 'SIGKILL');
  await Promise.all([first.close(), crashed, reloads]);
  expect(await colorsOf([second, ...others])).toEqual(files.map(expected(2, 'bb')).slice(1));
  expect([closedPid, crashedPid].filter(isRunning)).toEqual([]);
  expect(others.map(({ agent }) => agent?.pid)).toEqual(pids);
});
