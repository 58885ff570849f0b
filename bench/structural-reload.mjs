// Save to PNG of a structural edit, against the driver compiling the same edit to an object and nothing more.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { providePreviewKit } from '../dist/compile/preview-kit.js';
import { createSession } from '../dist/index.mjs';
import { defaultCacheDirectory } from '../dist/project/cache-directory.js';
import { findToolchain } from '../dist/project/toolchain.js';
import { loadAddon } from '../dist/reload/native.js';
import { incrementalBuild } from './peers.mjs';
import { milliseconds, quantile } from './report.mjs';
import { copyWeatherCard } from './weather-card.mjs';

const run = promisify(execFile);

/** Twenty lines, as in the goal for linking. */
const smallFile = (shade) => `import PreviewKit

struct Badge {
  let label: String
  let radius: Int

  var svg: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="120" height="40">
      <rect width="120" height="40" rx="\\(radius)" fill="#33${(16 + shade).toString(16)}ff"/>
      <text x="60" y="25" text-anchor="middle" fill="white">\\(label)</text>
    </svg>
    """
  }
}

struct Badge_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Badge") { SVG(Badge(label: "Ready", radius: 8).svg) }
  }
}
`;

/** One row a kind of edit. */
export async function benchStructuralReload({ runs }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  try {
    loadAddon();
    const { importPath } = await providePreviewKit(await findToolchain({}, tmpdir()), defaultCacheDirectory(), () => {});
    const rows = [
      await loneFile(folder, importPath, runs),
      await viewOfAModule(folder, importPath, runs),
      await otherFileOfAModule(folder, importPath, runs),
    ];
    return [{ title: 'structural reload, save to PNG', rows }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function loneFile(folder, importPath, runs) {
  const file = path.join(folder, 'Badge.swift');
  writeFileSync(file, smallFile(0));
  const flags = ['-c', file, '-parse-as-library', '-I', importPath, '-o', path.join(folder, 'Badge.o')];
  return measure({
    name: 'lone file of 20 lines',
    peerName: 'swiftc -c',
    options: { file },
    edit: (count) => writeFileSync(file, smallFile(count + 1)),
    peer: () => run('swiftc', flags),
    runs,
  });
}

function viewOfAModule(folder, importPath, runs) {
  return editOfAModule(folder, importPath, runs, 'weather-card, the view', 'WeatherCardView.swift', (text, count) =>
    // Another operator, for other literals would not be compiled.
    text.replace('horizontal: 12, vertical: 12', `horizontal: 12, vertical: 12 ${'+-*/'[count % 4]} ${1 + count}`),
  );
}

function otherFileOfAModule(folder, importPath, runs) {
  return editOfAModule(folder, importPath, runs, 'weather-card, a body elsewhere', 'WeatherFormat.swift', (text, count) =>
    text.replace('"\\(rounded(temperature, temperatureUnit))°"', `"\\(rounded(temperature, temperatureUnit))°${count}"`),
  );
}

async function editOfAModule(folder, importPath, runs, name, edited, change) {
  const sources = path.join(folder, path.parse(edited).name);
  const options = copyWeatherCard(sources);
  const { sources: files, flags } = options.module;
  const original = readFileSync(path.join(sources, edited), 'utf8');
  return measure({
    name,
    peerName: 'swiftc -c -incremental',
    options,
    edit: (count) => writeFileSync(path.join(sources, edited), change(original, count + 1)),
    peer: incrementalBuild({ files, name: 'WeatherCard', importPath, flags, outputs: path.join(sources, 'outputs') }),
    runs,
  });
}

async function measure({ name, peerName, options, edit, peer, runs }) {
  const session = await createSession(options);
  try {
    if (session.error) throw session.error;
    await session.snapshot();
    await session.idle();
    await peer();
    const ours = [];
    const theirs = [];
    const links = [];
    for (let count = 0; count < runs; count += 1) {
      // Whoever edits looks at the picture first: what is done in the background is done.
      await session.idle();
      edit(count);
      const started = performance.now();
      const { tier, recompiled, timings } = await session.reload();
      await session.snapshot();
      ours.push(performance.now() - started);
      if (tier !== 'structural') throw new Error(`the edit was ${tier}, not structural`);
      if (recompiled.length === 0) throw new Error('the text was there before');
      links.push(timings.link);
      const peerStarted = performance.now();
      await peer();
      theirs.push(performance.now() - peerStarted);
    }
    return {
      edit: name,
      'save to PNG': milliseconds(quantile(ours)),
      p90: milliseconds(quantile(ours, 0.9)),
      peer: peerName,
      'peer takes': milliseconds(quantile(theirs)),
      ratio: (quantile(ours) / quantile(theirs)).toFixed(2),
      link: milliseconds(quantile(links)),
    };
  } finally {
    await session.close();
  }
}
