// Checks the style and the mistakes that tools can see, in all four languages, the documentation of the API, the package and the workflows: npm run lint.
//
//   node scripts/lint.mjs         checks; prints what each failing tool says and exits with 1 if there is one
//   node scripts/lint.mjs --fix   formats, and applies the safe fixes, before it checks

import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CommandError, reportFailure, run } from './child-process.mjs';
import { clangTidyChecks } from './lint/clang-tidy.mjs';
import { bringThirdParty, lintArtifacts } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tool = (name) => path.join(root, 'third_party', 'clang-tools', 'bin', name);
const script = (...place) => path.join(root, 'node_modules', ...place);

/** @typedef {{ name: string, command: string, args: string[], onSuccess?: () => void }} Check */

function formatters() {
  return [
    ['biome', process.execPath, [script('@biomejs', 'biome', 'bin', 'biome'), 'check', '--write']],
    ['clang-format', tool('clang-format'), ['-i', ...nativeFiles()]],
    ['swift format', swift(), ['format', '--in-place', '--recursive', '--parallel', ...swiftFolders()]],
  ].map(([name, command, args]) => ({ name, command, args }));
}

/** @returns {Check[]} */
function checks() {
  return [
    // The longest first: the others fill the gaps.
    ...clangTidyChecks(root, tool('clang-tidy'), nativeFiles()),
    ...['.', 'test'].map((project) => ({
      name: `tsc ${project}`,
      command: process.execPath,
      args: [script('typescript', 'bin', 'tsc'), '--noEmit', '-p', project],
    })),
    { name: 'biome', command: process.execPath, args: [script('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings'] },
    { name: 'package', command: process.execPath, args: [path.join(root, 'scripts', 'lint', 'package.mjs')] },
    { name: 'typedoc', command: process.execPath, args: [script('typedoc', 'bin', 'typedoc'), '--emit', 'none'] },
    { name: 'actionlint', command: process.execPath, args: [path.join(root, 'scripts', 'lint', 'workflows.mjs')] },
    { name: 'clang-format', command: tool('clang-format'), args: ['--dry-run', '-Werror', ...nativeFiles()] },
    { name: 'swift format', command: swift(), args: ['format', 'lint', '--strict', '--recursive', '--parallel', ...swiftFolders()] },
  ];
}

function nativeFiles() {
  return ['native', 'test/package/neighbour'].flatMap((folder) => {
    const names = readdirSync(path.join(root, folder), { recursive: true }).filter((name) => /\.(h|cpp)$/.test(name));
    return names.sort().map((name) => path.join(root, folder, name));
  });
}

function swiftFolders() {
  return ['swift', 'examples'].filter((name) => existsSync(path.join(root, name)));
}

/** `swift format` comes with the toolchain, next to swiftc. */
function swift() {
  const swiftc = process.env.HOTSWIFT_SWIFTC;
  return swiftc ? path.join(path.dirname(swiftc), 'swift') : 'swift';
}

/**
 * Runs checks, as many at once as there are processors.
 * @param {Check[]} waiting
 * @returns {Promise<string[]>} the names of those that failed
 */
async function runAll(waiting) {
  const failed = [];
  const worker = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const started = Date.now();
      const elapsed = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
      try {
        await run(check.command, check.args, { cwd: root });
        check.onSuccess?.();
        console.log(`ok      ${check.name} (${elapsed()})`);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        failed.push(check.name);
        console.log(`FAILED  ${check.name} (${elapsed()})\n${error.output.trimEnd() || error.message}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failed;
}

async function main() {
  const { values } = parseArgs({ options: { fix: { type: 'boolean', default: false } } });
  await bringThirdParty(lintArtifacts, console.log);
  // A formatter fails on what it cannot fix; the checks report that.
  if (values.fix) await runAll(formatters());
  const failed = await runAll(checks());
  console.log(failed.length > 0 ? `\nlint: ${failed.join(', ')} failed` : '\nlint: all clean');
  if (failed.length > 0) process.exitCode = 1;
}

await main().catch(reportFailure);
