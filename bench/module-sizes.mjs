// Save to PNG of a structural edit in small and large modules, against compilers that get the same edit; and how little the size matters.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { providePreviewKit } from '../dist/compile/preview-kit.js';
import { findToolchain } from '../dist/project/toolchain.js';
import { GeneratedProject } from './generated-project.mjs';
import { frontendCompile, incrementalBuild } from './peers.mjs';
import { milliseconds, progress, quantile } from './report.mjs';

const goals = {
  driver: '<= 0.30 with the warm compiler, 0.55 without',
  frontend: '<= 0.60 with the warm compiler',
  flatness: { previewed: 1.15, other: 1.6, peripheral: 1.6 },
};
const names = {
  previewed: 'body of the previewed file',
  other: 'body of another file',
  peripheral: 'body of one that few need',
};

/** All sizes are open at once and take turns, so that what the machine does meanwhile reaches all of them. */
export async function benchModuleSizes({ runs, sizes }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  const open = [];
  try {
    for (const size of sizes) open.push(await start(size, folder));
    for (let count = 0; count < runs; count += 1) {
      progress(`round ${count + 1} of ${runs}`);
      for (const candidate of open) await takeTurn(candidate);
    }
    return [
      { title: 'structural reload, save to PNG, by files of the module', rows: open.flatMap(ratioRows) },
      ...(open.length > 1 ? [{ title: 'flatness', rows: flatnessRows(open[0], open.at(-1)) }] : []),
    ];
  } finally {
    await Promise.all(open.map(({ session }) => session.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Opens a session, and builds for the peers what they start from. */
async function start(size, folder) {
  const project = new GeneratedProject(size, folder);
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
    times: { previewed: timesOfAnEdit(), other: timesOfAnEdit(), peripheral: timesOfAnEdit() },
  };
}

const timesOfAnEdit = () => ({ ours: [], driver: [], frontend: [] });

/** Each edit once, each time followed by its peers. */
async function takeTurn(candidate) {
  const { project, driver, frontend, times } = candidate;
  project.saveBody(project.previewed);
  times.previewed.ours.push(await timed(() => draw(candidate)));
  times.previewed.driver.push(await timed(driver));
  times.previewed.frontend.push(await timed(frontend));
  for (const edit of ['other', 'peripheral']) {
    project.saveBody(project[edit]);
    times[edit].ours.push(await timed(() => draw(candidate)));
    times[edit].driver.push(await timed(driver));
  }
}

async function draw(candidate) {
  const { tier } = await candidate.session.reload();
  const { data } = await candidate.session.snapshot();
  if (tier !== 'structural') throw new Error(`the edit was ${tier}, not structural`);
  if (data.equals(candidate.picture)) throw new Error('the picture is that of before the edit');
  candidate.picture = data;
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
    row('other', 'swiftc -c -incremental', times.other.driver, goals.driver),
    row('peripheral', 'swiftc -c -incremental', times.peripheral.driver, goals.driver),
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
