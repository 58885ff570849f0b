import { HotswiftError } from '../errors.js';
import type { Progress } from '../types.js';
import type { PackageTarget } from './package-description.js';
import { errorsOfSwiftPM, runSwiftPM, type Workspace } from './swiftpm.js';

/** How SwiftPM builds for hotswift. */
export interface BuildOptions extends Workspace {
  /** Folder with a PreviewKit for dependencies that have previews and do not depend on it. */
  previewKitPath: string;
  /** Whether SwiftPM is to plan the build again although manifests and folders are what they were. Default `false`. */
  plansAnew?: boolean;
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
  await options.compiler.leaveOut(target.c99name);
  const { exitCode, output } = await build(target.name, options);
  if (exitCode === 0 || (await options.compiler.hasLeftOut())) return;
  throw failure(`what ${target.name} depends on`, output);
}

/**
 * Builds one target that others need at run time only.
 *
 * Rejects with ERR_HOTSWIFT_PROJECT, quoting SwiftPM, if it cannot be built.
 */
export async function buildTarget(target: PackageTarget, options: BuildOptions): Promise<void> {
  await options.compiler.leaveOut(undefined);
  const { exitCode, output } = await build(target.name, options);
  if (exitCode !== 0) throw failure(target.name, output);
}

async function build(target: string, options: BuildOptions): Promise<{ exitCode: number | null; output: string }> {
  const { root, previewKitPath, plansAnew = false, onProgress } = options;
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
    // In its plan is what pkg-config said, and what plug-ins did. While it keeps the plan it builds no plug-in, nor the tools that they run.
    ...(plansAnew ? ['--disable-build-manifest-caching'] : []),
  ];
  const { exitCode, stdout, stderr } = await runSwiftPM(['build'], root, flags, options, { onOutput });
  return { exitCode, output: `${stdout}\n${stderr}` };
}

function failure(what: string, output: string): HotswiftError {
  return new HotswiftError('ERR_HOTSWIFT_PROJECT', `SwiftPM cannot build ${what}:\n${errorsOfSwiftPM(output)}`);
}
