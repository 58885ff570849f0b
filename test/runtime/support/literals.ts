import type { GenerationPlan, LiteralRead, LiteralValue } from '../../../lib/reload/structural-reloader.js';
import { SwiftRunner } from '../../../lib/reload/swift-runner.js';
import { previewKit } from '../../support/cold-module';
import { Fixture, toolchain } from '../../support/fixture';
import { compileSwift } from '../../support/swift-objects';

/** What literals are to be, by their numbers. */
export type Values = Record<number, [LiteralValue['kind'], string]>;

export const values = (wanted: Values): LiteralValue[] =>
  Object.entries(wanted).map(([id, [kind, text]]) => ({ id: Number(id), kind, text }));

export const runnerOptions = () => ({ librarySearchPaths: toolchain().runtimeLibraries, debug: false });

/** The plan of a generation of one file, whose literals are 1 to 1,000. Its previews draw what `answers`, Swift expressions, are. */
export async function planOf(declarations: string, answers: readonly string[]): Promise<GenerationPlan> {
  const kit = await previewKit();
  const fixture = new Fixture({
    'Answers.swift': `import PreviewKit
${declarations}
func answers() -> String {
  var all: [String] = []
${answers.map((answer) => `  all.append(String(describing: ${answer}))\n`).join('')}
  return all.joined(separator: "\\n")
}
struct Answers: PreviewProvider {
  static var previews: [Preview] { Preview { SVG(answers()) } }
}
`,
  });
  const [object = ''] = compileSwift(fixture, 'Answers', ['Answers.swift'], ['-I', kit.importPath]);
  return { objects: [object], previewed: 0, libraries: [kit.library], literals: { first: 1, count: 1000 } };
}

/** Swift code whose literals have numbers, run in this process. */
export class LiteralCode {
  readonly #runner: SwiftRunner;

  private constructor(runner: SwiftRunner) {
    this.#runner = runner;
  }

  static async load(declarations: string, answers: readonly string[], runner = new SwiftRunner(runnerOptions())): Promise<LiteralCode> {
    await runner.load(await planOf(declarations, answers));
    return new LiteralCode(runner);
  }

  set(wanted: Values): void {
    this.#runner.setLiterals(values(wanted));
  }

  /** The answers, in a drawing of their own; after `wanted`, if it is given, was set. */
  async answers(wanted?: Values): Promise<string[]> {
    if (wanted !== undefined) this.set(wanted);
    const { bytes } = await this.#runner.draw({ index: 0, scale: 1, traits: {} });
    return Buffer.from(bytes).toString('utf8').split('\n');
  }

  call(symbol: string): Promise<number> {
    return this.#runner.call(symbol);
  }

  reads(...ids: number[]): LiteralRead[] {
    return this.#runner.literalReads(ids);
  }

  /** What is true of one literal. */
  read(id: number): string[] {
    const [read] = this.reads(id);
    return Object.entries(read ?? {}).flatMap(([name, value]) => (value === true ? [name] : []));
  }
}
