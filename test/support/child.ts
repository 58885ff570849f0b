import { spawn } from 'node:child_process';
import path from 'node:path';
import type { NativeAddon } from '../../lib/reload/native.js';

const addonModule = path.join(__dirname, '..', '..', 'dist', 'reload', 'native.js');
const marker = 'the answer of the child: ';

/**
 * Runs a function with the addon in a Node process of its own, on its main thread, and waits for the process to end by itself. The
 * function goes there as text: it can use its arguments, `require` and globals, nothing else. A process that crashes, throws, or still
 * runs after `seconds` (30 unless told) is an error that quotes the end of its output. `env` is added to the environment; `within` is a program,
 * with arguments, that runs Node with less than this process may.
 */
export function inChild<Input, Answer>(
  body: (addon: NativeAddon, input: Input) => Answer | Promise<Answer>,
  input: Input,
  { seconds = 30, env = {}, within = [] }: { seconds?: number; env?: NodeJS.ProcessEnv; within?: string[] } = {},
): Promise<Answer> {
  const script = `
    const addon = require(${JSON.stringify(addonModule)}).loadAddon();
    Promise.resolve((${body.toString()})(addon, ${JSON.stringify(input)})).then((answer) =>
      require('node:fs').writeSync(1, '\\n' + ${JSON.stringify(marker)} + JSON.stringify(answer ?? null) + '\\n'));`;
  return new Promise((resolve, reject) => {
    const [program = '', ...args] = [...within, process.execPath, '-e', script];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SWIFT_BACKTRACE: 'enable=no', ...env },
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', reject).on('close', (code, signal) => {
      const answer = output.split('\n').find((line) => line.startsWith(marker));
      if (code === 0 && answer !== undefined) return resolve(JSON.parse(answer.slice(marker.length)));
      reject(new Error(`the child ended with ${signal ?? `code ${code}`} after it said:\n${output.slice(-2000)}`));
    });
  });
}
