// What it costs to compile a file so that its literals can be edited, against the file as it is.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { providePreviewKit } from '../dist/compile/preview-kit.js';
import { readSyntax } from '../dist/edit/syntax.js';
import { makeThunk } from '../dist/edit/thunk.js';
import { defaultCacheDirectory } from '../dist/project/cache-directory.js';
import { findToolchain } from '../dist/project/toolchain.js';
import { loadAddon } from '../dist/reload/native.js';
import generated from '../test/support/generated-module/index.cjs';
import { frontendCompile } from './peers.mjs';
import { milliseconds, quantile } from './report.mjs';

const example = fileURLToPath(new URL('../examples/weather-card/Sources/WeatherCard', import.meta.url));

/** As hotswift compiles: the verifiers check the compiler. */
const common = ['-enable-testing', '-sil-verify-none', '-disable-ast-verifier', '-disable-llvm-verify'];

/** Each file in turn, each a few times: the median over files is what counts. */
export async function benchThunkCompiles({ runs }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotswift-bench-'));
  try {
    loadAddon();
    const { importPath } = await providePreviewKit(await findToolchain({}, tmpdir()), defaultCacheDirectory(), () => {});
    const modules = [
      { name: 'weather-card', flags: [...common, '-swift-version', '6'], texts: textsIn(example) },
      {
        name: 'generated, 10 files',
        flags: [...common, '-swift-version', '5'],
        texts: new generated.GeneratedModule({ files: 10, seed: 1 }).texts,
      },
    ];
    const rows = [];
    for (const module of modules) rows.push(await measure(module, path.join(folder, String(rows.length)), importPath, runs));
    return [{ title: 'compile of a file whose literals can be edited, against the file as it is', rows }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function textsIn(folder) {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}

async function measure({ name, flags, texts }, folder, importPath, runs) {
  const names = Object.keys(texts);
  const place = (kind) => (file) => path.join(folder, kind, file);
  for (const kind of ['plain', 'thunks', 'plain-outputs', 'thunk-outputs']) mkdirSync(path.join(folder, kind), { recursive: true });
  const ratios = [];
  const times = { plain: [], thunk: [] };
  let literals = 0;
  const tree = new (loadAddon().SyntaxTree)();
  for (const file of names) {
    const text = Buffer.from(texts[file].includes('import PreviewKit') ? texts[file] : `import PreviewKit\n${texts[file]}`);
    const options = { first: 1, isHarmless: (type) => type !== 'Color', staysPlain: () => false };
    const thunk = makeThunk(text, await readSyntax(tree, text), options);
    literals += thunk.literals.length;
    for (const other of names) {
      writeFileSync(place('plain')(other), other === file ? text : texts[other]);
      writeFileSync(place('thunks')(other), other === file ? thunk.text : texts[other]);
    }
    const compileOf = (kind, outputs) =>
      frontendCompile(
        { files: names.map(place(kind)), name: 'Module', importPath, flags, outputs: path.join(folder, outputs) },
        place(kind)(file),
      );
    const [plain, thunked] = [await compileOf('plain', 'plain-outputs'), await compileOf('thunks', 'thunk-outputs')];
    const own = { plain: [], thunk: [] };
    for (let run = 0; run < runs; run += 1) {
      own.plain.push(await timed(plain));
      own.thunk.push(await timed(thunked));
    }
    ratios.push(quantile(own.thunk) / quantile(own.plain));
    times.plain.push(quantile(own.plain));
    times.thunk.push(quantile(own.thunk));
  }
  return {
    module: name,
    literals,
    'as it is, p50': milliseconds(quantile(times.plain)),
    'editable, p50': milliseconds(quantile(times.thunk)),
    'ratio, median over files': quantile(ratios).toFixed(2),
    worst: quantile(ratios, 1).toFixed(2),
    goal: '<= 1.10',
  };
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
