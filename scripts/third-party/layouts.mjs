// What is kept of each artifact, and where: from an unpacked package to the folder that third_party/<name> points at.

import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from '../child-process.mjs';
import { neededLibraries } from './llvm-libraries.mjs';

/**
 * By artifact: fills the folder `into` from `root`, a tree of unpacked Debian packages or an npm package. May take `root` apart.
 * @type {Record<string, (root: string, into: string) => void>}
 */
export const layouts = {
  // include/{llvm/,llvm-c/}  lib/lib{LLVM*,z,zstd,orc_rt}.a
  llvm(root, into) {
    const prefix = only(path.join(root, 'usr/lib'), /^llvm-\d+$/);
    for (const [name, at] of [
      ['llvm', only(path.join(root, 'usr/include'), /^llvm-\d+$/)],
      ['llvm-c', only(path.join(root, 'usr/include'), /^llvm-c-\d+$/)],
    ]) {
      move(path.join(at, name), path.join(into, 'include', name));
    }
    for (const name of neededLibraries(prefix)) move(path.join(prefix, `lib/lib${name}.a`), path.join(into, `lib/lib${name}.a`));
    move(orcRuntime(prefix), path.join(into, 'lib/liborc_rt.a'));
    for (const name of ['libz.a', 'libzstd.a']) move(path.join(systemLibraries(root), name), path.join(into, 'lib', name));
    keepCopyrights(root, into);
  },

  // libdeflate.h  common_defs.h  lib/**/*.{c,h}: the library's own sources, where they are in a checkout
  libdeflate(root, into) {
    for (const name of ['libdeflate.h', 'common_defs.h', 'lib']) move(path.join(root, name), path.join(into, name));
    move(path.join(root, 'COPYING'), path.join(into, 'licenses/libdeflate'));
  },

  // bin/clang-{format,tidy}, which load their libraries from lib/ and their own headers from lib/clang
  'clang-tools'(root, into) {
    const prefix = only(path.join(root, 'usr/lib'), /^llvm-\d+$/);
    for (const tool of ['clang-format', 'clang-tidy']) {
      // A sibling of lib/: clang looks for its headers in ../lib/clang, seen from the program.
      move(path.join(prefix, 'bin', tool), path.join(into, 'libexec', tool));
      const launcher = path.join(into, 'bin', tool);
      mkdirSync(path.dirname(launcher), { recursive: true });
      writeFileSync(launcher, launcherOf(tool));
      chmodSync(launcher, 0o755);
    }
    const resources = only(path.join(prefix, 'lib/clang'), /^\d+$/);
    move(path.join(resources, 'include'), path.join(into, 'lib/clang', path.basename(resources), 'include'));
    for (const folder of [path.join(root, 'lib'), path.join(root, 'usr/lib')]) keepSharedLibraries(folder, path.join(into, 'lib'));
    keepCopyrights(root, into);
  },

  // lib/include/tree_sitter/api.h  lib/src/*.{c,h}: lib/src/lib.c includes all the others
  'tree-sitter'(root, into) {
    move(path.join(root, 'vendor/tree-sitter/lib'), path.join(into, 'lib'));
    move(path.join(root, 'LICENSE'), path.join(into, 'licenses/tree-sitter'));
    copyFileSync(path.join(into, 'lib/src/unicode/LICENSE'), path.join(into, 'licenses/unicode'));
  },

  // src/{parser,scanner}.c  src/tree_sitter/*.h
  'tree-sitter-swift'(root, into) {
    for (const name of ['parser.c', 'scanner.c', 'tree_sitter']) move(path.join(root, 'src', name), path.join(into, 'src', name));
    move(path.join(root, 'LICENSE'), path.join(into, 'licenses/tree-sitter-swift'));
  },

  'node-20': keepProgram,
  'node-22': keepProgram,
  'node-24': keepProgram,
  bun: keepProgram,
  'npm-12': keepAll,
  pnpm: keepAll,

  // ld-linux-*.so.2  lib*.so.*
  'debian-12-libraries'(root, into) {
    for (const folder of ['lib', 'usr/lib']) keepSharedLibraries(path.join(root, folder), into);
    keepCopyrights(root, into);
  },
};

/**
 * The ORC runtime for this machine in an LLVM install prefix; compiler-rt names it by architecture, by target folder or by system.
 * @param {string} prefix
 * @returns {string}
 */
export function orcRuntime(prefix) {
  const architecture = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];
  const wanted = process.platform === 'darwin' ? ['liborc_rt_osx.a'] : [`liborc_rt-${architecture}.a`, 'liborc_rt.a'];
  const folder = path.join(prefix, 'lib/clang');
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  const suits = (file) => wanted.includes(path.basename(file)) && (!/linux-gnu/.test(file) || file.includes(`${architecture}-`));
  const found = files.find(suits);
  if (!found) throw new SetupError(`${prefix} has no ORC runtime (${wanted.join(' or ')}): build LLVM with compiler-rt`);
  return path.join(folder, found);
}

function launcherOf(tool) {
  return `#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")
LD_LIBRARY_PATH="$root/lib" exec "$root/libexec/${tool}" "$@"
`;
}

// bin/<program>
function keepProgram(root, into) {
  move(path.join(root, 'bin'), path.join(into, 'bin'));
}

// The npm package as it is.
function keepAll(root, into) {
  for (const name of readdirSync(root)) move(path.join(root, name), path.join(into, name));
}

function keepSharedLibraries(folder, into) {
  const isTriplet = (name) => /^[a-z0-9_]+-linux-gnu$/.test(name);
  for (const triplet of existsSync(folder) ? readdirSync(folder).filter(isTriplet) : []) {
    const from = path.join(folder, triplet);
    for (const name of readdirSync(from).filter((file) => /\.so\.\d/.test(file))) {
      // Links as links: a name such as libz.so.1 points at its neighbour.
      cpSync(path.join(from, name), path.join(into, name), { verbatimSymlinks: true });
    }
  }
}

function keepCopyrights(root, into) {
  const documents = path.join(root, 'usr/share/doc');
  mkdirSync(path.join(into, 'licenses'), { recursive: true });
  for (const name of readdirSync(documents)) {
    const copyright = path.join(documents, name, 'copyright');
    if (existsSync(copyright)) copyFileSync(copyright, path.join(into, 'licenses', name));
  }
}

function systemLibraries(root) {
  return only(path.join(root, 'usr/lib'), /^[a-z0-9_]+-linux-gnu$/);
}

function only(folder, pattern) {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => pattern.test(name)) : [];
  if (names.length !== 1) throw new Error(`expected one ${pattern} in ${folder}, found ${names.join(', ') || 'none'}`);
  return path.join(folder, names[0]);
}

function move(from, to) {
  mkdirSync(path.dirname(to), { recursive: true });
  renameSync(from, to);
}
