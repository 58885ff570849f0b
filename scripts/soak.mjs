// `npm run soak`: one session through thousands of edits, some of them bad, while its agents are killed at random. After every edit the picture
// has to be that of the newest good text. Prints what was lost, what was wrong, what was left behind, and the memory of each agent at its end.
//
//   --edits 2000   --cap 20   --seed 1

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { createSession } from '../dist/index.mjs';

const { values } = parseArgs({
  options: {
    edits: { type: 'string', default: '2000' },
    cap: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
});
const edits = Number(values.edits);
const generationCap = Number(values.cap);

/** Milliseconds that a drawing may take: what hangs on purpose costs as much. */
const render = 2000;

/** Park and Miller's generator, "Random number generators: good ones are hard to find", 1988. */
let state = Number(values.seed) % 2147483647 || 1;
const random = (below) => {
  state = (state * 48271) % 2147483647;
  return state % below;
};

/** Three rectangles: a literal, an expression, and what another file says. */
const viewText = ({ literal, expression, body = '' }) => `import PreviewKit

struct Soak_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Soak", width: 30, height: 10) {
      ${body}
      return SVG(
        "<svg xmlns='http://www.w3.org/2000/svg' width='30' height='10'>" + bar(0, ${literal}) + bar(10, ${Math.floor(expression / 2)} + ${Math.ceil(expression / 2)}) + bar(20, shade()) + "</svg>")
    }
  }
}

func bar(_ x: Int, _ color: Int) -> String { "<rect x='\\(x)' width='10' height='10' fill='#\\(hex(color))'/>" }
`;

const modelText = ({ shade, extra = '' }) => `${extra}
func shade() -> Int { ${shade} }

func hex(_ color: Int) -> String {
  let digits = String(color, radix: 16)
  return String(repeating: "0", count: 6 - digits.count) + digits
}
`;

/** Edits that do not make it: what they are refused with, and what is written. */
const bad = [
  { name: 'syntax error', code: 'ERR_HOTSWIFT_COMPILE', view: (text) => text.replace('struct Soak', 'struct { Soak') },
  { name: 'type error', code: 'ERR_HOTSWIFT_COMPILE', model: (text) => text.replace('-> Int {', '-> Int { "text" +') },
  {
    name: 'missing symbol',
    code: 'ERR_HOTSWIFT_LINK',
    // In what is drawn: what nothing uses is not linked.
    model: (text) => `@_silgen_name("soak_nowhere") func nowhere() -> Int\n${text.replace('shade() -> Int { ', '$&nowhere() + ')}`,
  },
  { name: 'crash', code: 'ERR_HOTSWIFT_CRASH', body: 'let empty: [Int] = []; _ = empty[empty.count]' },
  { name: 'exit', code: 'ERR_HOTSWIFT_CRASH', imports: true, body: 'exit(7)' },
  { name: 'hang', code: 'ERR_HOTSWIFT_TIMEOUT', body: 'while true {}' },
];

const counts = { edits: 0, literal: 0, structural: 0, bad: 0, kills: 0, lost: 0, wrong: 0, crashes: 0 };
const ends = [];
const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-soak-'));
const files = { view: path.join(folder, 'View.swift'), model: path.join(folder, 'Model.swift') };
const complain = (what, message) => {
  counts[what] += 1;
  console.log(`${what}, edit ${counts.edits}: ${message}`);
};

const good = { literal: 0x112233, expression: 0x445566, shade: 0x778899, extra: '' };
const write = (view, model) => {
  writeFileSync(files.view, view);
  writeFileSync(files.model, model);
};
write(viewText(good), modelText(good));

const session = await createSession({
  file: files.view,
  module: { name: 'Soak', sources: [files.view, files.model] },
  generationCap,
  timeouts: { render },
});
if (session.error) throw session.error;
session.on('crash', () => {
  counts.crashes += 1;
});
session.on('respawn', ({ reason }) => ends.push(`${reason} after ${counts.edits} edits`));

const started = Date.now();
const memory = [];
while (counts.edits < edits) {
  counts.edits += 1;
  const { generations = 0, pid = 0 } = session.agent ?? {};
  if (generations >= generationCap - 1 && memory.at(-1)?.pid !== pid)
    memory.push({ pid, agent: residentBytes(pid), host: process.memoryUsage.rss() });
  if (random(100) < 4) await tryBad(bad[random(bad.length)]);
  else await tryGood();
  if (counts.edits % 100 === 0)
    console.log(`${counts.edits} edits, ${((Date.now() - started) / 1000).toFixed(0)} s: ${JSON.stringify(counts)}`);
}

/** Changes one of the three colours, or the interface of a function that nothing uses; now and then somebody kills an agent meanwhile. */
async function tryGood() {
  const kind = random(10);
  if (kind < 4) good.literal = random(0x1000000);
  else if (kind < 7) good.expression = random(0x1000000);
  else if (kind < 9) good.shade = random(0x1000000);
  else good.extra = `func spare(${'_ a: Int'.repeat(random(2))}) -> Int { ${random(1000)} }`;
  write(viewText(good), modelText(good));
  const killer = random(40) === 0 ? kill(random(400)) : undefined;
  try {
    const { tier } = await session.reload();
    if (tier in counts) counts[tier] += 1;
  } catch (error) {
    complain('lost', `${error.code} ${error.message}`);
  }
  await killer;
  await check(false);
}

async function tryBad({ name, code, view = same, model = same, body = '', imports = false }) {
  counts.bad += 1;
  const text = viewText({ ...good, body });
  write(view(imports ? `import Glibc\n${text}` : text), model(modelText(good)));
  try {
    await session.reload();
    complain('wrong', `${name} was no error`);
  } catch (error) {
    if (error.code !== code) complain('wrong', `${name} was ${error.code}: ${error.message}`);
  }
  await check(true);
  write(viewText(good), modelText(good));
  await session.reload().catch((error) => complain('lost', `after ${name}: ${error.code} ${error.message}`));
  await check(false);
}

function same(text) {
  return text;
}

/** Kills some process of the session's after so many milliseconds: its agent, or one that stands by. */
async function kill(after) {
  await setTimeout(after);
  const pids = agents();
  const pid = pids[random(pids.length || 1)];
  if (pid === undefined) return;
  counts.kills += 1;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function check(stale) {
  const snapshot = await session.snapshot();
  const image = await loadImage(snapshot.data);
  const canvas = createCanvas(30, 10);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, 30, 10);
  const shown = [5, 15, 25].map((x) => (data[(5 * 30 + x) * 4] << 16) | (data[(5 * 30 + x) * 4 + 1] << 8) | data[(5 * 30 + x) * 4 + 2]);
  const wanted = [good.literal, good.expression, good.shade];
  if (shown.some((color, index) => color !== wanted[index]) || snapshot.stale !== stale) {
    const texts = [shown, wanted].map((colors) => colors.map((color) => color.toString(16)).join(' '));
    complain('wrong', `${texts[0]} in place of ${texts[1]}, stale: ${snapshot.stale}`);
  }
}

await session.idle();
const own = new Set(children());
await session.close();
await setTimeout(500);
// A shell stays, to see to what is left if this process is killed.
const isShell = (pid) => readIfThere(`/proc/${pid}/cmdline`).startsWith('/bin/sh');
const orphans = [...own].filter((pid) => children().includes(pid) && !isShell(pid));
rmSync(folder, { recursive: true, force: true });

console.log(`\n${edits} edits in ${((Date.now() - started) / 1000).toFixed(0)} s, seed ${values.seed}: ${JSON.stringify(counts)}`);
console.log(`agents replaced: ${ends.length}, ${ends.filter((end) => end.startsWith('cap')).length} of them at the cap`);
for (const { agent, host } of memory) console.log(`at a cap: agent ${megabytes(agent)}, host ${megabytes(host)}`);
console.log(`lost edits: ${counts.lost}, wrong pictures: ${counts.wrong}, orphans: ${orphans.length}`);
process.exitCode = counts.lost + counts.wrong + orphans.length > 0 ? 1 : 0;

function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}

function residentBytes(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Processes that this one has started. */
function children() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => Number(/\) \S (\d+)/.exec(readIfThere(`/proc/${pid}/stat`))?.[1]) === process.pid)
    .map(Number);
}

function agents() {
  return children().filter((pid) => readIfThere(`/proc/${pid}/cmdline`).includes(path.join('agent', 'main.js')));
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
