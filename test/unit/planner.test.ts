import { type GenerationFacts, isWorthPatching, planGeneration } from '../../lib/compile/planner.js';

const library = (...files: string[]) => ({ objects: new Map(files.map((file) => [file, `${file}.o`])) });
const facts = (more: Partial<GenerationFacts> = {}): GenerationFacts => ({
  files: ['View.swift'],
  differing: 1,
  unedited: ['View.swift'],
  foreign: [],
  registered: new Set(),
  applied: new Map(),
  isReplaceable: true,
  canPatch: true,
  ...more,
});
const many = Array.from({ length: 40 }, (_, index) => `File${index}.swift`);
const most = Array.from({ length: 500 }, (_, index) => `File${index}.swift`);
const view = { files: ['View.swift'], foreign: [], patches: new Map([['File1.swift', 'edited.o']]) };
const conformance = { file: 'Tags.swift', symbol: '$sSi4Kit3TagAaMc' };

describe('a generation', () => {
  it.each<[string, Partial<GenerationFacts>, { agent: string; rebase: string; isPatched?: boolean; stale?: string[] }]>([
    ['runs in the same agent, without a library', {}, { agent: 'same', rebase: 'none' }],
    ['runs in the same agent, with one', { library: library('Model.swift') }, { agent: 'same', rebase: 'none' }],
    [
      'is worth a new library when it holds much that was edited',
      { library: library(...many), files: [...many, 'View.swift'], differing: 41 },
      { agent: 'same', rebase: 'later' },
    ],
    [
      'links what uses one edited file',
      { library: library(...many), files: [...many, 'View.swift'], differing: 2 },
      { agent: 'same', rebase: 'none' },
    ],
    [
      'needs a new library at once where very much uses an edited file',
      { library: library(...most), files: [...most, 'View.swift'], differing: 2 },
      { agent: 'fresh', rebase: 'first' },
    ],
    [
      'holds everything as long as there is no library',
      { files: [...most, 'View.swift'], differing: 501 },
      { agent: 'same', rebase: 'none' },
    ],
    [
      'is not worth a new library when it would hold as much without any edit',
      { library: library('Model.swift'), files: [...many, 'View.swift'], unedited: [...many, 'View.swift'] },
      { agent: 'same', rebase: 'none' },
    ],
    [
      'gives a type of another module a first conformance',
      { library: library('Model.swift'), foreign: [conformance] },
      { agent: 'same', rebase: 'none' },
    ],
    [
      'needs a fresh agent where an earlier generation has given it',
      { library: library('Model.swift'), foreign: [conformance], registered: new Set([conformance.symbol]) },
      { agent: 'fresh', rebase: 'none' },
    ],
    [
      'needs a new library as well where the library has given it',
      { library: library('Tags.swift'), foreign: [conformance] },
      { agent: 'fresh', rebase: 'first' },
    ],
    [
      'names what stays as it was where there is no other agent',
      { library: library('Tags.swift'), foreign: [conformance], isReplaceable: false },
      { agent: 'same', rebase: 'none', stale: ['Tags.swift'] },
    ],
    [
      'patches one edited file where much uses it',
      { library: library(...many), files: [...many, 'View.swift'], differing: 2, patched: view },
      { agent: 'fresh', rebase: 'none', isPatched: true },
    ],
    [
      'goes on in an agent that is patched as it has to be',
      { library: library(...many), files: [...many, 'View.swift'], differing: 2, patched: view, applied: view.patches },
      { agent: 'same', rebase: 'none', isPatched: true },
    ],
    [
      'needs another agent where this one is patched with something else',
      {
        library: library(...many),
        files: [...many, 'View.swift'],
        differing: 2,
        patched: view,
        applied: new Map([['File1.swift', 'older.o']]),
      },
      { agent: 'fresh', rebase: 'none', isPatched: true },
    ],
    [
      'needs another agent where a patched file has its old text again',
      { library: library(...many), applied: view.patches },
      { agent: 'fresh', rebase: 'none' },
    ],
    [
      'goes on where all that uses a patched file is linked anew',
      { library: library(...many), files: ['View.swift', 'File1.swift'], differing: 2, applied: view.patches },
      { agent: 'same', rebase: 'none' },
    ],
    [
      'links few files rather than lose the state of an agent',
      { library: library(...many), files: ['View.swift', 'File1.swift', 'File2.swift'], differing: 2, patched: view },
      { agent: 'same', rebase: 'none' },
    ],
    [
      'patches rather than making a library for a function of a known conformance',
      { library: library('Tags.swift'), files: ['View.swift', 'Tags.swift'], foreign: [conformance], patched: view },
      { agent: 'fresh', rebase: 'none', isPatched: true },
    ],
    [
      'makes a library where a conformance itself is another',
      {
        library: library('Tags.swift', 'File1.swift'),
        files: ['View.swift', 'Tags.swift', 'File1.swift'],
        foreign: [conformance],
        patched: { ...view, files: ['View.swift', 'Tags.swift'], foreign: [conformance] },
      },
      { agent: 'fresh', rebase: 'first' },
    ],
    [
      'makes a library where nothing can be patched',
      {
        library: library(...most),
        files: [...most, 'View.swift'],
        differing: 2,
        patched: { files: [...most, 'View.swift'], foreign: [], patches: new Map() },
      },
      { agent: 'fresh', rebase: 'first' },
    ],
    [
      'is worth a new library when very much is patched',
      { library: library(...many), files: [...many, 'View.swift'], differing: 41, patched: view },
      { agent: 'fresh', rebase: 'later', isPatched: true },
    ],
  ])('%s', (_, more, expected) => {
    expect(planGeneration(facts(more))).toMatchObject({ stale: [], isPatched: false, ...expected });
  });

  it.each<[string, Partial<GenerationFacts>, boolean]>([
    ['is looked into for patches where much would be linked', { library: library(...many), files: [...many, 'View.swift'] }, true],
    ['is not where little would be', { library: library(...many), files: ['View.swift', 'File1.swift'] }, false],
    ['is not where there is no other agent', { library: library(...many), files: [...many, 'View.swift'], isReplaceable: false }, false],
    ['is not where libraries cannot be patched', { library: library(...many), files: [...many, 'View.swift'], canPatch: false }, false],
    ['is not where there is no library', { files: [...many, 'View.swift'] }, false],
    ['is where a conformance would need another library', { library: library('Tags.swift'), foreign: [conformance] }, true],
  ])('%s', (_, more, expected) => {
    expect(isWorthPatching(facts(more))).toBe(expected);
  });
});
