// Feeds the parts of the addon that read files with what no compiler writes, and looks for the input that crashes them: npm run fuzz.
//
//   node scripts/fuzz.mjs [--target <name>] [--seconds <n>]   one target, or each of those that are ours; 600 seconds of each
//   node scripts/fuzz.mjs --reproduce <file>                  runs a finding once more
//
// libFuzzer, with AddressSanitizer and UndefinedBehaviorSanitizer in the addon's code. What it learns it keeps in fuzz-output/, and starts
// from it the next time.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ask, CommandError, reportFailure, run, SetupError } from './child-process.mjs';
import { buildFuzzers } from './fuzz/build.mjs';
import { makeSeeds } from './fuzz/seeds.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = path.join(root, 'fuzz-output');
const findings = path.join(output, 'findings');

/**
 * `maxLength` is about four times the longest seed, in bytes: room for a mutation to put something in, and an object with more in it only
 * takes longer. libFuzzer would cut off a longer seed.
 */
const targets = {
  object: { seeds: '.o', maxLength: 96 << 10 },
  code_file: { seeds: '.code', maxLength: 96 << 10 },
  // Debug information is read by LLVM, in a process that may die (lib/agent/read-backtrace.ts): it has faults that are not ours to mend.
  debug_information: { seeds: '.code', maxLength: 96 << 10, isOthers: true },
  crash_record: { seeds: '.record', maxLength: 4 << 10 },
  dependency_file: { seeds: '.swiftdeps', maxLength: 24 << 10 },
  syntax: { seeds: '.swift', maxLength: 4 << 10 },
};
const names = Object.keys(targets);

// An input takes a millisecond; ten thousand times as long is a finding, as are two gigabytes. No value profile: in a minute it makes the
// corpus five times as large and reaches nothing more.
const limits = ['-timeout=10', '-rss_limit_mb=2048'];
const sanitizers = { UBSAN_OPTIONS: 'print_stacktrace=1' };
const progressEvery = 10_000;

async function main() {
  const { values } = parseArgs({
    options: { target: { type: 'string' }, seconds: { type: 'string', default: '600' }, reproduce: { type: 'string' } },
  });
  if (process.platform !== 'linux') throw new SetupError('the fuzzers run on Linux only: what they are for reads ELF');
  const seconds = Number(values.seconds);
  if (!(Number.isInteger(seconds) && seconds > 0)) throw new SetupError(`--seconds is ${values.seconds}, not a number of seconds`);
  if (values.target && !names.includes(values.target)) throw new SetupError(`--target is ${values.target}, not one of ${names.join(', ')}`);

  const swift = findSwift();
  if (values.reproduce) return reproduce(swift, values.reproduce, values.target);

  const chosen = values.target ? [values.target] : names.filter((name) => !targets[name].isOthers);
  const programs = await build(swift, chosen);
  await makeSeeds(swift, Object.fromEntries(chosen.map((name) => [targets[name].seeds, folder(name, 'seeds')])));
  for (const name of chosen) await fuzz(name, programs[name], seconds);
}

function findSwift() {
  const { target, paths } = JSON.parse(ask(process.env.HOTSWIFT_SWIFTC || 'swiftc', ['-print-target-info']));
  const programs = path.join(paths.runtimeResourcePath, '..', '..', 'bin');
  return { programs, frontend: path.join(programs, 'swift-frontend'), resources: paths.runtimeResourcePath, triple: target.triple };
}

function build(swift, chosen) {
  console.log(`building ${chosen.join(' and ')}`);
  return buildFuzzers(chosen, swift.programs);
}

function folder(name, kind) {
  return path.join(output, name, kind);
}

/** Runs one fuzzer. What it has learnt it keeps: inputs that reach something that no other does. */
async function fuzz(name, program, seconds) {
  const corpus = folder(name, 'corpus');
  for (const needed of [corpus, findings]) mkdirSync(needed, { recursive: true });
  const before = new Set(readdirSync(findings));
  const log = path.join(output, name, 'fuzzer.log');
  rmSync(log, { force: true });

  console.log(`${name}: ${seconds} s`);
  let lastTold = Date.now();
  const onLine = (line) => {
    const state = line.match(/^#(\d+)\s.*?cov: (\d+) ft: (\d+) corp: (\d+).*?exec\/s: (\d+)/);
    if (!state || (Date.now() - lastTold < progressEvery && !line.includes('DONE'))) return;
    lastTold = Date.now();
    const [, executions, coverage, features, inputs, speed] = state;
    console.log(`${name}: ${executions} executions, ${speed}/s, coverage ${coverage}, features ${features}, corpus ${inputs}`);
  };
  const length = `-max_len=${targets[name].maxLength}`;
  const bounds = [...limits, length, `-max_total_time=${seconds}`, `-artifact_prefix=${findings}${path.sep}${name}-`];
  try {
    await run(program, [...bounds, corpus, folder(name, 'seeds')], { log, onLine, env: sanitizers });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const found = readdirSync(findings).filter((file) => !before.has(file));
    if (found.length === 0) throw error;
    tellFindings(found, error.output, log);
    throw new SetupError(`the ${name} fuzzer has found something`, { cause: error });
  }
  await reduceCorpus(program, corpus, length);
}

function tellFindings(found, text, log) {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /ERROR: |runtime error: |^==\d+==/.test(line));
  // One line of context: what the fuzzer itself says before it aborts.
  console.error(`\n${lines.slice(Math.max(0, start - 1), start + 16).join('\n')}\n\nThe whole output is in ${log}`);
  for (const file of found) {
    console.error(`Run it once more with\n  npm run fuzz -- --reproduce ${path.relative(root, path.join(findings, file))}`);
  }
}

/** Keeps of the corpus the smallest inputs that together reach all of what it does. */
async function reduceCorpus(program, corpus, length) {
  const reduced = `${corpus}-reduced`;
  rmSync(reduced, { recursive: true, force: true });
  mkdirSync(reduced);
  await run(program, ['-merge=1', ...limits, length, reduced, corpus], { env: sanitizers });
  rmSync(corpus, { recursive: true });
  renameSync(reduced, corpus);
}

async function reproduce(swift, file, target) {
  if (!existsSync(file)) throw new SetupError(`--reproduce is ${file}, which does not exist`);
  const name = target ?? names.find((known) => path.basename(file).startsWith(`${known}-`));
  if (!name) throw new SetupError(`${file} does not say which fuzzer found it: name it with --target`);
  const programs = await build(swift, [name]);
  await run(programs[name], [...limits, file], { show: true, env: sanitizers });
}

await main().catch(reportFailure);
