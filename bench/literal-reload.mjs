// Save to PNG of an edit that changes the value of a literal, against the same edit compiled.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createSession } from '../dist/index.mjs';
import { milliseconds, quantile } from './report.mjs';
import { copyWeatherCard } from './weather-card.mjs';

/** Literal edits for each run of the peer: what counts is the worst of a hundred. */
const editsPerRun = 20;

/** Milliseconds between edits, as from somebody who turns a dial: a processor that idles meanwhile has to be woken, and its caches filled again. */
const pause = 20;

export async function benchLiteralReload({ runs }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  try {
    const options = copyWeatherCard(folder);
    const { file } = options;
    const original = readFileSync(file, 'utf8');
    const edit = (count) => writeFileSync(file, original.replace('tint: 0xFFE08A', `tint: 0x${(0x100000 + count * 977).toString(16)}`));
    const rows = [
      await measure({ name: 'a colour, reload(), one after the other', options, edit, runs, change: reloaded, pause: 0 }),
      await measure({ name: `a colour, reload(), ${pause} ms apart`, options, edit, runs, change: reloaded, pause }),
      await measure({
        name: `a colour, watched, ${pause} ms apart`,
        options: { ...options, watch: true },
        edit,
        runs,
        change: saved,
        pause,
      }),
    ];
    return [{ title: `literal reload of weather-card, save to PNG; ${runs * editsPerRun} edits`, rows }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure({ name, options, edit, runs, change, pause }) {
  const session = await createSession(options);
  const peer = await createSession({ ...options, watch: false, literalEdits: false });
  if (session.error || peer.error) throw session.error ?? peer.error;
  await Promise.all([session.idle(), peer.idle()]);
  await session.snapshot();
  const times = { total: [], wait: [], peer: [] };
  let count = 0;
  for (let run = 0; run < runs; run += 1) {
    for (let each = 0; each < editsPerRun; each += 1) {
      count += 1;
      const started = performance.now();
      const result = await change(session, () => edit(count));
      const answered = performance.now();
      if (result.tier !== 'literal') throw new Error(`${name}: ${result.reason}`);
      await session.snapshot();
      times.total.push(performance.now() - started);
      times.wait.push(answered - started - result.timings.total);
      if (pause > 0) await setTimeout(pause);
    }
    await session.idle();
    count += 1;
    const started = performance.now();
    edit(count);
    await peer.reload();
    await peer.snapshot();
    times.peer.push(performance.now() - started);
    await session.reload();
    await session.idle();
  }
  await Promise.all([session.close(), peer.close()]);
  // What the system and the watcher take to tell of a save is not ours.
  const own = times.total.map((total, index) => total - times.wait[index]);
  return {
    what: name,
    p50: milliseconds(quantile(own)),
    p99: milliseconds(quantile(own, 0.99)),
    'wait before, p50': milliseconds(quantile(times.wait)),
    'compiled, p50': milliseconds(quantile(times.peer)),
    ratio: (quantile(own) / quantile(times.peer)).toFixed(3),
  };
}

async function reloaded(session, save) {
  save();
  return session.reload();
}

async function saved(session, save) {
  const result = new Promise((resolve) => session.once('reload', resolve));
  save();
  return result;
}
