import type { EditableLiteral } from '../edit/literals.js';

/** What the compiler made of one source. The files are never written again. */
export interface CompiledFile {
  /** Of the text that was compiled. */
  digest: string;
  object: string;
  /** The compiler's dependency information (`.swiftdeps`). */
  dependencies: string;
  /**
   * The dependency information of the files that the same run of the compiler has compiled: it notes what it asks once, for whichever file asked first. Empty
   * for a file that was compiled alone, of which it noted everything.
   */
  alongside: readonly string[];
  /** What the file declares (`.swiftmodule`). */
  module: string;
  /**
   * Whether the other files' texts were read along. An object that was compiled against prebuilt modules instead may hold more of what those
   * declare than the compiler noted down, and is only good until an interface of the module changes.
   */
  fromSources: boolean;
  /** Those that are read from the DesignTimeStore; missing where there are none. */
  literals?: CompiledLiterals;
  /** What is to be said of the literals, to be appended to the reason of a reload. */
  remark?: string;
}

/** Literals of a compiled file whose values can be set while it runs. */
export interface CompiledLiterals {
  /** The number of the first; the others follow. */
  first: number;
  literals: EditableLiteral[];
}

/** The files that a result is made of. */
export function filesOf({ object, dependencies, alongside, module }: CompiledFile): string[] {
  return [object, dependencies, ...alongside, module];
}
