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
  /** What the agent's copy of the library was patched with: from each file to its object. */
  applied: ReadonlyMap<string, string>;
  /** The other way: as many files as possible are patched, and the rest is linked. Missing where it was not looked at, or is none. */
  patched?: PatchedFacts;
  /** Whether there can be another agent. */
  isReplaceable: boolean;
  /** Whether there can be one in which files are patched. */
  canPatch: boolean;
  /** Files that are linked with the others at most where they could be patched. Default 24. */
  mostLinkedInPlace?: number;
}

export interface PatchedFacts {
  /** As in {@link GenerationFacts}, of what is not patched. */
  files: readonly string[];
  foreign: readonly { file: string; symbol: string }[];
  /** From each file that is patched to its object. */
  patches: ReadonlyMap<string, string>;
}

/** How a generation comes to run. */
export interface GenerationDecision {
  /** `fresh`: in a new agent. */
  agent: 'same' | 'fresh';
  /** A new stable library: `first`, the generation needs it; `later`, in the background; `none`. */
  rebase: 'none' | 'later' | 'first';
  /** Whether files are patched, and fewer linked. */
  isPatched: boolean;
  /** Files whose conformances the runtime will go on finding in their old form. */
  stale: string[];
  /** In addition to the compile's reason, part of a sentence; empty where there is nothing to say. */
  reason: string;
}

/** When more files than this differ from the library, every edit links them again: a new library, made in the background, costs that once. */
const mostDiffering = 12;

/** To link more files than this to a generation (1 to 3 ms each) takes longer than to make a library of the whole module, and a fresh agent for it. */
const mostLinked = 250;

/** To link more files than this takes longer than a patch of the edited ones in an agent that is ready; what runs loses its state then. */
const mostLinkedInPlace = 24;

/** Whether it is worth finding out what can be patched. */
export function isWorthPatching(facts: Omit<GenerationFacts, 'differing' | 'applied' | 'patched'>): boolean {
  if (!facts.isReplaceable || !facts.canPatch || facts.library === undefined) return false;
  return linkedForEdits(facts) > (facts.mostLinkedInPlace ?? mostLinkedInPlace) || hazardsOf(facts, facts.foreign).length > 0;
}

/**
 * Decides where a generation is linked.
 *
 * The Swift runtime registers conformances for good and finds the first for each pair of type and protocol. Where both belong to other modules, a
 * changed conformance needs a process that has not seen the old one: a fresh agent, and a stable library without it.
 *
 * Where much uses an edited file, only its changed functions are linked, and the library's own lead to them. That takes an agent in which no
 * code of the library has run: what it computed with the old ones would stay.
 */
export function planGeneration(facts: GenerationFacts): GenerationDecision {
  return planPatched(facts) ?? planLinked(facts);
}

function planPatched(facts: GenerationFacts): GenerationDecision | undefined {
  const { patched, applied, unedited } = facts;
  if (patched === undefined || patched.patches.size === 0 || !isWorthPatching(facts)) return undefined;
  if (hazardsOf(facts, patched.foreign).length > 0 || patched.files.length - unedited.length > mostLinked) return undefined;
  const { patches } = patched;
  const fits = [...patches].every(([file, object]) => applied.get(file) === object) && holdsApplied(facts, patched.files, patches);
  const plan = { rebase: rebaseFor(facts), isPatched: true, stale: [] };
  if (fits) return { ...plan, agent: 'same', reason: '' };
  const names = [...patches.keys()].map((file) => path.basename(file)).join(', ');
  return { ...plan, agent: 'fresh', reason: `; in a fresh agent, where the new functions of ${names} take the place of the old` };
}

function planLinked(facts: GenerationFacts): GenerationDecision {
  const { files, foreign, library, isReplaceable } = facts;
  const hazards = hazardsOf(facts, foreign);
  if (hazards.length > 0) {
    const names = hazards.map((file) => path.basename(file)).join(', ');
    if (!isReplaceable) {
      const reason = `; ${names}: a known conformance cannot be replaced in-process`;
      return { agent: 'same', rebase: 'none', isPatched: false, stale: hazards, reason };
    }
    const reason = `; in a fresh agent, because ${names} gives a type of another module a conformance to a protocol of another module`;
    const isInLibrary = foreign.some(({ file }) => library?.objects.has(file));
    return { agent: 'fresh', rebase: isInLibrary ? 'first' : 'none', isPatched: false, stale: [], reason };
  }
  const plan = { isPatched: false, stale: [] };
  if (!isReplaceable || library === undefined) return { ...plan, agent: 'same', rebase: 'none', reason: '' };
  if (linkedForEdits(facts) > mostLinked) {
    const reason = `; in a fresh agent with a new library, because ${files.length} files use what changed`;
    return { ...plan, agent: 'fresh', rebase: 'first', reason };
  }
  const rebase = rebaseFor(facts);
  if (holdsApplied(facts, files, new Map())) return { ...plan, agent: 'same', rebase, reason: '' };
  return { ...plan, agent: 'fresh', rebase, reason: '; in a fresh agent, because functions of this one were replaced by others' };
}

/** Whether so much differs that a new library is worth making. */
function rebaseFor({ differing, unedited }: GenerationFacts): 'none' | 'later' {
  return differing - unedited.length > mostDiffering ? 'later' : 'none';
}

/** How many files are linked on account of edits. */
function linkedForEdits({ files, unedited }: Pick<GenerationFacts, 'files' | 'unedited'>): number {
  return files.length - unedited.length;
}

/** The files whose foreign conformances the agent's runtime, or that of any agent with the library, already knows. */
function hazardsOf(
  { library, registered }: Pick<GenerationFacts, 'library' | 'registered'>,
  foreign: GenerationFacts['foreign'],
): string[] {
  const known = foreign.filter(({ file, symbol }) => library?.objects.has(file) || registered.has(symbol));
  return [...new Set(known.map(({ file }) => file))];
}

/** Whether what the agent's library was patched with is either wanted, or reached by nothing: whoever uses it is linked anew. */
function holdsApplied({ applied }: GenerationFacts, linked: readonly string[], patches: ReadonlyMap<string, string>): boolean {
  return [...applied].every(([file, object]) => patches.get(file) === object || linked.includes(file));
}
