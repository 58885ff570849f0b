import { isHotswiftError } from '../errors.js';
import type { StructuralReloader } from '../reload/structural-reloader.js';
import type { PreviewInfo, Snapshot, SnapshotOptions, Traits } from '../types.js';
import { selectPreview } from './select-preview.js';

type PictureRequest = Omit<SnapshotOptions, 'signal'>;

/** Draws the previews of the generation that is loaded. */
export class PreviewPictures {
  /** The environment the previews are shown in. */
  traits: Traits;
  readonly #reloader: StructuralReloader;
  readonly #defaultPreview: number | string;
  #previews: PreviewInfo[] | undefined;
  /** What was asked for last, and worked. */
  #usual: PictureRequest = {};
  /** A picture that nobody has seen yet, and what was asked for. */
  #prefetched: { key: string; snapshot: Snapshot } | undefined;

  constructor(reloader: StructuralReloader, defaultPreview: number | string, traits: Traits) {
    this.#reloader = reloader;
    this.#defaultPreview = defaultPreview;
    this.traits = traits;
  }

  /** Another generation is loaded. */
  forget(): void {
    this.#previews = undefined;
    this.#prefetched = undefined;
  }

  /** Swift code has run, and what it holds may be drawn another way. */
  forgetPrefetched(): void {
    this.#prefetched = undefined;
  }

  async list(): Promise<PreviewInfo[]> {
    this.#previews ??= await this.#reloader.previews();
    return this.#previews;
  }

  /** Draws what was asked for last, so that the next `take` has it already. A preview that is missing or throws is that one's error. */
  async prefetch(generation: number): Promise<void> {
    try {
      const snapshot = await this.#draw(this.#usual, generation);
      this.#prefetched = { key: this.#keyOf(this.#usual, generation), snapshot };
    } catch (error) {
      if (!isHotswiftError(error) || error.code !== 'ERR_HOTSWIFT_PREVIEW') throw error;
    }
  }

  /** A picture, of which `stale` is for the caller to say. One that was prefetched is given once: what Swift holds may change without a reload. */
  async take(request: PictureRequest, generation: number): Promise<Snapshot> {
    const prefetched = this.#prefetched;
    this.#prefetched = undefined;
    const isSame = prefetched?.key === this.#keyOf(request, generation);
    const snapshot = isSame ? prefetched.snapshot : await this.#draw(request, generation);
    this.#usual = request;
    return snapshot;
  }

  async #draw(request: PictureRequest, generation: number): Promise<Snapshot> {
    const { preview: wanted = this.#defaultPreview, width, height, scale = 1 } = request;
    const preview = selectPreview(await this.list(), wanted);
    const traits = { ...this.traits, ...request.traits };
    const picture = await this.#reloader.draw({ index: preview.index, width, height, scale, traits });
    return { ...picture, scale, generation, preview, stale: false };
  }

  /** Equal for requests that ask for the same picture. */
  #keyOf({ preview = this.#defaultPreview, width, height, scale = 1, traits }: PictureRequest, generation: number): string {
    const all = Object.entries({ ...this.traits, ...traits }).sort(([one], [other]) => (one < other ? -1 : 1));
    return JSON.stringify([generation, preview, width, height, scale, all]);
  }
}
