import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createSession, type Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { GeneratedModule, Random } from '../support/generated-module/index.cjs';
import { editLiterals } from '../support/literal-tokens';
import { linkPreviewKit } from '../support/preview-kit';
import { openSession } from '../support/session';
import { campaign } from '../support/tier';

/** Milliseconds: other numbers may make loops that do not end. */
const timeouts = { render: 2000 };

/** A module, and the file of it that is previewed and edited. */
interface Subject {
  name: string;
  previewed: string;
  texts: Record<string, string>;
  flags: string[];
}

/** What a text came to: a picture, or the code of an error. */
interface Outcome {
  picture?: Buffer;
  error?: string;
}

interface Step {
  what: string;
  text: string;
  tier: string;
  outcome: Outcome;
}

/** Every file of the example in turn is the previewed one. */
function exampleSubjects(): Subject[] {
  const folder = path.join(__dirname, '../../examples/weather-card/Sources/WeatherCard');
  const texts = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
  const preview = `
struct Campaign_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Campaign", width: 320, height: 200) { context in
      SVG(WeatherCardView(forecast: .lisbon).document(size: Size(width: 320, height: 200), theme: Theme(traits: context.traits)))
    }
  }
}
`;
  return Object.keys(texts).map((previewed) => {
    const text = texts[previewed];
    const withPreview = text.includes('PreviewProvider') ? text : `import PreviewKit\n${text}${preview}`;
    return { name: 'WeatherCard', previewed, texts: { ...texts, [previewed]: withPreview }, flags: ['-swift-version', '6'] };
  });
}

function generatedSubjects(seed: number): Subject[] {
  const { texts, fileNames } = new GeneratedModule({ files: 10, seed });
  const preview = `
struct Campaign_Previews: PreviewProvider {
  static var previews: [Preview] { Preview { SVG(Dashboard(total: Int(value())).svg) } }
}
`;
  return fileNames.map((previewed) => {
    const text = texts[previewed];
    const withPreview = text.includes('PreviewProvider') ? text : `import PreviewKit\n${text}${preview}`;
    return { name: 'App', previewed, texts: { ...texts, [previewed]: withPreview }, flags: ['-swift-version', '5'] };
  });
}

/** A folder with the sources of a subject, and the options of sessions on it. */
function placed({ name, previewed, texts, flags }: Subject) {
  const fixture = new Fixture(texts);
  const sources = Object.keys(texts).map((file) => fixture.path(file));
  return { fixture, options: { file: fixture.path(previewed), module: { name, sources, flags }, timeouts } };
}

async function outcomeOf(session: Session): Promise<Outcome> {
  if (session.error !== null) return { error: session.error.code };
  return session.snapshot().then(
    ({ data }) => ({ picture: data }),
    (error) => ({ error: error.code }),
  );
}

/** Edits literals of the previewed file, one text after the other; a text that was an error is the start of no other. */
async function play(subject: Subject, edits: number, random: Random): Promise<Step[]> {
  const { fixture, options } = placed(subject);
  const session = await openSession(options);
  expect(session.error).toBeNull();
  const steps: Step[] = [];
  let good = subject.texts[subject.previewed];
  while (steps.length < edits) {
    const { text, what } = editLiterals(good, random);
    fixture.write(subject.previewed, text);
    const tier = await session.reload().then(
      (result) => result.tier,
      () => 'error',
    );
    if (tier === 'none') continue;
    const outcome = await outcomeOf(session);
    steps.push({ what: `${subject.previewed}, edit ${steps.length + 1}: ${what}`, text, tier, outcome });
    if (outcome.error === undefined) good = text;
  }
  await session.close();
  return steps;
}

/** A cache with nothing in it but PreviewKit. */
function emptyCache(): string {
  const { folder } = new Fixture({}, 'cache');
  linkPreviewKit(folder);
  return folder;
}

/** Has the files that are not edited compiled once for all sessions with a cache. */
async function fill(cacheDirectory: string, { fixture, options }: ReturnType<typeof placed>, text: string): Promise<void> {
  fixture.write(path.basename(options.file), text);
  const session = await openSession({ ...options, ...asItIs, cacheDirectory });
  await session.idle();
  await session.close();
}

const asItIs = { literalEdits: false, warmCompiler: false };

/** The steps of which a session that starts from their texts, and compiles them as they are, makes something else. */
async function wrongSteps(subject: Subject, steps: readonly Step[]): Promise<string[]> {
  const wrong: string[] = [];
  const { fixture, options } = placed(subject);
  const cacheDirectory = emptyCache();
  if (steps.length > 2) await fill(cacheDirectory, { fixture, options }, subject.texts[subject.previewed]);
  // One after the other: they have one folder, as what is kept in a cache is of files, and each compiles with all there is.
  for (const step of steps) {
    fixture.write(subject.previewed, step.text);
    const cold = await createSession({ ...options, ...asItIs, cacheDirectory });
    const outcome = await outcomeOf(cold);
    await cold.close();
    if (!isSame(outcome, step.outcome)) wrong.push(`${step.what}: ${step.tier} ${step.outcome.error}, cold ${outcome.error}`);
  }
  return wrong;
}

function isSame(one: Outcome, other: Outcome): boolean {
  if (one.picture === undefined || other.picture === undefined) return one.error === other.error && one.error !== undefined;
  return one.picture.equals(other.picture);
}

campaign(
  'random edits of literals each give what a cold session makes of the same text',
  { quick: 12, full: 100, long: 1000, variable: 'HOTSWIFT_RANDOM_LITERALS' },
  async ({ count, seed }) => {
    const all = [...exampleSubjects(), ...generatedSubjects(seed)];
    const used = Math.min(all.length, Math.ceil(count / 20));
    const subjects = Array.from({ length: used }, (_, index) => all[Math.floor((index * all.length) / used)]);
    const random = new Random(seed);
    const played: Step[] = [];
    const wrong: string[] = [];
    for (const [index, subject] of subjects.entries()) {
      const edits = Math.floor((count * (index + 1)) / subjects.length) - Math.floor((count * index) / subjects.length);
      const steps = await play(subject, edits, random);
      played.push(...steps);
      wrong.push(...(await wrongSteps(subject, steps)));
    }
    expect(wrong).toEqual([]);
    const share = (tier: string) => played.filter((step) => step.tier === tier).length / played.length;
    // A campaign in which everything is compiled proves nothing.
    expect(share('literal')).toBeGreaterThan(0.25);
    expect(share('error')).toBeLessThan(0.3);
  },
);
