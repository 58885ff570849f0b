import { HotswiftError } from '../errors.js';

/** A command line's flags for swiftc, those for the linker apart. */
export interface SortedFlags {
  /** For the compiler. */
  flags: string[];
  /** Folders, from `-L`. */
  libraryPaths: string[];
  /** Names, from `-l`. */
  libraries: string[];
}

/** Flags that make swiftc do something else than compile each file to an object, or write files of their own; those with a value last. */
const otherOutputs = [
  '-c -S -emit-assembly -emit-bc -emit-dependencies -emit-executable -emit-ir -emit-library -emit-module -emit-objc-header -emit-sil',
  '-emit-silgen -dump-ast -dump-parse -incremental -parse -print-ast -serialize-diagnostics -typecheck -static',
]
  .join(' ')
  .split(' ');
const otherOutputsWithValue = ['-o', '-emit-module-path', '-emit-objc-header-path', '-index-store-path', '-output-file-map'];

const refused = new Set([...otherOutputs, ...otherOutputsWithValue]);

/** What SwiftPM adds for its own build, and what hotswift's compiles decide for themselves. */
const ofTheBuild = new Set([
  ...otherOutputs,
  ...['-Onone', '-enable-batch-mode', '-enable-testing', '-g', '-parse-as-library', '-parseable-output', '-profile-coverage-mapping'],
  ...['-profile-generate', '-Xcc -g'],
]);
const ofTheBuildWithValue = new Set([...otherOutputsWithValue, '-j', '-module-cache-path', '-module-name']);

/** Flags that hand the next word on to another tool. */
const forwarding = new Set(['-Xcc', '-Xclang-linker', '-Xfrontend', '-Xlinker', '-Xllvm']);

/** Names a library, apart from swiftc's own flags that begin with the same letter (`swiftc -help-hidden`). */
const library = /^-l(?!ibc$|ink-objc-runtime$|oad-(?:pass-)?plugin|ocale$|ocalization-path$|to(?:=|-library$|$))(?<name>.+)$/;

/**
 * Takes the flags for the linker out of those for the compiler.
 *
 * Throws ERR_HOTSWIFT_PROJECT for a flag that asks for other outputs than an object of each file.
 */
export function sortFlags(all: readonly string[]): SortedFlags {
  const sorted: SortedFlags = { flags: [], libraryPaths: [], libraries: [] };
  const rest = [...all];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (refused.has(flag) || flag.startsWith('-sanitize=')) {
      throw new HotswiftError(
        'ERR_HOTSWIFT_PROJECT',
        `the flag ${flag} cannot be used here: every file is compiled to an object of its own. Leave it out.`,
      );
    }
    const name = library.exec(flag)?.groups?.name;
    if (flag === '-L') sorted.libraryPaths.push(rest.shift() ?? '');
    else if (flag.startsWith('-L')) sorted.libraryPaths.push(flag.slice(2));
    else if (name !== undefined) sorted.libraries.push(name);
    else sorted.flags.push(flag, ...(forwarding.has(flag) ? rest.splice(0, 1) : []));
  }
  return sorted;
}

/**
 * Of the arguments that SwiftPM compiles a target with, those that say how its code is to be understood: conditions, the language mode, the
 * package's name, plugins, modules and headers, the author's own.
 */
export function languageFlags(all: readonly string[]): string[] {
  const kept: string[] = [];
  const rest = [...all];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    const words = [flag, ...(forwarding.has(flag) || ofTheBuildWithValue.has(flag) ? rest.splice(0, 1) : [])];
    if (words.join(' ') === '-Xfrontend -entry-point-function-name') {
      // Renames `main`, for tests that link an executable target. Its value is forwarded as well.
      rest.splice(0, 2);
    } else if (!isOfTheBuild(words)) kept.push(...words);
  }
  return kept;
}

function isOfTheBuild(words: readonly string[]): boolean {
  const [flag = ''] = words;
  return ofTheBuild.has(words.join(' ')) || ofTheBuildWithValue.has(flag) || flag.startsWith('-sanitize=') || /^-j\d+$/.test(flag);
}
