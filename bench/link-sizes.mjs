// The link of one object into a generation, from 0.1 to 10 MB, against what the system's linker takes to make a library of it.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { loadAddon } from '../dist/reload/native.js';
import { quantile } from './report.mjs';

const run = promisify(execFile);

/** Functions of an object, each with two constants: 0.1, 1 and 10 MB, roughly. */
const counts = [90, 900, 9000];

export async function benchLinkSizes({ runs }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  try {
    const objects = [];
    for (const count of counts) objects.push(await compile(folder, count));
    const engine = new (loadAddon().Engine)([]);
    const times = objects.map(() => ({ link: [], peer: [] }));
    // Alternating, so that the machine's drift is in all of them. Nothing that was linked is freed: a dozen of the largest is enough.
    for (let count = 0; count < Math.min(runs, 12); count += 1) {
      for (const [index, object] of objects.entries()) {
        times[index].link.push(await took(() => engine.addGeneration([object], [])));
        times[index].peer.push(await took(() => run('cc', ['-shared', object, '-o', path.join(folder, 'peer.so')])));
      }
    }
    const megabytes = objects.map((object) => statSync(object).size / 1e6);
    const perMegabyte = times.map(({ link }, index) => quantile(link) / megabytes[index]);
    const rows = times.map(({ link, peer }, index) => ({
      object: `${megabytes[index].toFixed(1)} MB`,
      link: `${quantile(link).toFixed(1)} ms`,
      'a megabyte': `${perMegabyte[index].toFixed(1)} ms`,
      'against the first': (perMegabyte[index] / perMegabyte[0]).toFixed(2),
      goal: index === 0 ? '' : '1.5',
      'against cc -shared': (quantile(link) / quantile(peer)).toFixed(2),
    }));
    return [{ title: 'the link of one object whose functions and constants refer to each other', rows }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Most of it has no name that others see, as in Swift's objects. */
async function compile(folder, count) {
  const source = path.join(folder, `object${count}.c`);
  const object = source.replace(/c$/, 'o');
  const indices = Array.from({ length: count }, (_, index) => index);
  writeFileSync(
    source,
    [
      ...indices.map((index) => `static int f${index}(int);`),
      ...indices.map((index) => `static int (*const t${index}[])(int) = { f${(index + 1) % count}, f${(index * 7 + 3) % count} };`),
      ...indices.map((index) => `static const char *const s${index} = "${'x'.repeat(300)}${index}";`),
      ...indices.map(
        (index) =>
          `static int f${index}(int n) { return n ? t${index}[n & 1](n - 1) + t${(index * 13 + 5) % count}[0](n - 1) : s${index}[n + 4]; }`,
      ),
      'int all(void) { return f0(3); }',
    ].join('\n'),
  );
  await run('cc', ['-c', '-fPIC', '-ffunction-sections', '-fdata-sections', source, '-o', object]);
  return object;
}

async function took(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
