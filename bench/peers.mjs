// What others run after an edit.

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findToolchain } from '../dist/project/toolchain.js';

const run = promisify(execFile);

/**
 * A module as its peers see it.
 * @typedef {{ files: string[], name: string, importPath: string, flags: string[], outputs: string }} BuiltModule `outputs`: a folder to be made
 */

/**
 * What a build system runs: the driver, incrementally. It compiles the files that changed, and those that depend on what changed.
 * @param {BuiltModule} module
 */
export function incrementalBuild({ files, name, importPath, flags, outputs }) {
  mkdirSync(outputs, { recursive: true });
  const outputMap = path.join(outputs, 'map.json');
  const stem = (file) => path.join(outputs, path.parse(file).name);
  const perFile = files.map((file) => [file, { object: `${stem(file)}.o`, 'swift-dependencies': `${stem(file)}.swiftdeps` }]);
  const ofModule = { 'swift-dependencies': path.join(outputs, 'module.swiftdeps') };
  writeFileSync(outputMap, JSON.stringify({ '': ofModule, ...Object.fromEntries(perFile) }));
  // As SwiftPM does: without, the first build of a thousand files takes half an hour.
  const jobs = ['-incremental', '-enable-batch-mode', '-j', String(availableParallelism())];
  const args = ['-c', ...jobs, '-output-file-map', outputMap, '-module-name', name, '-I', importPath, ...flags, ...files];
  return () => run('swiftc', args, { cwd: outputs });
}

/**
 * The compiler itself, started anew for one file, the others being read along.
 * @param {BuiltModule} module
 * @param {string} file
 */
export async function frontendCompile({ files, name, importPath, flags, outputs }, file) {
  mkdirSync(outputs, { recursive: true });
  const { swiftc } = await findToolchain({}, outputs);
  const { stdout } = await run(swiftc, ['-print-target-info']);
  const { target, paths } = JSON.parse(stdout);
  const frontend = path.join(paths.runtimeResourcePath, '..', '..', 'bin', 'swift-frontend');
  const inputs = files.flatMap((other) => (other === file ? ['-primary-file', other] : [other]));
  const common = ['-target', target.triple, '-resource-dir', paths.runtimeResourcePath, '-module-name', name, '-I', importPath];
  const args = ['-frontend', '-c', ...inputs, ...common, ...flags, '-parse-as-library', '-Onone', '-o', path.join(outputs, 'frontend.o')];
  return () => run(frontend, args, { cwd: outputs });
}
