import { parse } from 'shell-quote';
import { isError } from '../errors.js';
import { runTool } from './run-tool.js';

/**
 * What pkg-config says of a system library: words for the compiler and the linker. `undefined` if it does not know the library, or is not
 * there itself; SwiftPM only warns then, as the module map may name the library as well.
 */
export async function askPkgConfig(name: string, options: ('--cflags' | '--libs')[], signal?: AbortSignal): Promise<string[] | undefined> {
  try {
    const { exitCode, stdout } = await runTool('pkg-config', [...options, name], { signal });
    return exitCode === 0 ? parse(stdout).filter((word) => typeof word === 'string') : undefined;
  } catch (error) {
    if (isError(error) && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
