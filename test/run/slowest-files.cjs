// Prints at the end of a run the files that took longest, each with its slowest test, and the seeds of what was random. With
// HOTSWIFT_RECORD_DURATIONS=1 it also keeps in durations.json how long each file took, which longest-first.cjs reads.

const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

/** @typedef {import('@jest/test-result').AggregatedResult['testResults'][number]} FileResult */

const root = path.join(__dirname, '..');
const recorded = path.join(__dirname, 'durations.json');
const shown = 15;

const nameOf = (/** @type {FileResult} */ { testFilePath }) => path.relative(root, testFilePath);
const ran = (/** @type {FileResult} */ { testResults }) => testResults.filter(({ status }) => status === 'passed' || status === 'failed');
const seconds = (/** @type {number} */ milliseconds) => (milliseconds / 1000).toFixed(1);
const print = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

module.exports = class SlowestFiles {
  /**
   * @param {unknown} _
   * @param {import('@jest/test-result').AggregatedResult} results
   */
  onRunComplete(_, { testResults, startTime }) {
    const files = testResults.filter((file) => ran(file).length > 0).sort((one, other) => other.perfStats.runtime - one.perfStats.runtime);
    if (files.length > 1) {
      const sum = files.reduce((total, { perfStats }) => total + perfStats.runtime, 0);
      print(`\nThe slowest of ${files.length} files. All took ${seconds(sum)} s together, in ${seconds(Date.now() - startTime)} s:`);
      for (const file of files.slice(0, shown)) print(describe(file));
    }
    for (const { fullName } of files.flatMap(ran)) if (fullName.includes('HOTSWIFT_RANDOM_SEED')) print(`random: ${fullName}`);
    if (process.env.HOTSWIFT_RECORD_DURATIONS) record(files);
  }
};

/** @param {FileResult} file */
function describe(file) {
  const [slowest] = ran(file).sort((one, other) => (other.duration ?? 0) - (one.duration ?? 0));
  const longest = `${slowest?.fullName.slice(0, 80)}: ${seconds(slowest?.duration ?? 0)} s`;
  return `${seconds(file.perfStats.runtime).padStart(6)} s  ${nameOf(file)}, ${ran(file).length} tests, of them ${longest}`;
}

/** Files that this run did not have keep what is known of them. @param {FileResult[]} files */
function record(files) {
  const tier = process.env.HOTSWIFT_TESTS || 'full';
  const tiers = JSON.parse(readFileSync(recorded, 'utf8'));
  const known = { ...tiers[tier] };
  for (const file of files) known[nameOf(file)] = Math.round(file.perfStats.runtime / 100) * 100;
  writeFileSync(recorded, `${JSON.stringify({ ...tiers, [tier]: sortedByKey(known) }, null, 2)}\n`);
}

/** @param {Record<string, number>} record */
function sortedByKey(record) {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
}
