import { reachableFiles } from '../../lib/compile/source-reach.js';

const unrelated = Array.from({ length: 20 }, (_, index): [string, string] => [`Other${index}.swift`, `struct Other${index} {}\n`]);

async function reach(files: Record<string, string>): Promise<string[]> {
  const sources = new Map(
    [...Object.entries(files), ...unrelated].map(([file, text]) => [file, { file, bytes: Buffer.from(text), digest: text }]),
  );
  return reachableFiles(sources, 'View.swift');
}

describe('what a preview may reach', () => {
  it('is what it names, and what that names', async () => {
    const files = {
      'View.swift': 'struct View { let model: Model }',
      'Model.swift': 'public final class Model {\n  func run() { helper() }\n}',
      'Helper.swift': '@inline(never) fileprivate(set) var state = 1\nfunc helper() {}',
      'Unused.swift': 'struct Unused {}',
    };
    expect(await reach(files)).toEqual(['View.swift', 'Model.swift', 'Helper.swift']);
  });

  it('has the extensions of what is reached, and those of other modules', async () => {
    const files = {
      'View.swift': 'struct View { let model: Model }',
      'Model.swift': 'struct Model {}',
      'Tagged.swift': 'extension Model: Tag {}',
      'Tag.swift': 'protocol Tag {}',
      'Integers.swift': 'extension Int { var tag: String { "" } }',
      'Elsewhere.swift': 'extension Other3 { var tag: String { "" } }',
    };
    expect(await reach(files)).toEqual(['View.swift', 'Model.swift', 'Tagged.swift', 'Tag.swift', 'Integers.swift']);
  });

  it('is everything in a small module', async () => {
    const sources = new Map(['View.swift', 'Unused.swift'].map((file) => [file, { file, bytes: Buffer.from(''), digest: '' }]));
    expect(await reachableFiles(sources, 'View.swift')).toEqual(['View.swift', 'Unused.swift']);
  });

  it.each([
    ['words on lines of their own', 'a\n'.repeat(50_000)],
    ['attributes on lines of their own', '@a\n'.repeat(50_000)],
    ['extensions of one type', 'extension Model: Tag {}\n'.repeat(200_000)],
  ])('is found in a file of any number of %s', async (_, text) => {
    const files = { 'View.swift': `struct View { let model: Model }\n${text}`, 'Model.swift': 'struct Model {}' };
    expect(await reach(files)).toEqual(['View.swift', 'Model.swift']);
  });
});
