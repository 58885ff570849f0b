#!/usr/bin/env node
import { styleText } from 'node:util';
import { Command } from 'commander';
import { type DoctorOptions, examine, type Finding, manifest } from './doctor.js';

const marks = {
  fine: ['green', 'ok     '],
  poor: ['yellow', 'poor   '],
  missing: ['red', 'missing'],
} as const;

const program = new Command('hotswift').description('Hot-reloads Swift from Node').version(manifest.version);

program
  .command('doctor')
  .description('Look at all that a session needs, and say what is missing and how to mend it')
  .option('--swiftc <path>', 'the Swift compiler, instead of `swiftc` on PATH')
  .option('--cache-directory <folder>', "instead of the user's")
  .option('--json', 'print the findings as JSON')
  .action(async ({ json, ...options }: DoctorOptions & { json?: boolean }) => {
    const findings = await examine(options, json ? () => {} : print);
    if (json) console.log(JSON.stringify(findings, null, 2));
    process.exitCode = findings.some(({ state }) => state === 'missing') ? 1 : 0;
  });

program.parseAsync().catch((error: Error) => {
  console.error(`hotswift: ${error.message}`);
  process.exitCode = 1;
});

function print({ what, state, says, remedy }: Finding): void {
  const [color, mark] = marks[state];
  const lines = [says, ...(remedy === undefined ? [] : [remedy])].join('\n').split('\n');
  const shown = process.stdout.isTTY ? styleText(color, mark) : mark;
  console.log(`${shown}  ${what.padEnd(16)}  ${lines.join(`\n${' '.repeat(27)}`)}`);
}
