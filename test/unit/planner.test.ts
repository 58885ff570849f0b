import { type GenerationFacts, planGeneration } from '../../lib/compile/planner.js';

const library = (...files: string[]) => ({ objects: new Map(files.map((file) => [file, `${file}.o`])) });
const facts = (more: Partial<GenerationFacts> = {}): GenerationFacts => ({
  files: ['View.swift'],
  differing: 1,
  unedited: ['View.swift'],
  foreign: [],
  registered: new Set(),
  isReplaceable: true,
  ...more,
});
const many = Array.from({ length: 40 }, (_, index) => `File${index}.swift`);
const most = Array.from({ length: 500 }, (_, index) => `File${index}.swift`);
const conformance = { file: 'Tags.swift', symbol: '$sSi4Kit3TagAaMc' };

describe('a generation', () => {
  it.each<[string, Partial<GenerationFacts>, { agent: string; rebase: string; stale?: string[] }]>([
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
  ])('%s', (_, more, expected) => {
    expect(planGeneration(facts(more))).toMatchObject({ stale: [], ...expected });
  });
});
