// `npm run bench [-- --only sizes --runs 15 --sizes 10,100]`: what hotswift takes, as ratios against peers that run in between, on the same
// machine, at the same time. Groups are named in groups.mjs; `--only` takes several with commas between. Sizes are numbers of files.

import { parseArgs } from 'node:util';
import { groups } from './groups.mjs';
import { machine, printTable } from './report.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(groups).join(',') },
    runs: { type: 'string', default: '15' },
    sizes: { type: 'string', default: '10,100,1000' },
  },
});
const chosen = values.only.split(',');
const unknown = chosen.find((name) => !(name in groups));
if (unknown !== undefined) throw new Error(`--only takes ${Object.keys(groups).join(', ')}, not ${unknown}`);
const runs = wholeNumber('--runs', values.runs, 1);
const sizes = values.sizes.split(',').map((size) => wholeNumber('--sizes', size, 10));

console.log(`${machine()}\nmedians of ${runs} runs, each with one of its peer`);
for (const name of chosen) {
  for (const { title, rows } of await groups[name]({ runs, sizes })) {
    console.log(`\n${title}\n`);
    printTable(rows);
  }
}

function wholeNumber(option, text, least) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least) throw new Error(`${option} takes whole numbers from ${least}, not ${text}`);
  return number;
}
