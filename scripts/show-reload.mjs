// How the demonstrations tell what an edit did.

/** In two lines. `total`: milliseconds, save to PNG; where nobody knows when the file was saved, what the reload took. */
export function describeReload({ tier, strategy, reason, generation, timings }, total, { agent }) {
  const duration = total === undefined ? `reloaded in ${milliseconds(timings.total)}` : `save to PNG ${milliseconds(total)}`;
  return (
    `  ${strategy ? `${tier}, ${strategy}` : tier}: ${reason}\n` +
    `  ${duration} (compile ${milliseconds(timings.compile)}, link ${milliseconds(timings.link)}, ` +
    `draw ${milliseconds(timings.run)}), generation ${generation}, agent ${agent?.pid ?? 'ended'}`
  );
}

/** @param {number} value */
export function milliseconds(value) {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
