// Save to PNG of a structural edit in small and large modules, against compilers that get the same edit; and how little the size matters.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { providePreviewKit } from '../dist/compile/preview-kit.js';
import { findToolchain } from '../dist/project/toolchain.js';
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
    ...(open.length > 1 ? [{ title: 'flatness', rows: flatnessRows(open[0], open.at(-1)) }] : []),
  ];
}

/** Modules whose preview executes code of all their files: in larger ones it has more to do, and its file is another. */
export async function benchPreviewReach(options) {
  const open = await measure({ ...options, core: 0 });
  return [{ title: 'structural reload, save to PNG, of a preview that reaches the whole module', rows: open.flatMap(ratioRows) }];
}

/** All sizes are open at once and take turns, so that what the machine does meanwhile reaches all of them. */
async function measure({ runs, sizes, core }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  const open = [];
  try {
    for (const size of sizes) open.push(await start(size, folder, core));
    for (let count = 0; count < runs; count += 1) {
      progress(`round ${count + 1} of ${runs}`);
      for (const candidate of open) await takeTurn(candidate, open);
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

/** Each edit once, each time followed by its peers. Whoever edits looks at the picture first, so what is done in the background, by any session, is done. */
async function takeTurn(candidate, open) {
  const { project, driver, frontend, times } = candidate;
  for (const edit of Object.keys(names)) {
    await Promise.all(open.map(({ session }) => session.idle()));
    const name = project[edit === 'again' ? 'other' : edit];
    project.saveBody(name);
    const isWarm = edit === 'previewed' || edit === 'again';
    let timings;
    const took = await timed(async () => {
      timings = await draw(candidate, isWarm);
    });
    times[edit].ours.push(took);
    times[edit].warm.push(timings.compile);
    if (edit === 'previewed') times[edit].cold.push(await timed(coldCompile(project.path(name))));
    times[edit].driver.push(await timed(driver));
    if (edit === 'previewed') times[edit].frontend.push(await timed(frontend));
  }
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

function flatnessRows(small, large) {
  return Object.keys(names).map((edit) => {
    const [few, many] = [small, large].map(({ times }) => quantile(times[edit].ours));
    return {
      edit: names[edit],
      [`${small.size} files`]: milliseconds(few),
      [`${large.size} files`]: milliseconds(many),
      ratio: (many / few).toFixed(2),
      goal: `<= ${goals.flatness[edit].toFixed(2)} for 1,000 against 10`,
    };
  });
}
