import { readdirSync } from 'node:fs';
import { type Ending, endings } from '../support/agent-endings';
import { Fixture } from '../support/fixture';
import { inHost } from '../support/host';
import { campaign } from '../support/tier';

/** What became of an ending, and of the edit after it. */
interface Outcome {
  code?: string;
  message?: string;
  backtrace?: string[];
  /** Of a process that ended while nothing was asked of it. */
  crash?: { backtrace?: string[] };
  /** What `probe` of the edit after it returned, or why it did not. */
  next: unknown;
}

/** Some of all, spread over them; the seed says which. */
function choose(count: number, seed: number): Ending[] {
  return Array.from(
    { length: count },
    (_, index) => endings[(seed + Math.floor((index * endings.length) / count)) % endings.length],
  ).filter((ending) => ending !== undefined);
}

function isRight({ codes, frame }: Ending, { code, backtrace, crash, next }: Outcome): boolean {
  const frames = (crash ?? { backtrace }).backtrace ?? [];
  const isNamed = frame === undefined || frames.some((text) => frame.test(text));
  return next === 7 && (crash !== undefined || codes.includes(code)) && isNamed;
}

/** One session of a host of its own, whose processes and temporary files are told when it is closed. */
async function live(chosen: readonly Ending[]): Promise<{ outcomes: Outcome[]; processes: string[]; files: string[] }> {
  const fixture = new Fixture({ 'tmp/.keep': '' });
  const good = 'import Foundation\nimport PreviewKit\n@_cdecl("probe") public func probe() -> Int32 { 7 }\n';
  const file = fixture.write('Probe.swift', good);
  const texts = chosen.map(({ name, text, isLate }) => ({ name, text, isLate: isLate === true }));
  const { outcomes, processes } = await inHost(
    async ({ createSession }, { file, good, texts }) => {
      const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
      const session = await createSession({ file, timeouts: { render: 1500 } });
      const outcomes: Outcome[] = [];
      for (const { name, text, isLate } of texts) {
        // If the host ends now, this is the last of its output.
        console.log(name);
        const crashed = new Promise<Outcome['crash']>((resolve) => session.once('crash', resolve));
        const tooLate = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 20_000).unref());
        writeFileSync(file, text);
        const error = await session
          .reload()
          .then(() => session.call('probe'))
          .then(() => session.snapshot())
          .then(
            () => undefined,
            // Most files have no preview.
            (reason) => (reason.code === 'ERR_HOTSWIFT_PREVIEW' && reason.names ? undefined : reason),
          );
        const crash = isLate && !error ? await Promise.race([crashed, tooLate]) : undefined;
        writeFileSync(file, good);
        const next = await session
          .reload()
          .then(() => session.call('probe'))
          .catch((reason) => `${reason.code} ${reason.message}`);
        outcomes.push({ code: error?.code, message: error?.message, backtrace: error?.backtrace, crash, next });
      }
      await session.close();
      const processes = readdirSync('/proc').filter((pid: string) => {
        try {
          const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
          return parent === String(process.pid);
        } catch {
          return false;
        }
      });
      return { outcomes, processes };
    },
    { file, good, texts },
    { seconds: 3000, env: { TMPDIR: fixture.path('tmp') } },
  );
  return { outcomes, processes, files: readdirSync(fixture.path('tmp')) };
}

const counts = { quick: 16, full: 80, long: endings.length, variable: 'HOTSWIFT_ENDINGS' };
campaign(
  `of ${endings.length} ways to end an agent leave the host alive, which says what happened, runs the next edit, and has nothing left in the end`,
  counts,
  async ({ count, seed }) => {
    const chosen = choose(count, seed);
    const { outcomes, processes, files } = await live(chosen);
    const wrong = outcomes.flatMap((outcome, index) => {
      const ending = chosen[index];
      return ending !== undefined && isRight(ending, outcome) ? [] : [{ ending, outcome }];
    });
    expect({ wrong, processes, files }).toEqual({ wrong: [], processes: [], files: ['.keep'] });
  },
);
