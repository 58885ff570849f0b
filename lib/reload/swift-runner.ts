import { HotswiftError, isHotswiftError } from '../errors.js';
import type { PreviewInfo } from '../types.js';
import { type Drawing, fromNative, loadAddon, type NativeEngine } from './native.js';
import { selectPreview } from './select-preview.js';
import type { AgentNeeds, DrawRequest, GenerationPlan, LiteralRead, LiteralValue, Redrawn, RedrawRequest } from './structural-reloader.js';

interface LoadedGeneration {
  generation: number;
  plan: GenerationPlan;
}

export interface RunnerOptions {
  /** Folders of the Swift runtime and of the user's libraries. */
  librarySearchPaths: string[];
  /** Whether debuggers are told of what is linked. */
  debug: boolean;
}

/** The raw values of `LiteralKind` in PreviewKit. */
const literalKinds: Record<LiteralValue['kind'], number> = { integer: 0, float: 1, boolean: 2, string: 3 };

/** In the place of one: the literal is to have its own value. */
const ownValue = 255;

/** The bits of `LiteralFlags` in PreviewKit. */
const literalFlags = { isRead: 1, isTainted: 2, isNotConvertible: 4, wasRead: 8 };

/** `undefined` where there is no such preview, where it throws, and where what it returns is no picture. */
export async function pictureOrNothing<Picture>(draw: () => Promise<Picture>): Promise<Picture | undefined> {
  try {
    return await draw();
  } catch (error) {
    if (!isHotswiftError(error) || error.code !== 'ERR_HOTSWIFT_PREVIEW') throw error;
    return undefined;
  }
}

/** Runs generations in this process, on this thread: in the host, or in an agent. */
export class SwiftRunner {
  readonly #engine: NativeEngine;
  #newest: LoadedGeneration | undefined;
  #before: LoadedGeneration | undefined;
  /** Objects of previewed files that were linked. */
  readonly #read = new Set<string>();
  /** Those that do not have their own values. */
  #literals: ReadonlySet<number> = new Set();

  constructor({ librarySearchPaths, debug }: RunnerOptions) {
    this.#engine = new (loadAddon().Engine)(librarySearchPaths, debug);
  }

  get loaded(): boolean {
    return this.#newest !== undefined;
  }

  /** Loads libraries ahead of need. No Swift code runs. */
  async prepare({ libraries, stableLibrary }: AgentNeeds): Promise<void> {
    await this.#translate(() => this.#engine.addGeneration([], libraries, { stableLibrary, willPatch: stableLibrary !== undefined }));
  }

  /** `state`: of another process, to be there when the code begins. */
  async load(plan: GenerationPlan, state?: Uint8Array): Promise<void> {
    const { objects, libraries, stableLibrary, patches, previewed, script, literals } = plan;
    const check = script === undefined ? undefined : { position: script, previewed };
    // An object that is linked again has the numbers that it had: what is known of them stays true of what runs until then.
    const object = objects[previewed] ?? '';
    const options = { script: check, stableLibrary, patches, literals: this.#read.has(object) ? undefined : literals, state };
    this.#read.add(object);
    const generation = await this.#translate(() => this.#engine.addGeneration(objects, libraries, options));
    this.#before = this.#newest;
    this.#newest = { generation, plan };
  }

  /** Has the newest generation's `PreviewSetup` types do what they are for. Resolves with what they threw, if they did. */
  setUp(): Promise<string | undefined> {
    const { generation } = this.#require();
    return this.#translate(() => this.#engine.setUp(generation));
  }

  /** Goes back to the generation before the newest. */
  revert(): void {
    this.#newest = this.#before;
  }

  previews(): Promise<PreviewInfo[]> {
    const { generation, plan } = this.#require();
    return this.#translate(() => this.#engine.previews(generation, plan.previewed));
  }

  draw({ index, width = 0, height = 0, scale, traits }: DrawRequest): Promise<Drawing> {
    const { generation, plan } = this.#require();
    const pairs = Object.entries(traits).flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
    return this.#translate(() => this.#engine.draw(generation, plan.previewed, { index, width, height, scale, traits: pairs }));
  }

  call(symbol: string): Promise<number> {
    const { generation, plan } = this.#require();
    return this.#translate(() => {
      if (plan.script !== undefined) loadAddon().requireNoScriptVariables(plan.objects, plan.script, symbol);
      return this.#engine.call(generation, symbol);
    });
  }

  setLiterals(values: readonly LiteralValue[]): void {
    const wanted = values.map(({ id, kind, text }) => ({ id, kind: literalKinds[kind], text }));
    const ids = new Set(values.map(({ id }) => id));
    // Those of other runners in this process are none of our business.
    for (const id of this.#literals) if (!ids.has(id)) wanted.push({ id, kind: ownValue, text: '' });
    this.#literals = ids;
    this.#engine.setLiterals(
      Uint32Array.from(wanted, ({ id }) => id),
      Uint8Array.from(wanted, ({ kind }) => kind),
      wanted.map(({ text }) => text),
    );
  }

  literalReads(ids: readonly number[]): LiteralRead[] {
    const flags = this.#engine.literalReads(Uint32Array.from(ids));
    return ids.map((id, index) => {
      const has = (flag: number) => ((flags[index] ?? 0) & flag) !== 0;
      const { isRead, wasRead, isTainted, isNotConvertible } = literalFlags;
      return { id, isRead: has(isRead), wasRead: has(wasRead), isTainted: has(isTainted), isConvertible: !has(isNotConvertible) };
    });
  }

  /** See {@link Redrawn}; the drawing is still to become a picture. */
  async redraw({ values, literals, preview, draw }: RedrawRequest): Promise<{ redrawn: Redrawn; drawing?: Drawing }> {
    const before = this.literalReads(literals);
    this.setLiterals(values);
    const previews = await this.previews();
    const drawing = await pictureOrNothing(async () => this.draw({ ...draw, index: selectPreview(previews, preview).index }));
    return { redrawn: { before, after: this.literalReads(literals), previews }, drawing };
  }

  /** The values of all `@Persisted` variables, if some have changed since this was called last. */
  takeState(): Uint8Array | undefined {
    return this.#engine.takeState();
  }

  restoreState(state: Uint8Array): void {
    this.#engine.restoreState(state);
  }

  #require(): LoadedGeneration {
    if (this.#newest === undefined) throw new HotswiftError('ERR_HOTSWIFT_ARGUMENT', 'no generation is loaded');
    return this.#newest;
  }

  async #translate<Value>(work: () => Value | Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      throw fromNative(error, this.#engine);
    }
  }
}
