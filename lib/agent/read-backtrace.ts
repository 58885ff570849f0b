/**
 * Entry point of a process that reads a crash record and ends. The record, and the objects and libraries that it names, are the user's, and what reads
 * them may crash on damaged ones: the host starts this process and survives it. See native/backtrace.h.
 */
import { readFileSync, writeSync } from 'node:fs';
import { crashRecordDescriptor } from '../reload/agent-protocol.js';
import { type BacktraceQuery, loadAddon } from '../reload/native.js';

/** Seconds of processor time: a reading takes a tenth of one, and may go round in circles where something is damaged. */
const longestReading = 3;

/** Bytes: debug information may be compressed. */
const mostMemory = 2 ** 31;

async function main(): Promise<void> {
  const query: BacktraceQuery = JSON.parse(readFileSync(0, 'utf8'));
  const addon = loadAddon();
  addon.limitResources(longestReading, mostMemory);
  const found = await addon.readBacktrace(crashRecordDescriptor, query);
  let rest = Buffer.from(JSON.stringify(found));
  while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
}

main().catch(() => {
  process.exitCode = 1;
});
