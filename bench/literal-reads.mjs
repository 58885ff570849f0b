// A read of a literal that hotswift can give another value, against the plain literal: as it was compiled, and with another value.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { providePreviewKit } from '../dist/compile/preview-kit.js';
import { defaultCacheDirectory } from '../dist/project/cache-directory.js';
import { findToolchain } from '../dist/project/toolchain.js';
import { loadAddon } from '../dist/reload/native.js';
import { SwiftRunner } from '../dist/reload/swift-runner.js';
import { quantile } from './report.mjs';

const run = promisify(execFile);
const reads = 1_000_000;

/** Each with what it takes more than a plain literal, at most. */
const forms = [
  { name: 'integer', kind: 'integer', type: 'Int', reader: '__hs_i', literal: '12', text: '13', goals: '3 ns, 13 ns' },
  { name: 'float', kind: 'float', type: 'Double', reader: '__hs_f', literal: '0.5', text: '1.5', goals: '3 ns, 13 ns' },
  { name: 'string', kind: 'string', type: 'String', reader: '__hs_s', literal: '"Ready"', text: 'Steady', goals: '30 ns, 50 ns' },
];

export async function benchLiteralReads({ runs }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  try {
    const toolchain = await findToolchain({}, folder);
    loadAddon();
    const kit = await providePreviewKit(toolchain, defaultCacheDirectory(), () => {});
    const [source, object] = ['Reads.swift', 'Reads.o'].map((name) => path.join(folder, name));
    writeFileSync(source, `import PreviewKit\n${forms.map(loops).join('')}`);
    await run(toolchain.swiftc, ['-c', source, '-parse-as-library', '-Onone', '-I', kit.importPath, '-o', object]);
    const runner = new SwiftRunner({ librarySearchPaths: toolchain.runtimeLibraryPaths, debug: false });
    const literals = { first: 1, count: forms.length };
    await runner.load({ objects: [object], previewed: 0, libraries: [kit.library], literals });
    const rows = [];
    for (const [index, form] of forms.entries()) rows.push(await measure(runner, form, index + 1, runs));
    return [{ title: `reading a literal, the median of loops of ${reads} at -Onone`, rows }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A loop over the literal, and one over the same literal with a number. */
function loops({ name, type, reader, literal }, index) {
  const loop = (prefix, expression) => `
@_cdecl("${prefix}_${name}") func ${prefix}_${name}() -> Int32 {
  var count = 0
  while count < ${reads} { take_${name}(${expression}); count += 1 }
  return 0
}
`;
  return `func take_${name}(_ value: ${type}) {}${loop('plain', literal)}${loop('wrapped', `${reader}(${index + 1}, ${literal})`)}`;
}

async function measure(runner, { name, kind, text, goals }, id, runs) {
  const nanoseconds = async (symbol) => {
    const started = performance.now();
    await runner.call(symbol);
    return ((performance.now() - started) * 1e6) / reads;
  };
  const [plain, compiled, set] = [[], [], []];
  for (let count = 0; count < runs; count += 1) {
    runner.setLiterals([]);
    plain.push(await nanoseconds(`plain_${name}`));
    compiled.push(await nanoseconds(`wrapped_${name}`));
    runner.setLiterals([{ id, kind, text }]);
    set.push(await nanoseconds(`wrapped_${name}`));
  }
  const more = (times) => `${(quantile(times) - quantile(plain)).toFixed(1)} ns`;
  return {
    literal: name,
    'plain, with the loop': `${quantile(plain).toFixed(1)} ns`,
    'a read adds': more(compiled),
    'with another value': more(set),
    goals,
  };
}
