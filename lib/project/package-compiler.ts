import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { askDriver, type DriverQuestion } from './driver.js';
import type { Toolchain } from './toolchain.js';

/** What SwiftPM asks a compiler at each start, some of it several times: half a second each. */
const questions = ['-print-target-info', '-version', '-h'];

/**
 * The compiler that SwiftPM is given for a package: `swiftc`, but for a module that can be left out, and for questions that are answered already.
 *
 * Its path and its text are the same for every target of the package: SwiftPM builds everything again when its compiler changes. So is the environment that names
 * it: SwiftPM runs a manifest again when a variable is another one. What it is to leave out stands in a file.
 */
export class PackageCompiler {
  /** For SwiftPM. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #folder: string;

  /** `folder`: hotswift's for the package, where nobody else has SwiftPM work meanwhile. */
  static async provide(folder: string, toolchain: Toolchain, question: Omit<DriverQuestion, 'args'>): Promise<PackageCompiler> {
    const compiler = new PackageCompiler(path.join(folder, 'compiler'), toolchain);
    await compiler.leaveOut(undefined);
    await compiler.#write(toolchain);
    await Promise.all(questions.map((asked) => compiler.#answer(asked, toolchain, question)));
    return compiler;
  }

  private constructor(folder: string, toolchain: Toolchain) {
    this.#folder = folder;
    this.environment = {
      SWIFT_EXEC: path.join(folder, 'swiftc'),
      // SwiftPM looks for the modules of manifests next to their compiler.
      SWIFT_EXEC_MANIFEST: swiftcOf(toolchain),
    };
  }

  /** Fails from now on when it is to compile this module, or compiles every module. */
  async leaveOut(module: string | undefined): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await Promise.all(['left-out', 'reached'].map((name) => rm(path.join(this.#folder, name), { force: true })));
    if (module !== undefined) await writeFile(path.join(this.#folder, 'left-out'), `${module}\n`);
  }

  /** Whether it was to compile what it leaves out. */
  async hasLeftOut(): Promise<boolean> {
    return stat(path.join(this.#folder, 'reached')).then(
      () => true,
      () => false,
    );
  }

  async #write(toolchain: Toolchain): Promise<void> {
    const text = `#!/bin/sh
folder=${quote(this.#folder)}
if [ $# -eq 1 ] && [ -f "$folder/answer$1" ]; then
  exec cat "$folder/answer$1"
fi
left_out=
if [ -f "$folder/left-out" ]; then
  read -r left_out < "$folder/left-out"
fi
before=
for word in "$@"; do
  if [ "$before" = -module-name ] && [ "$word" = "$left_out" ]; then
    : > "$folder/reached"
    exit 1
  fi
  before=$word
done
exec ${quote(swiftcOf(toolchain))} "$@"
`;
    const file = path.join(this.#folder, 'swiftc');
    if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return;
    await writeFile(`${file}.new`, text);
    await chmod(`${file}.new`, 0o755);
    await rename(`${file}.new`, file);
  }

  /** Of a program that may be something else than a compiler, nothing is known beforehand. */
  async #answer(asked: string, { driver }: Toolchain, question: Omit<DriverQuestion, 'args'>): Promise<void> {
    const file = path.join(this.#folder, `answer${asked}`);
    const said = driver.identity === undefined ? undefined : await askDriver(driver, { ...question, args: [asked] });
    if (said?.exitCode !== 0 || said.stderr !== '') return rm(file, { force: true });
    await writeFile(file, said.stdout);
  }
}

function swiftcOf(toolchain: Toolchain): string {
  return path.join(toolchain.programs, 'swiftc');
}

/** For a POSIX shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
