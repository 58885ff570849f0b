// THIRD_PARTY_LICENSES: the licences of what the published binaries contain.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Debian's copyright files refer to the licence by this path. */
const commonLicense = '/usr/share/common-licenses/Apache-2.0';

/**
 * The text of the file, from what came with the artifacts that are linked.
 * @param {string} thirdParty the folder third_party/
 * @param {string[]} artifacts
 */
export function licenseTexts(thirdParty, artifacts) {
  const files = artifacts.flatMap((artifact) => {
    const folder = path.join(thirdParty, artifact, 'licenses');
    return readdirSync(folder)
      .sort()
      .map((name) => ({ title: titleOf(artifact, name), text: readFileSync(path.join(folder, name), 'utf8') }));
  });
  files.push({ title: 'Apache License 2.0', text: readFileSync(commonLicense, 'utf8') });
  // The packages of LLVM have the same one.
  const different = files.filter(({ text }, index) => files.findIndex((file) => file.text === text) === index);
  const intro = `The binaries in this package contain parts of ${artifacts.join(', ')}, zlib, zstd and the tables of Unicode.\n`;
  return [intro, ...different.map(({ title, text }) => `${'-'.repeat(80)}\n${title}\n${'-'.repeat(80)}\n\n${text.trim()}\n`)].join('\n');
}

function titleOf(artifact, name) {
  return name === artifact ? name : `${artifact}: ${name}`;
}
