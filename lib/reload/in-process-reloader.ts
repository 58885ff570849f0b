import { EventEmitter } from 'node:events';
import { HotswiftError, sessionClosed } from '../errors.js';
import type { PreviewInfo } from '../types.js';
import { type Drawing, loadAddon } from './native.js';
import type {
  DrawRequest,
  GenerationPlan,
  LiteralRead,
  LiteralValue,
  Picture,
  Redrawn,
  RedrawRequest,
  ReloaderEvents,
  StructuralReloader,
} from './structural-reloader.js';
import { pictureOrNothing, type RunnerOptions, SwiftRunner } from './swift-runner.js';

/** Turns drawings into PNGs, on another thread than the host's. */
export interface Rasteriser {
  rasterise(drawing: Drawing, scale: number): Promise<Picture>;
  close(): Promise<void>;
}

export interface InProcessReloaderOptions {
  runner: RunnerOptions;
  /** How long a drawing may suspend, in milliseconds; missing where there is no limit. */
  renderTimeout?: number;
}

/** The longest that a timer of Node waits. */
const never = 2 ** 31 - 1;

/** Runs Swift in the host, on the thread that made the reloader. A crash of it ends the host; nothing that was linked is ever freed. */
export class InProcessReloader extends EventEmitter<ReloaderEvents> implements StructuralReloader {
  readonly agent = null;
  /** Whether this process's DesignTimeStore has the literals of this session. */
  #ownsLiterals: boolean;
  readonly #runner: SwiftRunner;
  readonly #rasteriser: Rasteriser;
  readonly #renderTimeout: number | undefined;
  /** Those who wait for Swift code that has suspended. */
  readonly #waiting = new Set<(reason: HotswiftError) => void>();

  constructor({ runner, renderTimeout }: InProcessReloaderOptions, rasteriser: Rasteriser) {
    super();
    this.#runner = new SwiftRunner(runner);
    this.#renderTimeout = renderTimeout;
    this.#rasteriser = rasteriser;
    this.#ownsLiterals = loadAddon().claimLiterals();
  }

  get canSetLiterals(): boolean {
    return this.#ownsLiterals;
  }

  get loaded(): boolean {
    return this.#runner.loaded;
  }

  async prepareFresh(): Promise<void> {}

  async load(plan: GenerationPlan): Promise<string | undefined> {
    await this.#runner.load(plan);
    return this.#awaitSwift(this.#runner.setUp());
  }

  async accept(): Promise<void> {}

  async revert(): Promise<void> {
    this.#runner.revert();
  }

  previews(): Promise<PreviewInfo[]> {
    return this.#runner.previews();
  }

  async draw(request: DrawRequest): Promise<Picture> {
    const drawing = await this.#awaitSwift(this.#runner.draw(request));
    return this.#rasteriser.rasterise(drawing, request.scale);
  }

  async setLiterals(values: LiteralValue[]): Promise<void> {
    this.#runner.setLiterals(values);
  }

  async redraw(request: RedrawRequest): Promise<Redrawn> {
    const { redrawn, drawing } = await this.#awaitSwift(this.#runner.redraw(request));
    const { scale } = request.draw;
    return { ...redrawn, picture: await pictureOrNothing(async () => drawing && this.#rasteriser.rasterise(drawing, scale)) };
  }

  async literalReads(ids: number[]): Promise<LiteralRead[]> {
    return this.#runner.literalReads(ids);
  }

  call(symbol: string): Promise<number> {
    return this.#runner.call(symbol);
  }

  close(): Promise<void> {
    if (this.#ownsLiterals) loadAddon().releaseLiterals();
    this.#ownsLiterals = false;
    for (const giveUp of this.#waiting) giveUp(sessionClosed());
    return this.#rasteriser.close();
  }

  /** Code that has suspended and does not come back is given up, as nothing can end it: what it draws later goes nowhere. */
  async #awaitSwift<Value>(work: Promise<Value>): Promise<Value> {
    const ms = this.#renderTimeout;
    let giveUp: (reason: HotswiftError) => void = () => {};
    const givenUp = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const message = `render took longer than ${ms} ms and was given up`;
    const timeOut = () => giveUp(new HotswiftError('ERR_HOTSWIFT_TIMEOUT', message, { phase: 'render', ms }));
    // It also keeps the host alive, which what is to come from the main queue does not.
    const timer = setTimeout(timeOut, ms ?? never);
    this.#waiting.add(giveUp);
    try {
      return await Promise.race([work, givenUp]);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(giveUp);
    }
  }
}
