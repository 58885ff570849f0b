// `npm run test:history -- REPOSITORY`: replays the last commits of a Swift package in one session, and compares it after each with a session that has compiled
// nothing before: values, errors, and the object of every file, each compiled alone. Prints a line of JSON for each commit and a summary: `changed` are the files
// whose objects differ from those of the last commit that compiled, `concerned` these and the files that were edited since, which no compiler can pass over.
//
//   REPOSITORY               a git repository, bare or not; it is cloned, and stays as it is
//   --sources Sources/App    the target's folder; default: the one of which most files were changed
//   --commits 100            how many of the last commits that change the package
//   --until REVISION         the last one; default HEAD
//   --probe FILE             what is previewed, copied into the target's folder at each commit: it exports `hotswift_probe`, a function without
//                            parameters that returns an Int32. Default: made of the types of the target
//
// Ends with 1 if anything differed.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createSession } from '../dist/index.mjs';
import { digestOf, digestOfObject, forgetModules, keptObjects } from './history/objects.mjs';
import { probeName, probeSymbol, probeText } from './history/probe.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sources: { type: 'string' },
    commits: { type: 'string', default: '100' },
    until: { type: 'string', default: 'HEAD' },
    probe: { type: 'string' },
  },
});

const [repository] = positionals;
if (repository === undefined) throw new Error('name a git repository');

const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-history-'));
const tree = path.join(folder, 'package');
const caches = { kept: path.join(folder, 'cache'), cold: path.join(folder, 'cold-cache') };
const git = (...args) => execFileSync('git', ['-C', tree, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** The folder of `Sources` with most changes. */
function busiestTarget() {
  const counts = new Map();
  for (const file of git('log', '-n', values.commits, '--name-only', '--format=', values.until, '--', 'Sources').split('\n')) {
    const target = /^Sources\/[^/]+(?=\/.*\.swift$)/.exec(file)?.[0];
    if (target !== undefined && existsSync(path.join(tree, target))) counts.set(target, (counts.get(target) ?? 0) + 1);
  }
  const [busiest] = [...counts].sort(([, one], [, other]) => other - one);
  if (busiest === undefined) throw new Error('no commit changes a target in Sources: name one with --sources');
  return busiest[0];
}

/** Takes the tree to a commit. Returns whether the target is there. */
function checkOut(commit, sources) {
  git('checkout', '-q', '--force', commit);
  const target = path.join(tree, sources);
  if (!existsSync(target)) return false;
  const probe = path.join(target, probeName);
  if (values.probe === undefined) writeFileSync(probe, probeText(target));
  else copyFileSync(values.probe, probe);
  return true;
}

/** What a session says: a value, or the code of the error. */
const outcome = (work) => work().catch((error) => ({ error: error.code ?? String(error), message: error.message.split('\n')[0] }));

const open = (file, cacheDirectory) => createSession({ file, cacheDirectory });

/** What a session says that has compiled nothing before, and the digest of each object. */
async function cold(probe) {
  forgetModules(caches.cold);
  let session;
  const said = await outcome(async () => {
    session = await open(probe, caches.cold);
    if (session.error !== null) throw session.error;
    return { value: await session.call(probeSymbol) };
  });
  await session?.idle();
  const objects = 'value' in said ? digests(caches.cold, probe) : undefined;
  await session?.close();
  const texts = objects && new Map([...objects.keys()].map((file) => [file, digestOf(file)]));
  return { said, objects, texts };
}

function digests(cache, probe) {
  const objects = keptObjects(cache, probe);
  if (objects === undefined) return undefined;
  return new Map([...objects].filter(([file]) => file !== probe).map(([file, object]) => [file, digestOfObject(object)]));
}

const differing = (one, other) =>
  [...one].filter(([file, digest]) => other.get(file) !== digest).map(([file]) => path.relative(tree, file));
const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const round = (number) => Math.round(number * 100) / 100;

async function replay() {
  execFileSync('git', ['clone', '-q', repository, tree]);
  const sources = values.sources ?? busiestTarget();
  const probe = path.join(tree, sources, probeName);
  const list = git('rev-list', '--first-parent', '-n', values.commits, values.until, '--', sources, 'Package.swift', 'Package.resolved');
  let session;
  let former;
  const steps = [];
  for (const commit of list.trim().split('\n').reverse()) {
    if (!checkOut(commit, sources)) continue;
    const expected = await cold(probe);
    if (session === undefined) {
      if (expected.objects === undefined) {
        console.log(JSON.stringify({ commit, skipped: expected.said }));
        continue;
      }
      session = await open(probe, caches.kept);
      await session.idle();
      former = expected;
      continue;
    }
    const start = performance.now();
    let recompiled = [];
    const said = await outcome(async () => {
      const result = await session.reload();
      recompiled = result.recompiled.filter((file) => file !== probe);
      return { value: await session.call(probeSymbol) };
    });
    const milliseconds = Math.round(performance.now() - start);
    await session.idle();
    const step = { commit, said, milliseconds, recompiled: recompiled.length };
    if (JSON.stringify({ ...said, message: undefined }) !== JSON.stringify({ ...expected.said, message: undefined }))
      step.expected = expected.said;
    if (expected.objects !== undefined) {
      const changed = differing(expected.objects, former.objects);
      step.changed = changed.length;
      step.concerned = new Set([...changed, ...differing(expected.texts, former.texts)]).size;
      const objects = digests(caches.kept, probe);
      step.stale = objects === undefined ? ['nothing was kept'] : differing(expected.objects, objects);
      former = expected;
    }
    steps.push(step);
    console.log(JSON.stringify(step));
  }
  await session?.close();
  return summary(sources, steps);
}

function summary(sources, steps) {
  const wrong = steps.filter(({ expected, stale = [] }) => expected !== undefined || stale.length > 0);
  const good = steps.filter(({ changed }) => changed !== undefined);
  const spreadOf = (numbers) => {
    const sorted = numbers.sort((one, other) => one - other);
    return { median: round(at(sorted, 0.5)), ninth: round(at(sorted, 0.9)) };
  };
  return {
    repository,
    sources,
    steps: steps.length,
    errors: steps.length - good.length,
    different: wrong.length,
    compiledByChanged: spreadOf(good.map(({ recompiled, changed }) => recompiled / Math.max(1, changed))),
    compiledByConcerned: spreadOf(good.map(({ recompiled, concerned }) => recompiled / Math.max(1, concerned))),
    milliseconds: spreadOf(good.map(({ milliseconds }) => milliseconds)),
  };
}

try {
  const result = await replay();
  console.log(JSON.stringify(result));
  if (result.different > 0 || result.steps === 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
