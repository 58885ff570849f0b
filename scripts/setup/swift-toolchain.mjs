// The Swift toolchain: 6.0 or newer. Debian 13 has one; Debian 12 takes that one from Debian 13, pinned so that nothing else follows.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ask, SetupError } from '../child-process.mjs';
import { debianRelease, install, installCommand, isRoot } from './debian.mjs';

const sourceFile = '/etc/apt/sources.list.d/hotswift-trixie.sources';
const source = `Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

const pinFile = '/etc/apt/preferences.d/hotswift-trixie';
// Below the 500 of the installed release: of trixie only what is asked for, and what that depends on.
const pin = `Package: *
Pin: release n=trixie
Pin-Priority: 100
`;

/**
 * Finds swiftc: `HOTSWIFT_SWIFTC`, or on PATH. On Debian, as root, installs it when there is none.
 * @param {import('./progress.mjs').Step} step
 * @returns {Promise<string>} what was found
 */
export async function findOrInstallSwift(step) {
  const swiftc = process.env.HOTSWIFT_SWIFTC || 'swiftc';
  const found = readVersion(swiftc);
  if (found) return describe(swiftc, found);
  if (process.env.HOTSWIFT_SWIFTC) throw new SetupError(`HOTSWIFT_SWIFTC is ${swiftc}, which is no working Swift compiler`);

  const release = debianRelease();
  if (release === null || release < 12 || !isRoot()) throw new SetupError(instructions(release));
  // An installation that was interrupted can have made a Debian 12 call itself 13; the source tells.
  if (release >= 13 && !existsSync(sourceFile)) {
    step.tell(`this changes the system: ${installCommand(['swiftlang'])}`);
    await install(['swiftlang'], step);
  } else {
    step.tell('this changes the system:');
    step.tell(`  adds ${sourceFile}: Debian 13 (trixie)`);
    step.tell(`  adds ${pinFile}: with priority 100, so that other packages stay on Debian 12`);
    step.tell(`  ${installCommand(['swiftlang'], 'trixie')}`);
    step.tell('  Swift needs the glibc of Debian 13 (2.41), which comes along; programs built for the older one go on working');
    writeIfDifferent(sourceFile, source);
    writeIfDifferent(pinFile, pin);
    await install(['swiftlang'], step, 'trixie');
  }
  const installed = readVersion(swiftc);
  if (!installed) throw new SetupError('swiftlang is installed, but there is no working swiftc on PATH');
  return describe(swiftc, installed);
}

/** The compiler's version, or null. It is asked for its target: a toolchain that cannot tell it is of no use here. */
function readVersion(swiftc) {
  const text = ask(swiftc, ['-print-target-info']);
  try {
    return JSON.parse(text).compilerVersion.match(/Swift version ([\d.]+)/)[1];
  } catch {
    return null;
  }
}

function describe(swiftc, version) {
  if (Number.parseInt(version, 10) < 6) {
    throw new SetupError(
      `${swiftc} is ${version}, hotswift needs 6.0 or newer: put one on PATH, or name it with HOTSWIFT_SWIFTC or --swiftc`,
    );
  }
  return `${swiftc} ${version}`;
}

function instructions(reportedRelease) {
  const release = existsSync(sourceFile) ? 12 : reportedRelease;
  if (process.platform === 'darwin') {
    return "there is no swiftc: install Xcode 16 or newer, or its command line tools with\n  xcode-select --install\nand run 'npm run setup' again.";
  }
  const steps = [];
  if (release !== null && release >= 12) {
    if (release < 13) {
      steps.push(`sudo tee ${sourceFile} <<'EOF'\n${source}EOF`, `sudo tee ${pinFile} <<'EOF'\n${pin}EOF`);
    }
    steps.push('sudo apt-get update', `sudo ${installCommand(['swiftlang'], release < 13 ? 'trixie' : undefined)}`);
  } else {
    steps.push(
      'curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz',
      'tar -xzf swiftly-$(uname -m).tar.gz',
      './swiftly init',
    );
  }
  return `there is no swiftc. Install Swift 6.0 or newer with\n${steps.join('\n')}\nor name one with HOTSWIFT_SWIFTC or --swiftc, and run 'npm run setup' again.`;
}

function writeIfDifferent(file, text) {
  try {
    if (readFileSync(file, 'utf8') === text) return;
  } catch {
    // It is not there yet.
  }
  writeFileSync(file, text);
}
