import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Edit, Example, type ExampleName } from '../support/example';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { isRunning } from '../support/processes';
import { nextEvent } from '../support/session';
import { full } from '../support/tier';

// SwiftPM takes seconds for each package.
jest.setTimeout(240_000);

/** An edit, and what the picture is afterwards. */
interface Change extends Edit {
  look(picture: Picture): void;
}

/** What an example goes through; each edit is one of the text that those before it have left. */
interface Life {
  preview: string;
  before(picture: Picture): void;
  literal: Change;
  structural: Change;
  /** Of another file, where there is one. */
  toTheCap: Change;
  acrossTheCap: Change;
  /** In a function of this name. */
  crash: Edit & { within: string };
  repair: Change;
  literalAfterwards: Change;
}

const crashing = '{ fatalError("broken on purpose") }()';

const lives: Record<ExampleName, Life> = {
  'weather-card': {
    preview: 'Light',
    before: has('#ffe08a'),
    literal: { old: 'tint: 0xFFE08A', new: 'tint: 0xFF5C93', look: has('#ff5c93', '#ffe08a') },
    structural: { old: 'tint: 0xFF5C93', new: 'tint: forecast.days.isEmpty ? 0x010101 : 0x00E5A0', look: has('#00e5a0', '#ff5c93') },
    toTheCap: {
      file: 'Sources/WeatherCard/TemperatureCurve.swift',
      old: '.stroke(tint',
      new: '.stroke(Color(integerLiteral: tint.hex ^ 0xFFFFFF)',
      look: has('#ff1a5f', '#00e5a0'),
    },
    acrossTheCap: {
      old: 'forecast.days.isEmpty ? 0x010101 : 0x00E5A0',
      new: 'forecast.hours.isEmpty ? 0x010101 : 0xFFF000',
      look: has('#000fff', '#ff1a5f'),
    },
    crash: { old: 'forecast.hours.isEmpty ? 0x010101 : 0xFFF000', new: crashing, within: 'WeatherCardView.draw' },
    repair: { old: crashing, new: '0xABCDEF', look: has('#543210', '#000fff') },
    literalAfterwards: { old: '0xABCDEF', new: '0x00FF7F', look: has('#ff0080', '#543210') },
  },
  'cairo-card': {
    preview: 'Now playing',
    before: has('#f2542d'),
    literal: { old: 'Color(0xF2542D)', new: 'Color(0x2D9CDB)', look: has('#2d9cdb', '#f2542d') },
    structural: { old: 'Color(0x2D9CDB)', new: 'Color(isDark ? 0x010101 : 0x27AE60)', look: has('#27ae60', '#2d9cdb') },
    toTheCap: {
      file: 'Sources/CairoCard/Paint.swift',
      old: '(Double(hex >> 16 & 255) / 255, Double(hex >> 8 & 255) / 255,',
      new: '(Double(hex >> 8 & 255) / 255, Double(hex >> 16 & 255) / 255,',
      look: has('#ae2760', '#27ae60'),
    },
    acrossTheCap: {
      old: 'Color(isDark ? 0x010101 : 0x27AE60)',
      new: 'Color(song.length == 0 ? 0x010101 : 0x112233)',
      look: has('#221133', '#ae2760'),
    },
    crash: { old: 'Color(song.length == 0 ? 0x010101 : 0x112233)', new: crashing, within: 'NowPlayingCard.accent' },
    repair: { old: crashing, new: 'Color(0xABCDEF)', look: has('#cdabef', '#221133') },
    literalAfterwards: { old: '0xABCDEF', new: '0x00FF7F', look: has('#ff007f', '#cdabef') },
  },
  'bitmap-plasma': {
    preview: 'Ember',
    before: isPlasma({}),
    literal: { old: 'waves: 5', new: 'waves: 7', look: isPlasma({ waves: 7 }) },
    structural: {
      old: 'sin(x * waves * turn / 2 + phase)',
      new: 'cos(x * waves * turn / 2 + phase)',
      look: isPlasma({ waves: 7, straight: Math.cos }),
    },
    toTheCap: {
      old: '(straight + slanted + round) / 3',
      new: '(straight - slanted + round) / 3',
      look: isPlasma({ waves: 7, straight: Math.cos, slant: -1 }),
    },
    acrossTheCap: {
      old: '(246, 215, 70)',
      new: '(255, 255, 255)',
      look: isPlasma({ waves: 7, straight: Math.cos, slant: -1, top: [255, 255, 255] }),
    },
    crash: { old: 'let round = sin(distance * waves * turn)', new: `let round: Double = ${crashing}`, within: 'Plasma.height' },
    repair: {
      old: `let round: Double = ${crashing}`,
      new: 'let round = sin(distance * waves * turn / 2)',
      look: isPlasma({ waves: 7, straight: Math.cos, slant: -1, top: [255, 255, 255], rings: 0.5 }),
    },
    literalAfterwards: {
      old: 'time: 0.15',
      new: 'time: 0.4',
      look: isPlasma({ waves: 7, time: 0.4, straight: Math.cos, slant: -1, top: [255, 255, 255], rings: 0.5 }),
    },
  },
  departures: {
    preview: 'Departures',
    before: has('#14264b'),
    literal: { old: '"#14264b"', new: '"#3b1443"', look: has('#3b1443', '#14264b') },
    structural: { old: '"#3b1443"', new: 'departures.isEmpty ? "#010101" : "#0b3d2e"', look: has('#0b3d2e', '#3b1443') },
    toTheCap: {
      file: 'Sources/Departures/BoardRow.swift',
      old: 'color: "#9fc2ff"',
      new: 'color: departure.delay > 0 ? "#ff9f1c" : "#7ae582"',
      look: has('#7ae582', '#9fc2ff'),
    },
    acrossTheCap: {
      old: 'departures.isEmpty ? "#010101" : "#0b3d2e"',
      new: 'station.isEmpty ? "#010101" : "#4a1c40"',
      look: has('#4a1c40', '#0b3d2e'),
    },
    crash: { old: 'station.isEmpty ? "#010101" : "#4a1c40"', new: crashing, within: 'DepartureBoard.background' },
    repair: { old: crashing, new: '"#20304a"', look: has('#20304a', '#4a1c40') },
    literalAfterwards: { old: '"#20304a"', new: '"#602020"', look: has('#602020', '#20304a') },
  },
};

full.it('npm run example draws the previews of an example', () => {
  const output = new Fixture();
  const script = path.join(__dirname, '..', '..', 'scripts', 'example.mjs');
  execFileSync(process.execPath, [script, 'bitmap-plasma', '--once', '--scale', '1', '--output', output.folder]);
  expect(readdirSync(output.folder).sort()).toEqual(['0-ember.png', '1-lagoon.png']);
  lives['bitmap-plasma'].before(new Picture(readFileSync(output.path('0-ember.png'))));
});

full.describe.each(Object.keys(lives) as ExampleName[])('the example %s', (name) => {
  const life = lives[name];

  it('goes through edits, a full agent and a crash, by saves alone', async () => {
    const example = await Example.open(name, 4);
    const { session } = example;
    const expectLook = async (look: Change['look']) => look(await example.picture(life.preview));
    const first = session.agent;
    expect(first?.generations).toBe(1);
    await expectLook(life.before);

    expect(await example.save(life.literal)).toMatchObject({ tier: 'literal', generation: 2, recompiled: [], relinked: [] });
    expect(session.agent).toEqual(first);
    await expectLook(life.literal.look);
    // The edited text is compiled as well, and draws the same.
    await session.idle();
    const settled = session.agent;
    expect(settled).toEqual({ pid: first?.pid, generations: 2 });
    await expectLook(life.literal.look);

    expect(await example.save(life.structural)).toMatchObject({ tier: 'structural', generation: 3, recompiled: [session.file] });
    expect(session.agent).toEqual({ pid: first?.pid, generations: 3 });
    await expectLook(life.structural.look);

    const respawned = nextEvent(session, 'respawn');
    expect(await example.save(life.toTheCap)).toMatchObject({ tier: 'structural', generation: 4 });
    await expectLook(life.toTheCap.look);
    const [{ newPid }] = await respawned;
    expect(example.events).toEqual([['respawn', { reason: 'cap', oldPid: first?.pid, newPid }]]);
    expect(session.agent).toEqual({ pid: newPid, generations: 1 });
    await expectLook(life.toTheCap.look);

    expect(await example.save(life.acrossTheCap)).toMatchObject({ tier: 'structural', generation: 5 });
    expect(session.agent).toEqual({ pid: newPid, generations: 2 });
    expect(isRunning(first?.pid ?? 0)).toBe(false);
    await expectLook(life.acrossTheCap.look);

    const error = await example.saveBroken(life.crash);
    expect(error).toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
    if (process.platform === 'linux') expect(error.backtrace?.join('\n')).toContain(life.crash.within);
    const old = await session.snapshot({ preview: life.preview });
    expect(old).toMatchObject({ stale: true, generation: 5 });
    await expectLook(life.acrossTheCap.look);

    expect(await example.save(life.repair)).toMatchObject({ tier: 'structural', generation: 6 });
    const repaired = session.agent?.pid ?? 0;
    expect([newPid, first?.pid]).not.toContain(repaired);
    await expectLook(life.repair.look);
    await session.idle();

    expect(await example.save(life.literalAfterwards)).toMatchObject({ tier: 'literal', generation: 7 });
    expect(session.agent?.pid).toBe(repaired);
    await expectLook(life.literalAfterwards.look);
    expect(await session.snapshot({ preview: life.preview })).toMatchObject({ stale: false, generation: 7 });
    const [crash, ...others] = example.events.slice(1);
    expect(crash).toEqual(['crash', expect.objectContaining({ pid: newPid })]);
    // The next agent starts while the text that crashed is looked at.
    expect(others).toHaveLength(2);
    expect(others).toContainEqual(['respawn', { reason: 'crash', oldPid: newPid, newPid: repaired }]);
    expect(others).toContainEqual(['reload-error', error]);
  });
});

/** Of one colour there are pixels, and of another there are none. */
function has(seen: string, gone?: string): (picture: Picture) => void {
  return (picture) => {
    expect([seen, picture.count(seen) > 20]).toEqual([seen, true]);
    if (gone !== undefined) expect([gone, picture.count(gone)]).toEqual([gone, 0]);
  };
}

interface PlasmaFormula {
  waves?: number;
  time?: number;
  straight?(x: number): number;
  slant?: number;
  rings?: number;
  top?: [number, number, number];
}

/** The formulas of Plasma.swift, whose every pixel is compared; where a channel is cut off between two numbers, either is right. */
function isPlasma({ waves = 5, time = 0.15, straight = Math.sin, slant = 1, rings = 1, top = [246, 215, 70] }: PlasmaFormula) {
  const [turn, phase] = [2 * Math.PI, 2 * Math.PI * time];
  const stops = [[20, 11, 52], [132, 32, 107], [229, 92, 48], top];
  const color = (x: number, y: number): number[] => {
    const distance = Math.hypot(x - (0.5 + 0.3 * Math.sin(phase)), y - (0.5 + 0.3 * Math.cos(phase)));
    const slanted = slant * Math.sin(((x + y) * waves * turn) / 3 - phase);
    const height = (straight((x * waves * turn) / 2 + phase) + slanted + Math.sin(distance * waves * turn * rings)) / 3;
    const position = ((height + 1) / 2) * 3;
    const index = Math.min(Math.floor(position), 2);
    return [0, 1, 2].map((channel) => {
      const [from, to] = [stops[index][channel], stops[index + 1][channel]];
      return from + (to - from) * (position - index);
    });
  };
  return (picture: Picture) => {
    expect([picture.width, picture.height]).toEqual([240, 160]);
    const wrong: string[] = [];
    for (let row = 0; row < 160; row += 1) {
      for (let column = 0; column < 240; column += 1) {
        const expected = color(column / 240, row / 240);
        const pixel = picture.pixel(column, row);
        const channels = [1, 3, 5].map((start) => Number.parseInt(pixel.slice(start, start + 2), 16));
        const isRight = channels.every((channel, index) => Math.abs(Math.floor(expected[index]) - channel) <= 1);
        if (!isRight) wrong.push(`${column}, ${row}: ${pixel} instead of ${expected.map(Math.floor)}`);
      }
    }
    expect(wrong.slice(0, 3)).toEqual([]);
  };
}
