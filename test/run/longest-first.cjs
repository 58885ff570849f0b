// The order of the files: the longest first, so that both workers end at about the same time. Jest knows how long a file has taken on this
// machine; of one that has never run here, durations.json says how long it took elsewhere.

const path = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');
/** Milliseconds. @type {Record<string, number>} */
const durations = require('./durations.json');

const root = path.join(__dirname, '..');

/** A new file is in the middle. */
const unknown = 10_000;

/** @param {import('@jest/test-result').Test} test */
const duration = (test) => test.duration ?? durations[path.relative(root, test.path)] ?? unknown;

module.exports = class LongestFirst extends Sequencer {
  /** @override @param {import('@jest/test-result').Test[]} tests */
  async sort(tests) {
    // It notes in each test how long that took.
    const sorted = await super.sort(tests);
    return [...sorted].sort((one, other) => duration(other) - duration(one));
  }
};
