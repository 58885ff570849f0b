import { EventEmitter } from 'node:events';
import type { PreviewInfo } from '../types.js';
import type { Drawing } from './native.js';
import type { DrawRequest, GenerationPlan, Picture, ReloaderEvents, StructuralReloader } from './structural-reloader.js';
import { type RunnerOptions, SwiftRunner } from './swift-runner.js';

/** Turns drawings into PNGs, on another thread than the host's. */
export interface Rasteriser {
  rasterise(drawing: Drawing, scale: number): Promise<Picture>;
  close(): Promise<void>;
}

/** Runs Swift in the host, on the thread that made the reloader. A crash of it ends the host; nothing that was linked is ever freed. */
export class InProcessReloader extends EventEmitter<ReloaderEvents> implements StructuralReloader {
  readonly agent = null;
  readonly #runner: SwiftRunner;
  readonly #rasteriser: Rasteriser;

  constructor(options: RunnerOptions, rasteriser: Rasteriser) {
    super();
    this.#runner = new SwiftRunner(options);
    this.#rasteriser = rasteriser;
  }

  get loaded(): boolean {
    return this.#runner.loaded;
  }

  load(plan: GenerationPlan): Promise<void> {
    return this.#runner.load(plan);
  }

  async accept(): Promise<void> {}

  async revert(): Promise<void> {
    this.#runner.revert();
  }

  previews(): Promise<PreviewInfo[]> {
    return this.#runner.previews();
  }

  async draw(request: DrawRequest): Promise<Picture> {
    return this.#rasteriser.rasterise(await this.#runner.draw(request), request.scale);
  }

  call(symbol: string): Promise<number> {
    return this.#runner.call(symbol);
  }

  close(): Promise<void> {
    return this.#rasteriser.close();
  }
}
