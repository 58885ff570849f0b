import path from 'node:path';
import { askForTemplate } from './compile/frontend-job.js';
import { ModuleCompiler } from './compile/module-compiler.js';
import { providePreviewKit } from './compile/preview-kit.js';
import { checkSessionOptions } from './options.js';
import { RasteriserThread } from './preview/rasteriser-thread.js';
import { defaultCacheDirectory } from './project/cache-directory.js';
import { describeModule } from './project/module.js';
import { findToolchain } from './project/toolchain.js';
import { AgentReloader } from './reload/agent-reloader.js';
import { InProcessReloader } from './reload/in-process-reloader.js';
import { loadAddon } from './reload/native.js';
import { Session } from './session.js';
import { TemporaryFolder } from './temporary-folder.js';
import type { SessionOptions } from './types.js';

const defaultTimeouts = { start: 10_000, render: 10_000 };

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
  const addon = loadAddon();

  onProgress?.({ phase: 'finding the toolchain' });
  const [toolchain, module] = await Promise.all([findToolchain(checked.toolchain, signal), describeModule(checked.file, checked.module)]);
  const cache = path.resolve(checked.cacheDirectory ?? defaultCacheDirectory());
  const kit = await providePreviewKit(
    toolchain,
    cache,
    () => onProgress?.({ phase: 'compiling PreviewKit for this toolchain, once' }),
    signal,
  );

  const librarySearchPaths = [...module.libraryPaths, ...toolchain.runtimeLibraryPaths];
  const reloader =
    checked.isolation === 'in-process'
      ? new InProcessReloader(librarySearchPaths, new RasteriserThread())
      : new AgentReloader({
          librarySearchPaths,
          env: checked.env,
          cwd: checked.cwd,
          timeouts: { ...defaultTimeouts, ...checked.timeouts },
        });
  const folder = await TemporaryFolder.create();
  let session: Session | undefined;
  const abort = () => void (session?.close() ?? reloader.close());
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const moduleCache = path.join(cache, 'module-cache');
    const [template] = await Promise.all([
      askForTemplate(toolchain, module, [kit.importPath], moduleCache, signal),
      'start' in reloader ? reloader.start() : undefined,
    ]);
    const compiler = new ModuleCompiler(module, template, addon.readInterface, path.join(folder.path, 'compiles'));
    session = new Session({
      module,
      compiler,
      reloader,
      folder,
      libraries: [kit.library, ...module.libraries.map((library) => (path.isAbsolute(library) ? library : `-l${library}`))],
      preview: checked.preview ?? 0,
      traits: checked.traits ?? {},
      compileTimeout: checked.timeouts?.compile,
    });
    if (onProgress) session.on('progress', onProgress);
    await session.open(checked.watch ?? false);
    if (onProgress) session.removeListener('progress', onProgress);
    session.once('close', () => signal?.removeEventListener('abort', abort));
    signal?.throwIfAborted();
    return session;
  } catch (error) {
    await (session?.close() ?? Promise.all([reloader.close(), folder.remove()]));
    signal?.throwIfAborted();
    throw error;
  }
}
