// `npm run bench [-- --runs 15]`: what hotswift takes, as ratios against peers that run in between, on the same machine, at the same time.

import { parseArgs } from 'node:util';
import { machine, printTable } from './report.mjs';
import { benchStructuralReload } from './structural-reload.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number from 1');

console.log(machine());
console.log(`medians of ${runs} runs, each followed by one of its peer\n`);
printTable(await benchStructuralReload(runs));
