// What others run after an edit.

import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { frontendEnvironment } from '../dist/compile/frontend-environment.js';
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

/**
 * What the compiler that waits for an edit of a file would do, had it not been started before: its own command, so that it reads the same.
 * @param {string} file
 */
export function coldCompile(file) {
  const [program, ...args] = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => commandOf(name))
    .find((command) => command[command.indexOf('-primary-file') + 1] === file && command.some(isGenerated));
  const kept = args.filter((arg) => !isGenerated(arg));
  // The compiler does not write an object again that says the same.
  kept[kept.indexOf('-o') + 1] += '.cold';
  return async () => {
    rmSync(kept[kept.indexOf('-o') + 1], { force: true });
    await run(program, kept, { env: frontendEnvironment() });
  };
}

const isGenerated = (arg) => /\/Hotswift(Imports|Sentinel)\.swift$/.test(arg);

/** @param {string} pid */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    // It ended meanwhile.
    return [];
  }
}
