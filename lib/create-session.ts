import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { AgentPolicy } from './agent-keeper.js';
import { HotswiftError } from './errors.js';
import { checkSessionOptions } from './options.js';
import { RasteriserThread } from './preview/rasteriser-thread.js';
import { boundCache, defaultCacheSize } from './project/cache-bound.js';
import { defaultCacheDirectory, openCacheDirectory } from './project/cache-directory.js';
import { CacheLeases } from './project/cache-lease.js';
import { findPackage } from './project/swift-package.js';
import { findToolchain } from './project/toolchain.js';
import { AgentReloader } from './reload/agent-reloader.js';
import { InProcessReloader } from './reload/in-process-reloader.js';
import { loadAddon } from './reload/native.js';
import { Session } from './session.js';
import { SessionModule } from './session-module.js';
import { TemporaryFolder } from './temporary-folder.js';
import type { SessionOptions } from './types.js';

/** Milliseconds. */
const defaultTimeout = 10_000;
const defaultGenerationCap = 100;

/**
 * Opens a session on a Swift file: compiles its module, links and runs it, draws the preview.
 *
 * Resolves also where the source does not compile, link or run: the session is then in the state `failed`, `session.error` says why, and the
 * next edit that works leaves that state. Rejects for what no edit mends: ERR_HOTSWIFT_ARGUMENT, _TOOLCHAIN, _PROJECT, _NATIVE, a start
 * that timed out, or the reason of `signal`.
 */
export async function createSession(options: SessionOptions): Promise<Session> {
  const checked = checkSessionOptions(options);
  const { signal, onProgress } = checked;
  signal?.throwIfAborted();
  if (checked.isolation === 'in-process') requireMainThread();
  const addon = loadAddon();
  const cacheSize = checked.cacheSize ?? defaultCacheSize();
  const cache = await openCacheDirectory(path.resolve(checked.cacheDirectory ?? defaultCacheDirectory()));
  const folder = await TemporaryFolder.create();
  const leases = new CacheLeases();
  let close = async () => {
    await leases.release();
    await folder.remove();
  };
  // What cannot be removed now is removed when the process ends.
  const end = () => close().catch(() => {});
  const abort = () => void end();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    onProgress?.({ phase: 'finding the toolchain' });
    const { file, module: described, debug = false, warmCompiler = true } = checked;
    const search = { folder: await toolchainFolder(checked), cacheDirectory: cache, signal };
    const toolchain = await findToolchain(checked.toolchain ?? {}, folder.path, search);
    const isReplaceable = checked.isolation !== 'in-process';
    const bound = (signal: AbortSignal) => boundCache(cache, cacheSize, signal);
    const place = { cache, leases, boundCache: bound, folder: folder.path };
    const packageTimeout = checked.timeouts?.package;
    const moduleOptions = { file, module: described, debug, warmCompiler, toolchain, ...place, packageTimeout, addon, isReplaceable };
    const module = await SessionModule.open(moduleOptions, { signal, onProgress });

    const reloader = await createReloader(checked, module);
    close = async () => {
      await reloader.close();
      await leases.release();
      await folder.remove();
    };
    signal?.throwIfAborted();
    module.editsLiterals = (checked.literalEdits ?? true) && reloader.canSetLiterals;
    await Promise.all([module.prepareBuild(signal), 'start' in reloader ? reloader.start() : undefined]);
    const session = new Session({
      module,
      reloader,
      folder,
      leases,
      preview: checked.preview ?? 0,
      traits: checked.traits ?? {},
      policy: policyOf(checked),
      compileTimeout: checked.timeouts?.compile,
    });
    close = () => session.close();
    signal?.throwIfAborted();
    if (onProgress) session.on('progress', onProgress);
    await session.open(checked.watch ?? false);
    if (onProgress) session.removeListener('progress', onProgress);
    signal?.throwIfAborted();
    session.once('close', () => signal?.removeEventListener('abort', abort));
    return session;
  } catch (error) {
    signal?.removeEventListener('abort', abort);
    await end();
    signal?.throwIfAborted();
    throw error;
  }
}

async function createReloader(options: SessionOptions, { runner, symbols }: SessionModule): Promise<AgentReloader | InProcessReloader> {
  // Who looks at a line of code takes as long as he likes.
  const render = options.timeouts?.render ?? (runner.debug ? undefined : defaultTimeout);
  if (options.isolation === 'in-process') return new InProcessReloader({ runner, renderTimeout: render }, new RasteriserThread());
  const { env, cwd, timeouts } = options;
  if (cwd !== undefined && !(await isFolder(cwd))) {
    throw new HotswiftError('ERR_HOTSWIFT_ARGUMENT', `createSession: \`cwd\`: ${cwd} is not a folder`);
  }
  return new AgentReloader({ runner, symbols, env, cwd, timeouts: { start: timeouts?.start ?? defaultTimeout, render } });
}

/** Where the module is compiled: in its package, else in the working directory. */
async function toolchainFolder({ file, module }: SessionOptions): Promise<string> {
  const found = module === undefined ? await findPackage(path.dirname(path.resolve(file))) : undefined;
  return found === undefined ? process.cwd() : realpath(found);
}

function policyOf(options: SessionOptions): AgentPolicy {
  if (options.isolation === 'in-process') return { generationCap: Number.POSITIVE_INFINITY, standby: false };
  const { generationCap = defaultGenerationCap, memoryCap, standby = true } = options;
  return { generationCap, memoryCap, standby };
}

/** libdispatch and the main actor belong to the thread that the process started with: elsewhere they trap, or never run. */
function requireMainThread(): void {
  if (isMainThread) return;
  throw new HotswiftError(
    'ERR_HOTSWIFT_ARGUMENT',
    "createSession: `isolation`: 'in-process' needs the main thread of the process, and this is a worker thread; 'process' works in both",
  );
}

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
