import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { SystemLibrary } from './pkg-config.js';

/** What a package's description was made of. All paths are absolute. */
export interface PackageInputs {
  /** Packages whose manifests count. */
  roots: string[];
  /** Folders of the target's own sources: which Swift files there are, not what they say; other files may be resources. */
  targetFolders: string[];
  /** Folders of which every file counts. */
  dependencyFolders: string[];
  /** Files that plug-ins make sources or resources of. */
  pluginInputs: string[];
  /** Files that were made for the description and belong together. */
  products: string[];
  /** Files that were made as well, and need only be there. */
  present: string[];
  /** What pkg-config says of system libraries. */
  systemLibraries: SystemLibrary[];
  /** Variables of the environment that manifests read; missing: any may be. */
  variables?: string[];
  /** What else it was made of. */
  facts: string[];
}

/** Milliseconds that the times of files may lag behind the clock: the kernel's ticks. */
export const clockSkew = 100;

/** What SwiftPM, the compiler, linkers and git go by, whatever a manifest says. */
const meaningful =
  /^(?:PATH|HOME|USER|TMPDIR|LANG|LC_.*|.*SDK.*|SWIFT.*|.*SWIFTPM.*|TOOLCHAINS|DEVELOPER_DIR|PKG_CONFIG.*|CC|CXX|CFLAGS|CXXFLAGS|LDFLAGS|CPATH|C_INCLUDE_PATH|CPLUS_INCLUDE_PATH|LIBRARY_PATH|LD_.*|DYLD_.*|GIT_.*|XDG_.*_HOME|.*_PROXY)$/i;

/**
 * Differs from terminal to terminal and means nothing to a manifest. The first two lines are what SwiftPM leaves out of the keys of its own
 * cache of manifests, too.
 */
const meaninglessVariables = new Set(
  [
    'CLICOLOR HYPERFINE_RANDOMIZED_ENVIRONMENT_OFFSET ITERM_PROFILE ITERM_SESSION_ID LC_TERMINAL LC_TERMINAL_VERSION LS_COLORS',
    'LaunchInstanceID SECURITYSESSIONID SSH_AUTH_SOCK TERM TERM_PROGRAM TERM_SESSION_ID VSCODE_IPC_HOOK_CLI',
    '_ OLDPWD PWD SHLVL SSH_CLIENT SSH_CONNECTION SSH_TTY TMUX TMUX_PANE WINDOWID XDG_SESSION_ID',
  ]
    .join(' ')
    .split(' '),
);

/** The files that make up a package's manifest: Package.swift, those for certain versions of Swift, and the resolved versions. */
export async function manifestsOf(root: string): Promise<string[]> {
  const names = (await readdir(root)).filter((name) => /^Package(@swift-.*)?\.swift$/.test(name)).sort();
  return [...names, 'Package.resolved'].map((name) => path.join(root, name));
}

/**
 * A digest of sizes, times and names, which changes when the inputs do, and with the environment, which manifests may read.
 *
 * Resolves with `undefined` if it could not tell: something that is no product changed after the moment `before` (milliseconds since
 * 1970) or cannot be followed. Rejects if a folder is missing.
 */
export async function digestOfState(inputs: PackageInputs, before = Number.POSITIVE_INFINITY): Promise<string | undefined> {
  const listings = await Promise.all([
    ...inputs.roots.map(async (root) => listFiles(await manifestsOf(root))),
    listFiles(inputs.pluginInputs),
    ...inputs.roots.map((root) => listTree(path.join(root, '.swiftpm', 'configuration')).catch(() => [])),
    ...inputs.targetFolders.map((folder) => listTree(folder, (file) => file.endsWith('.swift'))),
    ...inputs.dependencyFolders.map((folder) => listTree(folder)),
  ]);
  const entries = listings.flat();
  if (entries.some(({ changed, isOpaque }) => isOpaque || changed > before - clockSkew)) return undefined;
  const digest = createHash('sha256').update(JSON.stringify([inputs.facts, environment(inputs.variables)]));
  const [products, present] = await Promise.all([listFiles(inputs.products), listFiles(inputs.present)]);
  const states = [...entries, ...products].map(({ file, state }) => [file, state]);
  return digest.update(JSON.stringify([states, present.map(({ state }) => state !== missing), inputs.systemLibraries])).digest('hex');
}

const missing = 'missing';

interface Entry {
  file: string;
  state: string;
  /** Milliseconds since 1970. */
  changed: number;
  /** A link to a folder: what is in there may change unseen. */
  isOpaque?: boolean;
}

function listFiles(files: readonly string[]): Promise<Entry[]> {
  return Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size, mtimeMs }) => ({ file, state: `${size} ${mtimeMs}`, changed: mtimeMs }),
        () => ({ file, state: missing, changed: 0 }),
      ),
    ),
  );
}

/** What is in a folder, hidden files apart, as SwiftPM sees it; of files that only count as such, the names. */
async function listTree(folder: string, countsByName: (file: string) => boolean = () => false): Promise<Entry[]> {
  const children = await readdir(folder, { withFileTypes: true });
  const { mtimeMs } = await stat(folder);
  const visible = children.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const listings = await Promise.all(
    visible.map(async (child): Promise<Entry[]> => {
      const file = path.join(folder, child.name);
      if (child.isDirectory()) return listTree(file, countsByName);
      if (countsByName(file)) return [{ file, state: 'there', changed: 0 }];
      const [entry] = await listFiles([file]);
      const isOpaque = child.isSymbolicLink() && (await stat(file).catch(() => undefined))?.isDirectory();
      return entry === undefined ? [] : [{ ...entry, isOpaque }];
    }),
  );
  // Of a file that is deleted, its folder tells when.
  return [{ file: folder, state: 'folder', changed: mtimeMs }, ...listings.flat()];
}

/** Of the variables, those that may mean something: what manifests read, and what their tools go by. */
function environment(read: readonly string[] | undefined): [string, string | undefined][] {
  return Object.entries(process.env)
    .filter(([name]) => read === undefined || read.includes(name) || meaningful.test(name))
    .filter(([name]) => !meaninglessVariables.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
