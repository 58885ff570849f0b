// Save to PNG of a structural edit in small and large modules, against compilers that get the same edit; and how little the size matters.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { providePreviewKit } from '../dist/compile/preview-kit.js';
import { findToolchain } from '../dist/project/toolchain.js';
import { loadAddon } from '../dist/reload/native.js';
import { GeneratedProject } from './generated-project.mjs';
import { coldCompile, frontendCompile, incrementalBuild } from './peers.mjs';
import { milliseconds, progress, quantile } from './report.mjs';

const goals = {
  driver: '<= 0.30',
  coldDriver: '<= 0.55',
  frontend: '<= 0.60',
  compile: '<= 0.60',
  flatness: { previewed: 1.15, other: 1.6, again: 1.6, peripheral: 1.6 },
};
const names = {
  previewed: 'body of the previewed file',
  other: 'body of another file',
  again: 'the same file again',
  peripheral: 'body of a third file',
};

/** Files that are the same in modules of all sizes: their edits cost the more the less flat a reload is. */
const coreSize = 10;

/** The same edits of the same files, in modules that have nothing else and in modules whose other files use them. */
export async function benchModuleSizes(options) {
  const open = await measure({ ...options, core: coreSize });
  return [
    { title: 'structural reload, save to PNG, of the same file in modules of several sizes', rows: open.flatMap(ratioRows) },
    { title: 'the compile of it alone, by a compiler that waits and by one that is started', rows: open.flatMap(compileRows) },
    ...(open.length > 1
      ? [{ title: 'flatness: the median of the ratios of edits that followed each other', rows: flatnessRows(open[0], open.at(-1)) }]
      : []),
  ];
}

/** Modules whose preview executes code of all their files: in larger ones it has more to do, and its file is another. */
export async function benchPreviewReach(options) {
  const open = await measure({ ...options, core: 0 });
  return [{ title: 'structural reload, save to PNG, of a preview that reaches the whole module', rows: open.flatMap(ratioRows) }];
}

/** All sizes are open at once and take turns, also at being the first, so that what the machine does meanwhile reaches all of them. */
async function measure({ runs, sizes, core }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  const open = [];
  try {
    for (const size of sizes) open.push(await start(size, folder, core));
    // The first and the last are compared with each other.
    const compared = open.length > 2 ? [open[0], open.at(-1), ...open.slice(1, -1)] : open;
    for (let count = 0; count < runs; count += 1) {
      progress(`round ${count + 1} of ${runs}`);
      const order = count % 2 === 0 ? compared : compared.toReversed();
      for (const edit of Object.keys(names)) await takeTurns(edit, order);
    }
    return open;
  } finally {
    await Promise.all(open.map(({ session }) => session.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Opens a session, and builds for the peers what they start from. */
async function start(size, folder, core) {
  const project = new GeneratedProject(size, folder, core);
  const cache = path.join(folder, 'cache');
  loadAddon();
  const { importPath } = await providePreviewKit(await findToolchain({}, folder), cache, () => {});
  const module = project.built(importPath);
  const driver = incrementalBuild(module);
  progress(`${size} files: building for swiftc -incremental`);
  await driver();
  progress(`${size} files: starting a session`);
  const session = await project.open(cache);
  const picture = (await session.snapshot()).data;
  progress(`${size} files: preparing in the background`);
  await session.idle();
  const frontend = await frontendCompile(module, project.path(project.previewed));
  return {
    size,
    project,
    session,
    driver,
    frontend,
    picture,
    times: Object.fromEntries(Object.keys(names).map((edit) => [edit, { ours: [], driver: [], frontend: [], warm: [], cold: [] }])),
  };
}

/**
 * An edit, in one size right after the other, for they are compared with each other; then that of their peers. Whoever edits looks at the picture first, so
 * what is done in the background, by any session, is done; and it is none of what peers contend with.
 */
async function takeTurns(edit, order) {
  const idle = () => Promise.all(order.map(({ session }) => session.idle()));
  for (const candidate of order) {
    await idle();
    await reload(candidate, edit);
  }
  await idle();
  for (const candidate of order) await runPeers(candidate, edit);
}

async function reload(candidate, edit) {
  const { project, times } = candidate;
  project.saveBody(fileOf(edit, project));
  let timings;
  const took = await timed(async () => {
    timings = await draw(candidate, edit === 'previewed' || edit === 'again');
  });
  times[edit].ours.push(took);
  times[edit].warm.push(timings.compile);
}

async function runPeers({ project, driver, frontend, times }, edit) {
  if (edit === 'previewed') times[edit].cold.push(await timed(coldCompile(project.path(fileOf(edit, project)))));
  times[edit].driver.push(await timed(driver));
  if (edit === 'previewed') times[edit].frontend.push(await timed(frontend));
}

/** The name of the file that is edited. */
function fileOf(edit, project) {
  return project[edit === 'again' ? 'other' : edit];
}

/** Where the time went. */
async function draw(candidate, isWarm) {
  const { tier, warm, timings } = await candidate.session.reload();
  const { data } = await candidate.session.snapshot();
  if (tier !== 'structural') throw new Error(`the edit was ${tier}, not structural`);
  if (data.equals(candidate.picture)) throw new Error('the picture is that of before the edit');
  if (warm !== isWarm) throw new Error(`the compiler was ${warm ? 'warm' : 'cold'}`);
  candidate.picture = data;
  return timings;
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function ratioRows({ size, times }) {
  const row = (edit, peer, peerTimes, goal) => ({
    edit: names[edit],
    files: size,
    'save to PNG': milliseconds(quantile(times[edit].ours)),
    p90: milliseconds(quantile(times[edit].ours, 0.9)),
    peer,
    'peer takes': milliseconds(quantile(peerTimes)),
    ratio: (quantile(times[edit].ours) / quantile(peerTimes)).toFixed(2),
    goal,
  });
  return [
    row('previewed', 'swiftc -c -incremental', times.previewed.driver, goals.driver),
    row('previewed', 'swift-frontend', times.previewed.frontend, goals.frontend),
    row('other', 'swiftc -c -incremental', times.other.driver, goals.coldDriver),
    row('again', 'swiftc -c -incremental', times.again.driver, goals.driver),
    row('peripheral', 'swiftc -c -incremental', times.peripheral.driver, goals.coldDriver),
  ];
}

/** Of the previewed file: the compile of another's edit may include the linking of a library. */
function compileRows({ size, times: { previewed } }) {
  const [warm, cold] = [quantile(previewed.warm), quantile(previewed.cold)];
  return [
    {
      edit: names.previewed,
      files: size,
      warm: milliseconds(warm),
      cold: milliseconds(cold),
      ratio: (warm / cold).toFixed(2),
      goal: goals.compile,
    },
  ];
}

/** The median of the ratios of edits that followed each other: over a run, the machine's speed drifts by more than the sizes differ. */
function flatnessRows(small, large) {
  return Object.keys(names).map((edit) => {
    const [few, many] = [small, large].map(({ times }) => times[edit].ours);
    return {
      edit: names[edit],
      [`${small.size} files`]: milliseconds(quantile(few)),
      [`${large.size} files`]: milliseconds(quantile(many)),
      ratio: quantile(many.map((took, round) => took / few[round])).toFixed(2),
      goal: `<= ${goals.flatness[edit].toFixed(2)} for 1,000 against 10`,
    };
  });
}
