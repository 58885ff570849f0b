import path from 'node:path';
import { HotswiftError, isError } from '../errors.js';
import type { PackageCompiler } from './package-compiler.js';
import { runTool, type ToolOptions, type ToolResult } from './run-tool.js';
import type { Toolchain } from './toolchain.js';

/** Where SwiftPM works for hotswift. */
export interface Workspace {
  toolchain: Toolchain;
  /** The main package's root. Absolute, symbolic links resolved. */
  root: string;
  /** hotswift's folder for the package, in the cache directory. */
  folder: string;
  /** SwiftPM's build folder, in `folder`: the user's `.build` is neither locked nor touched. */
  scratch: string;
  /** What SwiftPM takes for the toolchain's compiler. */
  compiler: PackageCompiler;
  /** For temporary files of what is run. */
  temporaryFolder: string;
  /** Milliseconds that SwiftPM may be silent. */
  timeout: number;
  /** Where the compilers of manifests keep what they make of C modules. Default: in the user's home folder, which need not be writable. */
  compilerModules?: string;
  /** Ends SwiftPM and whatever it runs. */
  signal?: AbortSignal;
  /** Told what SwiftPM says of a package that it accepts. */
  onRemark?: (remark: string) => void;
}

const ofSilence =
  'a Package.swift or a plug-in may not come to its end. If it only takes long, as a slow download does, raise `timeouts.package`';

/**
 * Runs a command of SwiftPM, for example `package describe`, on the package in `root`, whatever its exit code.
 *
 * Rejects with ERR_HOTSWIFT_TOOLCHAIN if the toolchain has no SwiftPM, and with ERR_HOTSWIFT_TIMEOUT if it says nothing for too long: it runs what manifests
 * and plug-ins say.
 */
export async function runSwiftPM(
  command: readonly string[],
  root: string,
  options: readonly string[],
  { toolchain, scratch, compiler, temporaryFolder, timeout: ms, compilerModules, signal }: Workspace,
  toolOptions: Pick<ToolOptions, 'onOutput'> = {},
): Promise<ToolResult> {
  const swift = path.join(toolchain.programs, 'swift');
  const [program = '', ...subcommand] = command;
  const args = [program, '--package-path', root, '--scratch-path', scratch, ...subcommand, ...options];
  try {
    const modules = process.env.SWIFTPM_MODULECACHE_OVERRIDE ?? compilerModules;
    // The same for all commands: SwiftPM runs a manifest again when a variable is another one.
    const env = { SWIFTPM_MODULECACHE_OVERRIDE: modules, ...compiler.environment, PWD: root };
    const timeout = { ms, phase: 'package', what: `\`swift ${command.join(' ')}\` for ${root}`, ofSilence: true, remedy: ofSilence };
    return await runTool(swift, args, { cwd: root, signal, hasChildren: true, temporaryFolder, timeout, ...toolOptions, env });
  } catch (cause) {
    if (!isError(cause) || !('code' in cause) || cause.code !== 'ENOENT') throw cause;
    const message = `There is no SwiftPM next to ${toolchain.swiftc} (${swift}). Describe the target with the option \`module\`.`;
    throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', message, { cause });
  }
}

/** How SwiftPM tells of what it does: on standard error as a rule, of the steps of a build on standard output. */
const progress =
  /^(\[\d+\/\d+\] |(Fetching|Fetched|Updating|Updated|Computing|Computed|Creating working copy|Working copy of|Resolving|Resolved|Building for|Build complete|Planning|Planned|Downloading|Downloaded|Extracting|warning: ))/;

/** Characters that an error quotes; the first errors tell most. */
const quoted = 8000;

/**
 * What SwiftPM says is wrong: of its output, the lines of errors, and those under them, such as the source that is at fault. Where there are none, all but what
 * it tells of its progress.
 */
export function errorsOfSwiftPM(output: string): string {
  const lines = output.split('\n').map((line) => line.trimEnd());
  const told = lines.filter((line) => !progress.test(line));
  const errors = told.filter((_, index) => isOfError(told, index));
  return (errors.length > 0 ? errors : told).join('\n').trim().slice(0, quoted);
}

/** Whether a line is an error's, or one of those that follow it up to the next message. */
function isOfError(lines: readonly string[], index: number): boolean {
  for (let at = index; at >= 0; at -= 1) {
    const line = lines[at] ?? '';
    if (/(^|: )error: /.test(line)) return true;
    if (line === '' || /(^|: )(warning|note|remark): /.test(line)) return false;
  }
  return false;
}
