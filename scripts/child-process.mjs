// Runs commands for the build scripts: their output is kept, not shown, and none of them outlives the script that started it.

import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** A command that could not be started or ended with something else than 0. `output` is what it printed, both streams in order. */
export class CommandError extends Error {
  constructor(command, reason, output) {
    super(`${command} ${reason}`);
    this.name = 'CommandError';
    this.command = command;
    this.output = output;
  }
}

const running = new Set();
const cleanups = new Set();
let trapped = false;
let ending = false;

/**
 * Registers `cleanup`, synchronous, to run when a signal ends the script. Returns a function that takes it back.
 * @param {() => void} cleanup
 */
export function onInterrupt(cleanup) {
  trapSignals();
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/**
 * Runs a command to its end and returns what it printed.
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {Record<string, string>} [options.env] added to this process's environment
 * @param {string} [options.log] file that the output is appended to as it comes
 * @param {(line: string) => void} [options.onLine] called for each line that is printed
 * @param {boolean} [options.show] let the command print straight to this terminal; nothing is returned then
 * @returns {Promise<{ stdout: string, output: string }>} standard output, and both streams in order
 * @throws {CommandError}
 */
export function run(command, args, { cwd, env, log, onLine, show = false } = {}) {
  trapSignals();
  const title = [command, ...args].join(' ');
  return new Promise((resolve, reject) => {
    // A process group of its own: one signal reaches what the command itself has started (make, apt's download methods).
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);

    let stdout = '';
    let output = '';
    const file = log ? createWriteStream(log, { flags: 'a' }) : null;
    file?.write(`$ ${title}\n`);
    const collect = (chunk) => {
      output += chunk;
      file?.write(chunk);
    };
    for (const stream of show ? [] : [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', collect);
      if (onLine) forEachLine(stream, onLine);
    }
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
    });

    child.on('error', (error) => {
      running.delete(child);
      file?.end();
      reject(new CommandError(title, `could not be started: ${error.message}`, output));
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      file?.end();
      // A signal is ending this script: nobody is to take the child's end for a failure of its own.
      if (ending) return;
      if (code === 0) resolve({ stdout, output });
      else reject(new CommandError(title, signal ? `was ended by ${signal}` : `failed with exit code ${code}`, output));
    });
  });
}

/**
 * What a command prints on standard output, or null if it is missing or fails. For short questions such as `--version`.
 * @param {string} command
 * @param {string[]} args
 */
export function ask(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 });
  return result.status === 0 ? result.stdout : null;
}

/**
 * Reports why a script failed, with the end of what the failing command printed, and sets the exit code.
 * @param {unknown} error
 */
export function reportFailure(error) {
  process.exitCode = 1;
  if (error instanceof CommandError) {
    const tail = error.output.trimEnd().split('\n').slice(-40).join('\n');
    console.error(`${tail}${tail && '\n\n'}error: ${error.message}`);
  } else if (error instanceof SetupError || error?.code?.startsWith('ERR_PARSE_ARGS')) {
    console.error(`\nerror: ${error.message}`);
  } else {
    console.error(error);
  }
}

/** Something the user has to do before a script can go on; the message says what. Shown without a stack trace. */
export class SetupError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'SetupError';
  }
}

function forEachLine(stream, onLine) {
  let rest = '';
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split(/[\r\n]+/);
    rest = lines.pop();
    for (const line of lines) if (line.trim()) onLine(line);
  });
}

function trapSignals() {
  if (trapped) return;
  trapped = true;
  for (const [signal, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ]) {
    process.on(signal, () => endEverything(128 + number));
  }
}

function endEverything(exitCode) {
  ending = true;
  const leave = () => {
    signalGroups('SIGKILL');
    for (const cleanup of cleanups) cleanup();
    process.exit(exitCode);
  };
  signalGroups('SIGTERM');
  setInterval(() => running.size === 0 && leave(), 20);
  setTimeout(leave, 5_000);
}

function signalGroups(signal) {
  for (const child of running) {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has just ended.
    }
  }
}
