import { coldValue } from '../support/cold-module';
import { Fixture } from '../support/fixture';
import { Random } from '../support/generated-module/index.cjs';
import { openSession } from '../support/session';
import { ShapeModule } from '../support/shape-module';
import { moduleOfTexts } from '../support/texts-of-module';
import { campaign } from '../support/tier';

/** After so many edits there is another module, of other shapes. */
const editsAtOnce = 25;

const probe = '@_cdecl("probe") public func probe() -> Int32 { Int32(value()) }\n';

/** What a session says after each edit, with the texts. */
async function play(count: number, random: Random): Promise<{ edit: string; texts: Record<string, string>; value: number }[]> {
  const module = new ShapeModule({ files: random.integer(6, 14), shapes: random.integer(4, 10), random });
  const all = { ...module.texts, 'Probe.swift': probe };
  const fixture = new Fixture(all);
  const session = await openSession({ file: fixture.path('Probe.swift'), module: moduleOfTexts('App', fixture, all) });
  expect(session.error).toBeNull();
  // Whether each file has been compiled alone by the first edit.
  if (random.chance(0.5)) await session.idle();
  const steps = [{ edit: 'none yet', texts: module.texts, value: await session.call('probe') }];
  for (let number = 1; number <= count; number += 1) {
    const edit = `${number}: ${module.edit(random)}`;
    for (const [name, text] of Object.entries(module.texts)) if (text !== steps.at(-1)?.texts[name]) fixture.write(name, text);
    await session.reload().catch((cause: unknown) => {
      throw new Error(`edit ${edit}: the reload failed`, { cause });
    });
    steps.push({ edit, texts: module.texts, value: await session.call('probe') });
  }
  await session.close();
  return steps;
}

test('every shape can be among others, and is worth there what it is worth by itself', async () => {
  const module = new ShapeModule({ files: 8, random: new Random(1) });
  expect(await coldValue(module.texts)).toBe(module.value);
  module.editAll();
  expect(await coldValue(module.texts)).toBe(module.value);
});

campaign(
  'random edits of the shapes that touch other files each give what a cold compile of the same texts gives',
  { quick: 6, full: 100, long: 1000, variable: 'HOTSWIFT_RANDOM_SHAPES' },
  async ({ count, seed }) => {
    const random = new Random(seed);
    for (let left = count; left > 0; left -= editsAtOnce) {
      const steps = await play(Math.min(left, editsAtOnce), random);
      const wrong: unknown[] = [];
      const waiting = [...steps];
      const check = async () => {
        for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
          const cold = await coldValue(step.texts);
          if (cold !== step.value) wrong.push({ seed, edit: step.edit, value: step.value, cold });
        }
      };
      // Edits that nobody can tell apart show nothing.
      expect(new Set(steps.map(({ value }) => value)).size).toBeGreaterThan(steps.length / 4);
      await Promise.all([check(), check()]);
      expect(wrong).toEqual([]);
    }
  },
);
