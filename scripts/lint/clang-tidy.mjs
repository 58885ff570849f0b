// clang-tidy, file by file. A file takes seconds, so one that was clean is skipped until something that it is made from changes.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from '../child-process.mjs';

/**
 * The checks of those native files that changed since they were last clean.
 * @param {string} root
 * @param {string} clangTidy the program
 * @param {string[]} files all of native/: a header counts for every source file
 * @returns {import('../lint.mjs').Check[]}
 */
export function clangTidyChecks(root, clangTidy, files) {
  const build = path.join(root, 'build-cmake');
  const commands = path.join(build, 'compile_commands.json');
  if (!existsSync(commands)) throw new SetupError(`${commands} is missing, which 'npm run build:native' writes`);

  const stamps = path.join(build, 'clang-tidy');
  mkdirSync(stamps, { recursive: true });
  const headers = files.filter((file) => file.endsWith('.h'));
  const shared = hashOf([realpathSync(clangTidy), ...[path.join(root, '.clang-tidy'), commands, ...headers].map(read)]);
  return files
    .filter((file) => file.endsWith('.cpp'))
    .map((file) => {
      const name = path.relative(root, file);
      const stamp = path.join(stamps, `${name.replaceAll(path.sep, '-')}.clean`);
      return { name, file, stamp, inputs: hashOf([shared, read(file)]) };
    })
    .filter(({ stamp, inputs }) => !existsSync(stamp) || read(stamp) !== inputs)
    .map(({ name, file, stamp, inputs }) => ({
      name: `clang-tidy ${name}`,
      command: clangTidy,
      args: ['--quiet', '-p', build, file],
      onSuccess: () => writeFileSync(stamp, inputs),
    }));
}

function read(file) {
  return readFileSync(file, 'utf8');
}

function hashOf(texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex');
}
