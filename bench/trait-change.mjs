// From another trait to its PNG, against an edit of the source to the same effect.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createSession } from '../dist/index.mjs';
import { milliseconds, quantile } from './report.mjs';
import { copyWeatherCard } from './weather-card.mjs';

/** Changes for each run of the peer. */
const changesPerRun = 20;

/** Milliseconds between changes, as from somebody who looks at each. */
const pause = 20;

/** What is changed, and a statement of the preview that does the same. The count goes up with each. */
const changes = [
  {
    name: 'light and dark, in turn',
    traits: (count) => ({ colorScheme: count % 2 === 0 ? 'light' : 'dark' }),
    statement: (count) => `traits.colorScheme = ${count % 2 === 0 ? '.light' : '.dark'}`,
  },
  {
    name: 'two locales, in turn',
    traits: (count) => ({ locale: count % 2 === 0 ? 'en-US' : 'de-DE' }),
    statement: (count) => `traits.locale = ${count % 2 === 0 ? '"en-US"' : '"de-DE"'}`,
  },
  {
    name: 'a text scale that was never drawn',
    traits: (count) => ({ textScale: 1 + count / 512 }),
    statement: (count) => `traits.textScale = ${1 + count / 512}`,
  },
];

export async function benchTraitChange({ runs }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  try {
    const options = copyWeatherCard(folder);
    const rows = [];
    for (const change of changes) {
      rows.push(await measure({ ...change, pause: 0, options, runs }));
      rows.push(await measure({ ...change, name: `${change.name}, ${pause} ms apart`, pause, options, runs }));
    }
    return [{ title: `another trait for weather-card, setTraits() to PNG; ${runs * changesPerRun} changes`, rows }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure({ name, traits, statement, pause, options, runs }) {
  const original = readFileSync(options.file, 'utf8');
  const session = await createSession(options);
  const peer = await createSession({ ...options, literalEdits: false });
  try {
    if (session.error || peer.error) throw session.error ?? peer.error;
    await Promise.all([session.idle(), peer.idle()]);
    let former = (await session.snapshot()).data;
    const times = { own: [], peer: [] };
    let count = 0;
    for (let run = 0; run < runs; run += 1) {
      for (let each = 0; each < changesPerRun; each += 1) {
        count += 1;
        const started = performance.now();
        session.setTraits(traits(count));
        const { data } = await session.snapshot();
        times.own.push(performance.now() - started);
        if (data.equals(former)) throw new Error(`${name}: the picture stayed the same`);
        former = data;
        if (pause > 0) await setTimeout(pause);
      }
      count += 1;
      session.setTraits(traits(count));
      former = (await session.snapshot()).data;
      // Whoever edits looks at the picture first: what is done in the background is done.
      await peer.idle();
      // The comment makes it a text that was never compiled.
      writeFileSync(options.file, original.replace('let size = Size(', `${statement(count)} /* ${run} */; let size = Size(`));
      const started = performance.now();
      await peer.reload();
      const { data } = await peer.snapshot();
      times.peer.push(performance.now() - started);
      if (!data.equals(former)) throw new Error(`${name}: the edit draws another picture`);
    }
    return {
      what: name,
      p50: milliseconds(quantile(times.own)),
      p99: milliseconds(quantile(times.own, 0.99)),
      'compiled, p50': milliseconds(quantile(times.peer)),
      ratio: (quantile(times.own) / quantile(times.peer)).toFixed(3),
    };
  } finally {
    await Promise.all([session.close(), peer.close()]);
    writeFileSync(options.file, original);
  }
}
