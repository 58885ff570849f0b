import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, realpath, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runTool, type ToolResult } from './run-tool.js';

/** A Swift driver, and what may be kept of it. */
export interface Driver {
  /** Absolute. */
  program: string;
  /** Tells the compiler from every other, see {@link identityOfCompiler}. Missing where answers are not kept. */
  identity?: string;
  answers?: DriverAnswers;
}

export interface DriverQuestion {
  args: readonly string[];
  /** The working directory: part of some answers, and what version managers choose a toolchain by. */
  cwd: string;
  /** Of the session. */
  temporaryFolder: string;
  signal?: AbortSignal;
}

/** Answers in the cache; a few for each module and toolchain, of some KB each. */
const keptAnswers = 256;

/** Goes up when answers are kept in another way. */
const format = '1';

/**
 * What the driver reads of the environment, by the names of Swift's and Apple's tools, and where it looks for programs. All of it, or nearly all, is unset as
 * a rule: a variable too many costs a question.
 */
const variables = /^(?!HOTSWIFT_).*(SWIFT|SDK|TOOLCHAIN|DEPLOYMENT_TARGET)|^(RC|LD|DYLD)_|^(DEVELOPER_DIR|PATH)$/;

/**
 * What the driver has answered, kept in the cache directory: asking takes 0.2 to 0.5 s, and the same compiler gives the same answer.
 *
 * Kept are answers of success alone, and only of programs that are known to be a compiler: others may be scripts, which hang on who knows what.
 */
export class DriverAnswers {
  readonly #folder: string;

  constructor(cacheDirectory: string) {
    this.#folder = path.join(cacheDirectory, 'driver-answers');
  }

  /** The answer of the same compiler to the same question, if it is kept. */
  async recall(identity: string, question: DriverQuestion): Promise<string | undefined> {
    const file = this.#fileFor(identity, question);
    try {
      const answer = await readFile(file, 'utf8');
      const now = new Date();
      // Those that were used last stay.
      await utimes(file, now, now).catch(() => {});
      return answer;
    } catch {
      return undefined;
    }
  }

  /** Keeps an answer, if it can be used elsewhere and the cache can be written. */
  async remember(identity: string, question: DriverQuestion, answer: string): Promise<void> {
    // Files of the driver's own, which go with the session.
    if (answer.includes(question.temporaryFolder)) return;
    // The text of a file of arguments may be another the next time.
    if (question.args.some((arg) => arg.startsWith('@'))) return;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const temporary = await mkdtemp(path.join(this.#folder, '.writing-'));
      try {
        const written = path.join(temporary, 'answer');
        await writeFile(written, answer);
        await rename(written, this.#fileFor(identity, question));
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
      await this.#removeOld();
    } catch {
      // It is asked again.
    }
  }

  #fileFor(identity: string, { args, cwd }: DriverQuestion): string {
    const read = Object.entries(process.env).filter(([name]) => variables.test(name));
    const key = JSON.stringify([format, identity, args, cwd, read.sort(([a], [b]) => (a < b ? -1 : 1))]);
    return path.join(this.#folder, createHash('sha256').update(key).digest('hex').slice(0, 32));
  }

  async #removeOld(): Promise<void> {
    const files = (await readdir(this.#folder)).map((name) => path.join(this.#folder, name));
    if (files.length <= keptAnswers) return;
    const used = await Promise.all(files.map(async (file) => ({ file, time: (await stat(file)).mtimeMs })));
    const old = used.sort((a, b) => b.time - a.time).slice(keptAnswers);
    await Promise.all(old.map(({ file }) => rm(file, { recursive: true, force: true })));
  }
}

/**
 * What the driver says to a question, now or earlier. `isAnswer`: whether it is one that can be kept.
 *
 * Rejects with the spawn error if the program cannot be run.
 */
export async function askDriver(
  { program, identity, answers }: Driver,
  question: DriverQuestion,
  isAnswer: (output: string) => boolean = () => true,
): Promise<Pick<ToolResult, 'exitCode' | 'stdout' | 'stderr'>> {
  const known = identity === undefined ? undefined : await answers?.recall(identity, question);
  if (known !== undefined) return { exitCode: 0, stdout: known, stderr: '' };
  const { args, cwd, temporaryFolder, signal } = question;
  const result = await runTool(program, args, { cwd, temporaryFolder, hasChildren: true, signal });
  const isKept = result.exitCode === 0 && result.stderr === '' && isAnswer(result.stdout);
  if (isKept && identity !== undefined) await answers?.remember(identity, question, result.stdout);
  return result;
}

/**
 * Tells a compiler from every other one, also where it was updated in place: the files of the driver, which is what is named, and of the frontend beside it.
 * `undefined` if the program is none: a script may add to what it passes on, and do something else from one call to the next.
 */
export async function identityOfCompiler(program: string): Promise<string | undefined> {
  try {
    const driver = await realpath(program);
    if (await isScript(driver)) return undefined;
    const files = [driver, ...['swift-driver', 'swift-frontend'].map((name) => path.join(path.dirname(driver), name))];
    const states = await Promise.all(files.map((file) => stateOf(file)));
    return states.at(-1) === undefined ? undefined : JSON.stringify([program, ...states]);
  } catch {
    return undefined;
  }
}

async function stateOf(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found && [file, found.size, found.mtimeNs, found.ctimeNs, found.ino].join(' ');
}

export async function isScript(program: string): Promise<boolean> {
  const file = await open(program);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString('latin1') === '#!';
  } finally {
    await file.close();
  }
}
