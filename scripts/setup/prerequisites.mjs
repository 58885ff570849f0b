// The tools that building needs, a font, as the text of an SVG is drawn with what the system has, and the libraries that examples draw with.

import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { ask, SetupError } from '../child-process.mjs';
import { debianRelease, hasApt, install, installCommand, isRoot } from './debian.mjs';

/**
 * `find` tells what is there, or returns null. Packages are Debian's; `elsewhere` is what to install on other systems, `formulae` are Homebrew's.
 * @typedef {{ need: string, packages: string[], elsewhere: string, formulae: string[], find: () => string | null }} Prerequisite
 */

/** @type {Prerequisite[]} */
const buildTools = [
  { need: 'a C++20 compiler (g++ 12, clang 15 or newer)', packages: ['g++'], elsewhere: 'g++', formulae: [], find: findCompiler },
  { need: 'cmake 3.22 or newer', packages: ['cmake'], elsewhere: 'cmake', formulae: ['cmake'], find: () => findVersion('cmake', [3, 22]) },
  {
    need: 'ninja or make',
    packages: ['ninja-build'],
    elsewhere: 'ninja',
    formulae: ['ninja'],
    find: () => findVersion('ninja', [1]) ?? findVersion('make', [3]),
  },
  {
    need: 'python3 and make, for node-gyp',
    packages: ['python3', 'make'],
    elsewhere: 'python3, make',
    formulae: [],
    find: findNodeGypTools,
  },
  { need: 'a TrueType font', packages: ['fonts-dejavu-core'], elsewhere: 'the DejaVu fonts', formulae: [], find: findFont },
];

/** @type {Prerequisite[]} */
const exampleLibraries = [
  {
    need: 'Cairo and Pango, which examples/cairo-card draws with',
    packages: ['libcairo2-dev', 'libpango1.0-dev', 'pkg-config'],
    elsewhere: 'the development files of Pango and Cairo, pkg-config',
    formulae: ['pango', 'pkgconf'],
    find: findPango,
  },
];

/**
 * Finds the tools; on Debian, as root, installs those that are missing.
 * @param {import('./progress.mjs').Step} step
 * @returns {Promise<string>} what was found
 */
export async function installBuildTools(step) {
  const missing = await installMissing(buildTools, step);
  if (missing.length > 0) throw new SetupError(`${instructions(missing)}and run 'npm run setup' again.`);
  return buildTools.map((item) => item.find()).join(', ');
}

/**
 * The same for what examples need; where it cannot be installed, everything else works.
 * @param {import('./progress.mjs').Step} step
 * @returns {Promise<string>} what was found
 */
export async function installExampleLibraries(step) {
  try {
    const missing = await installMissing(exampleLibraries, step);
    if (missing.length > 0) step.tell(instructions(missing));
  } catch (error) {
    step.tell(`goes on without: ${error.message}`);
  }
  return exampleLibraries.map((item) => item.find() ?? 'something is missing').join(', ');
}

/** On Debian, as root, installs what is missing; elsewhere resolves with it. @returns {Promise<Prerequisite[]>} */
async function installMissing(prerequisites, step) {
  const missing = prerequisites.filter((item) => item.find() === null);
  if (missing.length === 0 || debianRelease() === null || !isRoot()) return missing;
  const packages = missing.flatMap((item) => item.packages);
  step.tell(`this changes the system: ${installCommand(packages)}`);
  await install(packages, step);
  const still = missing.filter((item) => item.find() === null);
  if (still.length > 0) throw new SetupError(`still missing after the installation: ${still.map((item) => item.need).join('; ')}`);
  return [];
}

function instructions(missing) {
  const packages = missing.flatMap((item) => item.packages);
  const formulae = missing.flatMap((item) => item.formulae);
  const list = missing.map((item) => `  - ${item.need}\n`).join('');
  let commands;
  if (hasApt()) commands = `  sudo apt-get update\n  sudo ${installCommand(packages)}`;
  else if (process.platform === 'darwin')
    commands = ['  xcode-select --install', ...(formulae.length > 0 ? [`  brew install ${formulae.join(' ')}`] : [])].join('\n');
  else commands = `  your package manager's packages for: ${missing.map((item) => item.elsewhere).join(', ')}`;
  return `missing:\n${list}Install with\n${commands}\n`;
}

function findCompiler() {
  for (const command of [process.env.CXX, 'c++', 'g++', 'clang++'].filter(Boolean)) {
    const text = ask(command, ['--version']);
    const version = text?.match(/(\d+)\.\d+\.\d+/);
    if (version && Number(version[1]) >= (text.includes('clang') ? 15 : 12)) return `${command} ${version[0]}`;
  }
  return null;
}

function findNodeGypTools() {
  const tools = [findVersion('python3', [3, 6]), findVersion('make', [3])];
  return tools.includes(null) ? null : tools.join(', ');
}

function findVersion(command, [major, minor = 0]) {
  const version = ask(command, ['--version'])?.match(/(\d+)\.(\d+)(\.\d+)*/);
  if (!version) return null;
  const recent = Number(version[1]) > major || (Number(version[1]) === major && Number(version[2]) >= minor);
  return recent ? `${command} ${version[0]}` : null;
}

function findPango() {
  const version = ask('pkg-config', ['--modversion', 'pangocairo'])?.trim();
  return version ? `Pango ${version}` : null;
}

function findFont() {
  const folders =
    process.platform === 'darwin'
      ? ['/System/Library/Fonts', '/Library/Fonts', path.join(homedir(), 'Library/Fonts')]
      : ['/usr/share/fonts', '/usr/local/share/fonts', path.join(homedir(), '.local/share/fonts'), path.join(homedir(), '.fonts')];
  for (const folder of folders) {
    const font = firstFont(folder);
    if (font) return path.basename(font, path.extname(font));
  }
  return null;
}

function firstFont(folder) {
  if (!existsSync(folder)) return null;
  const entries = readdirSync(folder, { withFileTypes: true });
  const file = entries.find((entry) => /\.(ttf|ttc|otf)$/i.test(entry.name));
  if (file) return path.join(folder, file.name);
  for (const entry of entries.filter((item) => item.isDirectory())) {
    const font = firstFont(path.join(folder, entry.name));
    if (font) return font;
  }
  return null;
}
