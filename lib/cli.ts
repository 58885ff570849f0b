#!/usr/bin/env node
import { styleText } from 'node:util';
import { Command, CommanderError } from 'commander';
import { type CacheOptions, clear, formatClearing, formatReport, reportCache } from './cache-report.js';
import { type DoctorOptions, examine, type Finding, manifest } from './doctor.js';
import { isHotswiftError } from './errors.js';

const marks = {
  fine: ['green', 'ok     '],
  poor: ['yellow', 'poor   '],
  missing: ['red', 'missing'],
} as const;

/** Of programs that say no more than this: the call is wrong, or the machine lacks something. */
const exitCodes = { usage: 2, machine: 3 };

const program = new Command('hotswift').description('Hot-reloads Swift from Node').version(manifest.version).exitOverride();

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

program
  .command('cache')
  .description('Show what is kept for later sessions, by project, or remove what no session uses')
  .option('--cache-directory <folder>', "instead of the user's")
  .option('--clear', 'remove what no session uses')
  .option('--json', 'print as JSON')
  .action(async ({ json, clear: isClearing, ...options }: CacheOptions & { json?: boolean; clear?: boolean }) => {
    try {
      if (isClearing) show(await clear(options), formatClearing, json);
      else show(await reportCache(options), formatReport, json);
    } catch (error) {
      console.error(`hotswift: ${(error as Error).message}`);
      process.exitCode = isHotswiftError(error) && error.code === 'ERR_HOTSWIFT_ARGUMENT' ? exitCodes.usage : exitCodes.machine;
    }
  });

program.parseAsync().catch((error: Error) => {
  // It has said why, or was asked for help.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
    return;
  }
  console.error(`hotswift: ${error.message}`);
  process.exitCode = 1;
});

function show<Value>(value: Value, format: (value: Value) => string, json: boolean | undefined): void {
  console.log(json ? JSON.stringify(value, null, 2) : format(value));
}

function print({ what, state, says, remedy }: Finding): void {
  const [color, mark] = marks[state];
  const lines = [says, ...(remedy === undefined ? [] : [remedy])].join('\n').split('\n');
  const shown = process.stdout.isTTY ? styleText(color, mark) : mark;
  console.log(`${shown}  ${what.padEnd(16)}  ${lines.join(`\n${' '.repeat(27)}`)}`);
}
