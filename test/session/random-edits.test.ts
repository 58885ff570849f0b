import type { Session } from '../../lib/index.js';
import { coldValue } from '../support/cold-module';
import { Fixture } from '../support/fixture';
import { GeneratedModule, Random } from '../support/generated-module/index.cjs';
import { openSession } from '../support/session';
import { type Campaign, campaign } from '../support/tier';

/** What the session said after an edit, and the texts that it had then. */
interface Step {
  edit: string;
  texts: Record<string, string>;
  value: number;
}

/** Saves and reloads a module edit by edit. */
async function play(session: Session, module: GeneratedModule, fixture: Fixture, { count, seed }: Campaign): Promise<Step[]> {
  const random = new Random(seed);
  const steps = [{ edit: 'none yet', texts: module.texts, value: await session.call('value') }];
  for (let number = 1; number <= count; number += 1) {
    const { kind, what, texts } = module.edit(random);
    const edit = `${number} (${kind}): ${what}`;
    for (const [name, text] of Object.entries(texts)) fixture.write(name, text);
    const { tier } = await session.reload().catch((cause: unknown) => {
      throw new Error(`seed ${seed}, edit ${edit}: the reload failed`, { cause });
    });
    expect({ edit, tier }).toEqual({ edit, tier: expect.stringMatching(/^(structural|literal)$/) });
    steps.push({ edit, texts: module.texts, value: await session.call('value') });
  }
  return steps;
}

/** The steps after which a cold compile of the same texts gives something else. Two compiles at a time. */
async function wrongSteps(steps: readonly Step[]): Promise<{ edit: string; value: number; cold: number }[]> {
  const waiting = [...steps];
  const wrong: { edit: string; value: number; cold: number }[] = [];
  const check = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const cold = await coldValue(step.texts);
      if (cold !== step.value) wrong.push({ edit: step.edit, value: step.value, cold });
    }
  };
  await Promise.all([check(), check()]);
  return wrong;
}

campaign(
  'random edits of a module each give what a cold compile of the same texts gives',
  { quick: 10, full: 200, long: 1500, variable: 'HOTSWIFT_RANDOM_EDITS' },
  async ({ count, seed }) => {
    const module = new GeneratedModule({ files: 30, seed });
    const fixture = new Fixture(module.texts);
    const sources = module.fileNames.map((name) => fixture.path(name));
    const session = await openSession({
      file: fixture.path(module.previewed),
      module: { name: 'App', sources, flags: ['-swift-version', '5'] },
    });
    expect(session.error).toBeNull();
    const steps = await play(session, module, fixture, { count, seed });
    await session.close();
    const changes = steps.filter(({ value }, index) => index > 0 && value !== steps[index - 1].value);
    // Two of three edits change the value, but of ten not always as many.
    expect(changes.length).toBeGreaterThan(count * (count < 100 ? 0.4 : 0.6));
    expect(await wrongSteps(steps)).toEqual([]);
  },
);
