import { parse } from 'shell-quote';
import { isError } from '../errors.js';
import { runTool } from './run-tool.js';

/** A library of the system, and what pkg-config says of it. */
export interface SystemLibrary {
  /** For pkg-config. */
  name: string;
  /**
   * Words for the compiler and for the linker; `null` if pkg-config does not know the library, or is not there itself. SwiftPM only warns then, as the module map
   * may name the library as well.
   */
  words: { cflags: string[]; libs: string[] } | null;
}

/** The last answers of this process about libraries that are installed. */
const installed = new Map<string, SystemLibrary>();

export async function askPkgConfig(name: string, signal?: AbortSignal): Promise<SystemLibrary> {
  const [cflags, libs] = await Promise.all([ask(['--cflags', name], signal), ask(['--libs', name], signal)]);
  const library = { name, words: cflags === undefined || libs === undefined ? null : { cflags, libs } };
  if (library.words === null) installed.delete(keyOf(name));
  else installed.set(keyOf(name), library);
  return library;
}

/** As {@link askPkgConfig}; what was installed when this process asked last is taken to be so still, for that answer takes as long as a literal edit. */
export async function recallPkgConfig(name: string): Promise<SystemLibrary> {
  return installed.get(keyOf(name)) ?? askPkgConfig(name);
}

function keyOf(name: string): string {
  return JSON.stringify([name, process.env.PKG_CONFIG_PATH]);
}

export async function hasPkgConfig(signal?: AbortSignal): Promise<boolean> {
  return (await ask(['--version'], signal)) !== undefined;
}

async function ask(args: string[], signal?: AbortSignal): Promise<string[] | undefined> {
  try {
    const { exitCode, stdout } = await runTool('pkg-config', args, { signal });
    return exitCode === 0 ? parse(stdout).filter((word) => typeof word === 'string') : undefined;
  } catch (error) {
    if (isError(error) && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
