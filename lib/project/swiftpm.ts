import path from 'node:path';
import { HotswiftError, isError } from '../errors.js';
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
  /** Ends SwiftPM and whatever it runs. */
  signal?: AbortSignal;
}

/**
 * Runs a command of SwiftPM, for example `package describe`, on the package in `root`, whatever its exit code.
 *
 * Rejects with ERR_HOTSWIFT_TOOLCHAIN if the toolchain has no SwiftPM.
 */
export async function runSwiftPM(
  command: readonly string[],
  root: string,
  options: readonly string[],
  { toolchain, scratch, signal }: Workspace,
  toolOptions: Pick<ToolOptions, 'env' | 'onOutput'> = {},
): Promise<ToolResult> {
  const swift = path.join(toolchain.programs, 'swift');
  const [program = '', ...subcommand] = command;
  const args = [program, '--package-path', root, '--scratch-path', scratch, ...subcommand, ...options];
  try {
    const env = { ...toolOptions.env, PWD: root };
    return await runTool(swift, args, { cwd: root, signal, hasChildren: true, ...toolOptions, env });
  } catch (cause) {
    if (!isError(cause) || !('code' in cause) || cause.code !== 'ENOENT') throw cause;
    const message = `There is no SwiftPM next to ${toolchain.swiftc} (${swift}). Describe the target with the option \`module\`.`;
    throw new HotswiftError('ERR_HOTSWIFT_TOOLCHAIN', message, { cause });
  }
}
