// What a measurement needs beside its numbers.

import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** What the numbers were taken on, in one line. */
export function machine() {
  const [cpu] = cpus();
  const swift = execFileSync('swiftc', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0];
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpu.model.trim()}, ${memory} GiB, ${process.platform} ${release()}, Node ${process.versions.node}, ${swift}`;
}

/**
 * @param {number[]} values
 * @param {number} quantile 0 to 1; default the median
 */
export function quantile(values, quantile = 0.5) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * quantile;
  const below = sorted[Math.floor(position)];
  return below + (sorted[Math.ceil(position)] - below) * (position % 1);
}

/** Prints rows of equal keys, the keys as a heading. */
export function printTable(rows) {
  const keys = Object.keys(rows[0]);
  const widths = keys.map((key) => Math.max(key.length, ...rows.map((row) => String(row[key]).length)));
  const line = (cells) =>
    cells
      .map((cell, index) => String(cell).padEnd(widths[index]))
      .join('  ')
      .trimEnd();
  console.log(line(keys));
  console.log(line(widths.map((width) => '-'.repeat(width))));
  for (const row of rows) console.log(line(keys.map((key) => row[key])));
}

/** @param {number} value */
export const milliseconds = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

/** Says on standard error what is being waited for. @param {string} text */
export const progress = (text) => console.error(`bench: ${text}`);
