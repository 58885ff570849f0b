import path from 'node:path';

/** What decides how a generation comes to run. */
export interface GenerationFacts {
  /** The files that have to be linked together: those that differ from the stable library, and what uses them. */
  files: readonly string[];
  /** How many of them differ. */
  differing: number;
  /** Those that would be linked if nothing had been edited: the previewed file, and what uses it. */
  unedited: readonly string[];
  /** Conformances in them whose type and protocol both belong to other modules. */
  foreign: readonly { file: string; symbol: string }[];
  /** The stable library that the files were compared with. */
  library?: { objects: ReadonlyMap<string, string> };
  /** Symbols of foreign conformances that the agent's Swift runtime knows from earlier generations. */
  registered: ReadonlySet<string>;
  /** Whether there can be another agent. */
  isReplaceable: boolean;
}

/** How a generation comes to run. */
export interface GenerationDecision {
  /** `fresh`: in a new agent. */
  agent: 'same' | 'fresh';
  /** A new stable library: `first`, the generation needs it; `later`, in the background; `none`. */
  rebase: 'none' | 'later' | 'first';
  /** Files whose conformances the runtime will go on finding in their old form. */
  stale: string[];
  /** In addition to the compile's reason, part of a sentence; empty where there is nothing to say. */
  reason: string;
}

/** When more files than this differ from the library, every edit links them again: a new library, made in the background, costs that once. */
const mostDiffering = 12;

/** To link more files than this to a generation (1 to 3 ms each) takes longer than to make a library of the whole module, and a fresh agent for it. */
const mostLinked = 250;

/**
 * Decides where a generation is linked.
 *
 * The Swift runtime registers conformances for good and finds the first for each pair of type and protocol. Where both belong to other modules, a
 * changed conformance needs a process that has not seen the old one: a fresh agent, and a stable library without it.
 */
export function planGeneration(facts: GenerationFacts): GenerationDecision {
  const { files, differing, unedited, foreign, library, registered, isReplaceable } = facts;
  const inLibrary = foreign.filter(({ file }) => library?.objects.has(file));
  const known = foreign.filter(({ symbol }) => registered.has(symbol));
  const hazards = [...new Set([...inLibrary, ...known].map(({ file }) => file))];
  if (hazards.length > 0) {
    const names = hazards.map((file) => path.basename(file)).join(', ');
    if (!isReplaceable) {
      return { agent: 'same', rebase: 'none', stale: hazards, reason: `; ${names}: a known conformance cannot be replaced in-process` };
    }
    const reason = `; in a fresh agent, because ${names} gives a type of another module a conformance to a protocol of another module`;
    return { agent: 'fresh', rebase: inLibrary.length > 0 ? 'first' : 'none', stale: [], reason };
  }
  if (!isReplaceable || library === undefined) return { agent: 'same', rebase: 'none', stale: [], reason: '' };
  if (files.length - unedited.length > mostLinked) {
    const reason = `; in a fresh agent with a new library, because ${files.length} files use what changed`;
    return { agent: 'fresh', rebase: 'first', stale: [], reason };
  }
  return { agent: 'same', rebase: differing - unedited.length > mostDiffering ? 'later' : 'none', stale: [], reason: '' };
}
