import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HotswiftError } from '../errors.js';
import type { Progress } from '../types.js';
import type { PackageTarget } from './package-description.js';
import { errorsOfSwiftPM, runSwiftPM, type Workspace } from './swiftpm.js';
import type { Toolchain } from './toolchain.js';

/** How SwiftPM builds for hotswift. */
export interface BuildOptions extends Workspace {
  /** Folder with a PreviewKit for dependencies that have previews and do not depend on it. */
  previewKitPath: string;
  /** Whether pkg-config is asked for some of its targets. Default `false`. */
  hasSystemLibraries?: boolean;
  onProgress?: (progress: Progress) => void;
}

/** How SwiftPM tells of its steps on standard output. */
const step = /^\[(?<done>\d+)\/(?<total>\d+)\] /;

/**
 * Builds what compiling a Swift target needs: the modules, C objects and macros it depends on, the sources that are generated for it, and
 * copies of its resources. The target itself is left out: it is hotswift's to compile, and need not compile for this.
 *
 * SwiftPM has no command for that. It is given a compiler that fails on the target's own module and is swiftc for every other: the build
 * engine comes to that command last, when everything before it is there. To build each dependency by its name instead would take as many
 * runs, and would leave the target's resources and generated sources out.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT, quoting SwiftPM, if something before the target cannot be built.
 */
export async function buildWhatItNeeds(target: PackageTarget, options: BuildOptions): Promise<void> {
  const reached = path.join(options.folder, 'reached', target.c99name);
  await mkdir(path.dirname(reached), { recursive: true });
  await rm(reached, { force: true });
  // Part of what SwiftPM's cache of manifests goes by: the same for every build of the target.
  const env = { HOTSWIFT_LEFT_OUT: target.c99name, HOTSWIFT_REACHED: reached };
  const { exitCode, output } = await build(target.name, env, options);
  if (exitCode === 0 || (await exists(reached))) return;
  throw failure(`what ${target.name} depends on`, output);
}

/**
 * Builds one target that others need at run time only.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT, quoting SwiftPM, if it cannot be built.
 */
export async function buildTarget(target: PackageTarget, options: BuildOptions): Promise<void> {
  const { exitCode, output } = await build(target.name, {}, options);
  if (exitCode !== 0) throw failure(target.name, output);
}

async function build(
  target: string,
  env: Record<string, string>,
  options: BuildOptions,
): Promise<{ exitCode: number | null; output: string }> {
  const { root, previewKitPath, hasSystemLibraries = false, onProgress } = options;
  const environment = {
    ...env,
    SWIFT_EXEC: await provideCompiler(options),
    // SwiftPM looks for the modules of manifests next to their compiler.
    SWIFT_EXEC_MANIFEST: swiftcOf(options.toolchain),
  };
  const phase = 'building dependencies';
  onProgress?.({ phase });
  const onOutput = (text: string) => {
    for (const line of text.split('\n')) {
      const { done, total } = step.exec(line)?.groups ?? {};
      if (done !== undefined) onProgress?.({ phase, done: Number(done), total: Number(total) });
    }
  };
  const flags = [
    ...['--build-system', 'native', '--target', target],
    // Nobody looks things up in an index of it.
    '--disable-index-store',
    ...['-Xswiftc', '-I', '-Xswiftc', previewKitPath],
    // SwiftPM keeps its plan while the package is the same, whatever pkg-config says by now.
    ...(hasSystemLibraries ? ['--disable-build-manifest-caching'] : []),
  ];
  const { exitCode, stdout, stderr } = await runSwiftPM(['build'], root, flags, options, { env: environment, onOutput });
  return { exitCode, output: `${stdout}\n${stderr}` };
}

function failure(what: string, output: string): HotswiftError {
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `SwiftPM cannot build ${what}:\n${errorsOfSwiftPM(output)}`);
}

function swiftcOf(toolchain: Toolchain): string {
  return path.join(toolchain.programs, 'swiftc');
}

/**
 * The compiler that leaves one module out. Its path and its text are the same for every target of the package: SwiftPM builds everything
 * again when its compiler changes.
 */
async function provideCompiler({ folder, toolchain }: Workspace): Promise<string> {
  const file = path.join(folder, 'compiler', 'swiftc');
  const text = `#!/bin/sh
before=
for word in "$@"; do
  if [ "$before" = -module-name ] && [ "$word" = "$HOTSWIFT_LEFT_OUT" ]; then
    : > "$HOTSWIFT_REACHED"
    exit 1
  fi
  before=$word
done
exec ${quote(swiftcOf(toolchain))} "$@"
`;
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return file;
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text);
  await chmod(temporary, 0o755);
  await rename(temporary, file);
  return file;
}

/** For a POSIX shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
