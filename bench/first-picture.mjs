// From nothing to the first PNG: with a cache that has PreviewKit in it and nothing else, and with what an earlier session left there.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { providePreviewKit } from '../dist/compile/preview-kit.js';
import { findToolchain } from '../dist/project/toolchain.js';
import { loadAddon } from '../dist/reload/native.js';
import { GeneratedProject } from './generated-project.mjs';
import { frontendCompile } from './peers.mjs';
import { milliseconds, progress, quantile } from './report.mjs';

/** Milliseconds after which no further run of a row begins. */
const enough = 120_000;
const warmGoal = '<= 400 ms at 1,000 files';

export async function benchFirstPicture({ runs, sizes }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  try {
    const prepared = path.join(folder, 'prepared');
    loadAddon();
    const { importPath } = await providePreviewKit(await findToolchain({}, folder), prepared, () => {});
    const rows = [];
    for (const size of sizes) rows.push(...(await rowsOfASize(new GeneratedProject(size, folder), { runs, folder, prepared, importPath })));
    return [{ title: 'start to first PNG', rows }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rowsOfASize(project, { runs, folder, prepared, importPath }) {
  const cache = path.join(folder, 'cache');
  const module = project.built(importPath);
  const peer = await frontendCompile(module, project.path(project.previewed));
  const cold = await repeat(`${project.size} files, cold`, runs, async () => {
    rmSync(cache, { recursive: true, force: true });
    cpSync(prepared, cache, { recursive: true });
    return timesOfAStart(project, cache, peer);
  });
  const warm = await repeat(`${project.size} files, warm`, runs, () => timesOfAStart(project, cache, peer));
  return [row(project.size, 'cold', cold, ''), row(project.size, 'warm', warm, warmGoal)];
}

/** A session that ends once it has drawn, then the peer. */
async function timesOfAStart(project, cache, peer) {
  const started = performance.now();
  const session = await project.open(cache);
  try {
    await session.snapshot();
    const ours = performance.now() - started;
    const peerStarted = performance.now();
    await peer();
    const theirs = performance.now() - peerStarted;
    // What the next session starts from.
    await session.idle();
    return { ours, theirs };
  } finally {
    await session.close();
  }
}

async function repeat(what, runs, work) {
  const results = [];
  const started = Date.now();
  while (results.length < runs && (results.length === 0 || Date.now() - started < enough)) {
    progress(`${what}: start ${results.length + 1} of ${runs}`);
    results.push(await work());
  }
  return results;
}

function row(files, cache, results, goal) {
  const ours = quantile(results.map((result) => result.ours));
  const theirs = quantile(results.map((result) => result.theirs));
  return {
    cache,
    files,
    runs: results.length,
    'start to PNG': milliseconds(ours),
    peer: 'swift-frontend, previewed file',
    'peer takes': milliseconds(theirs),
    ratio: (ours / theirs).toFixed(2),
    goal,
  };
}
