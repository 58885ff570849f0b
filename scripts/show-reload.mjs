// How the demonstrations tell what an edit did.

/** Of edits that were compiled and of those that were not, in two lines. `total`: milliseconds, save to PNG. */
export function describeReload({ tier, strategy, reason, generation, timings }, total, { agent }) {
  return (
    `  ${strategy ? `${tier}, ${strategy}` : tier}: ${reason}\n` +
    `  save to PNG ${milliseconds(total)} (compile ${milliseconds(timings.compile)}, link ${milliseconds(timings.link)}, ` +
    `draw ${milliseconds(timings.run)}), generation ${generation}, agent ${agent.pid}`
  );
}

/** @param {number} value */
export function milliseconds(value) {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
