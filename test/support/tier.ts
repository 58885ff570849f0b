/**
 * The tier of a test, which decides the runs that have it:
 *
 * | a test is declared with | `npm test` | `npm run test:full` | `npm run test:long` |
 * |---|---|---|---|
 * | `it`, `describe` | yes | yes | |
 * | `full.it`, `full.describe` | | yes | |
 * | `first(2).it.each(table)`, `first(1).describe.each(table)` | the first rows | yes | |
 * | `campaign` | some inputs | more | most |
 * | `long.it`, `long.describe` | | | yes |
 *
 * The variable `HOTSWIFT_TESTS` names the run. Without it, as with `npx jest`, it is `full`. CI runs `rest` after `quick`, which is `full`
 * without the tests that `quick` had.
 */
type Tier = 'quick' | 'full' | 'long';

const tiersOfRuns: Record<string, readonly Tier[]> = { quick: ['quick'], full: ['quick', 'full'], rest: ['full'], long: ['long'] };

const run = process.env.HOTSWIFT_TESTS || 'full';
const tiers = tiersOfRuns[run];
if (tiers === undefined) throw new Error(`HOTSWIFT_TESTS is ${run}, not one of ${Object.keys(tiersOfRuns).join(', ')}`);

const jestIt = globalThis.it;
const jestDescribe = globalThis.describe;

/** `it` as tests find it: Jest's, or its `skip` where the run does not have what is declared. */
function useIt(isRun: boolean): void {
  globalThis.it = (isRun ? jestIt : jestIt.skip) as jest.It;
  globalThis.test = globalThis.it;
}

/** Jest calls the body of a `describe` at once, so that what is declared in it is declared before this returns. */
function declaring(isRun: boolean, declare: () => void): void {
  const outer = globalThis.it;
  useIt(isRun);
  try {
    declare();
  } finally {
    useIt(outer === jestIt);
  }
}

interface Declarations {
  it: Pick<jest.It, 'each'> & ((name: string, body: jest.ProvidesCallback, timeout?: number) => void);
  describe: Pick<jest.Describe, 'each'> & ((name: string, body: () => void) => void);
}

function ofTier(tier: Tier): Declarations {
  const isRun = tiers.includes(tier);
  const declared = (isRun ? jestIt : jestIt.skip) as jest.It;
  const describe = (name: string, body: () => void) => declaring(isRun, () => jestDescribe(name, body));
  const each = ((table: readonly unknown[]) =>
    (...rest: Parameters<ReturnType<jest.Each>>) =>
      declaring(isRun, () => jestDescribe.each(table)(...rest))) as jest.Each;
  return { it: declared, describe: Object.assign(describe, { each }) };
}

/** Tests that `npm test` has no time for: another row of a table, the same in another isolation, what takes minutes. */
export const full = ofTier('full');

/** Campaigns, and what has thresholds of time or memory. */
export const long = ofTier('long');

/** The first rows of tables are for every run, the others for the full tests: put those in front that show most. */
export function first(count: number): { it: { each: jest.Each }; describe: { each: jest.Each } } {
  const split = (kind: 'it' | 'describe') =>
    ((table: readonly unknown[]) =>
      (...rest: Parameters<ReturnType<jest.Each>>) => {
        if (count > 0) globalThis[kind].each(table.slice(0, count))(...rest);
        if (table.length > count) full[kind].each(table.slice(count))(...rest);
      }) as jest.Each;
  return { it: { each: split('it') }, describe: { each: split('describe') } };
}

/** What a campaign is to do. */
export interface Campaign {
  count: number;
  seed: number;
}

/**
 * A test with random inputs: each run has it, with as many as there is time for. `HOTSWIFT_RANDOM_SEED` is the seed, another one at each
 * `npm run test:long`; the variable that `counts` names sets how many. Both stand in the test's name, and the seed at the end of the run.
 */
export function campaign(
  what: string,
  counts: { quick: number; full: number; long: number; variable: string },
  body: (campaign: Campaign) => Promise<void>,
): void {
  const count = Number(process.env[counts.variable] || counts[run === 'rest' ? 'full' : (run as Tier)]);
  const seed = Number(process.env.HOTSWIFT_RANDOM_SEED || 20_251);
  jestIt(`${count} ${what}, HOTSWIFT_RANDOM_SEED=${seed}`, () => body({ count, seed }), 7_200_000);
}

useIt(tiers.includes('quick'));
