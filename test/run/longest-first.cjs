// The order of the files: the longest first, so that both workers end at about the same time. durations.json says how long each takes in a run of this tier; of a
// file that is new there, Jest knows how long it took here last, in whichever run.

const path = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');
/** Milliseconds, by tier and file. @type {Record<string, Record<string, number>>} */
const recorded = require('./durations.json');

const durations = recorded[process.env.HOTSWIFT_TESTS || 'full'] ?? {};

const root = path.join(__dirname, '..');

/** A new file is in the middle. */
const unknown = 10_000;

/** @param {import('@jest/test-result').Test} test */
const duration = (test) => durations[path.relative(root, test.path)] ?? test.duration ?? unknown;

module.exports = class LongestFirst extends Sequencer {
  /** @override @param {import('@jest/test-result').Test[]} tests */
  async sort(tests) {
    // It notes in each test how long that took.
    const sorted = await super.sort(tests);
    return [...sorted].sort((one, other) => duration(other) - duration(one));
  }
};
