import { execFileSync } from 'node:child_process';
import { previewKit } from '../support/cold-module';
import { Fixture, swiftc, toolEnvironment } from '../support/fixture';
import { editKinds, GeneratedModule, Random } from '../support/generated-module/index.cjs';
import { full } from '../support/tier';

describe('a generated module', () => {
  it.each([10, 30, 100])('of %i files is the same for the same seed, and another for another', (files) => {
    const { texts } = new GeneratedModule({ files, seed: 1 });
    expect(Object.keys(texts)).toHaveLength(files);
    expect(new GeneratedModule({ files, seed: 1 }).texts).toEqual(texts);
    expect(new GeneratedModule({ files, seed: 2 }).texts).not.toEqual(texts);
  });

  it('has the same edits for the same seed', () => {
    const edits = () => {
      const module = new GeneratedModule({ files: 30, seed: 1 });
      const random = new Random(2);
      return Array.from({ length: 50 }, () => module.edit(random));
    };
    expect(edits()).toEqual(edits());
  });

  it('has ordinary files and hubs', () => {
    const users = [...new GeneratedModule({ files: 300, seed: 1 }).users().values()].map(({ size }) => size).sort((a, b) => a - b);
    expect(users[0]).toBe(0);
    expect(users[Math.floor(users.length * 0.9)]).toBeLessThanOrEqual(7);
    expect(users.slice(-3).map((size) => size >= 10)).toEqual([true, true, true]);
    expect(users.at(-1)).toBeGreaterThanOrEqual(50);
  });

  it('knows an edit of each kind, and takes edits back', () => {
    const module = new GeneratedModule({ files: 30, seed: 3 });
    const random = new Random(4);
    for (const kind of editKinds) {
      const before = module.texts;
      const { texts } = module.edit(random, kind);
      expect(module.texts).toEqual({ ...before, ...texts });
      if (kind === 'taken back') continue;
      module.edit(random, 'taken back');
      expect(module.texts).toEqual(before);
      module.edit(random, kind);
    }
  });

  /** Its texts are checked after every five of so many edits. */
  async function expectNoWarning(edits: number): Promise<void> {
    const module = new GeneratedModule({ files: 30, seed: 5 });
    const random = new Random(6);
    const { importPath } = await previewKit();
    const fixture = new Fixture(module.texts);
    const check = () => {
      const args = ['-typecheck', '-wmo', '-warnings-as-errors', '-swift-version', '5', '-I', importPath];
      execFileSync(swiftc, [...args, ...module.fileNames.map((name) => fixture.path(name))], { env: toolEnvironment });
    };
    check();
    for (let count = 1; count <= edits; count += 1) {
      module.edit(random);
      if (count % 5 !== 0) continue;
      for (const [name, text] of Object.entries(module.texts)) fixture.write(name, text);
      check();
    }
  }

  it('compiles without a warning, as it is and after edits', () => expectNoWarning(5));
  full.it('compiles without a warning after many edits', () => expectNoWarning(50), 300_000);
});
