import { selectPreview } from '../reload/select-preview.js';
import type { LiteralValue, Picture, Redrawn, RedrawRequest, StructuralReloader } from '../reload/structural-reloader.js';
import { pictureOrNothing } from '../reload/swift-runner.js';
import type { PreviewInfo, Snapshot, SnapshotOptions, Traits } from '../types.js';

type PictureRequest = Omit<SnapshotOptions, 'signal'>;

/** As many as a tool shows side by side. */
const mostRemembered = 4;

/** Draws the previews of the generation that is loaded. */
export class PreviewPictures {
  /** The environment the previews are shown in. */
  traits: Traits;
  readonly #reloader: StructuralReloader;
  readonly #defaultPreview: number | string;
  #previews: PreviewInfo[] | undefined;
  /** What was asked for and worked, the last one first. */
  #asked: PictureRequest[] = [];
  /** The last pictures, by what was asked for. */
  readonly #latest = new Map<string, Snapshot>();
  /** Pictures that nobody has seen yet. */
  readonly #prefetched = new Map<string, Snapshot>();

  constructor(reloader: StructuralReloader, defaultPreview: number | string, traits: Traits) {
    this.#reloader = reloader;
    this.#defaultPreview = defaultPreview;
    this.traits = traits;
  }

  /** Another generation is loaded. */
  forget(): void {
    this.#previews = undefined;
    this.#prefetched.clear();
  }

  /** Swift code has run, and what it holds may be drawn another way. */
  forgetPrefetched(): void {
    this.#prefetched.clear();
  }

  async list(): Promise<PreviewInfo[]> {
    this.#previews ??= await this.#reloader.previews();
    return this.#previews;
  }

  /** The last pictures of what was asked for lately, as it would be asked for now: bytes of PNGs. */
  get latest(): ReadonlyMap<string, Buffer> {
    const keys = new Set((this.#asked.length === 0 ? [{}] : this.#asked).map((request) => this.#keyOf(request)));
    return new Map([...this.#latest].filter(([key]) => keys.has(key)).map(([key, { data }]) => [key, data]));
  }

  /** Draws all that was asked for lately, but what was asked for last. */
  async drawOthers(generation: number): Promise<void> {
    const others = this.prefetchOthers(generation);
    while (!(await others.next()).done);
  }

  /** Draws what was asked for last, so that the next `take` has it already. A preview that is missing or throws is that one's error. */
  prefetch(generation: number): Promise<void> {
    return this.#prefetch(this.#usual, generation);
  }

  /**
   * Sets literals and draws what was asked for last, which the next `take` has then. Resolves with how these literals had been read, and how they were read.
   */
  async redraw(values: LiteralValue[], literals: number[], generation: number): Promise<Pick<Redrawn, 'before' | 'after'>> {
    const request = this.#usual;
    const key = this.#keyOf(request);
    this.forget();
    this.#latest.delete(key);
    const { before, after, previews, picture } = await this.#reloader.redraw(this.usualRequest(values, literals));
    this.#previews = previews;
    if (picture !== undefined) this.#prefetched.set(key, await this.#keep(request, picture, generation));
    return { before, after };
  }

  /** Draws what else was asked for, a picture each turn, which the next `take` has then. */
  async *prefetchOthers(generation: number): AsyncGenerator<void> {
    for (const request of this.#asked.slice(1)) {
      await this.#prefetch(request, generation);
      yield;
    }
  }

  /** How many different pictures were asked for. */
  get variety(): number {
    return Math.max(1, this.#asked.length);
  }

  /** A picture, of which `stale` is for the caller to say. One that was prefetched is given once: what Swift holds may change without a reload. */
  async take(request: PictureRequest, generation: number): Promise<Snapshot> {
    const key = this.#keyOf(request);
    const prefetched = this.#prefetched.get(key);
    this.#prefetched.delete(key);
    const snapshot = prefetched ?? (await this.#draw(request, generation));
    const others = this.#asked.filter((other) => this.#keyOf(other) !== key);
    this.#asked = [request, ...others].slice(0, mostRemembered);
    const keys = new Set(this.#asked.map((asked) => this.#keyOf(asked)));
    for (const known of this.#latest.keys()) if (!keys.has(known)) this.#latest.delete(known);
    return snapshot;
  }

  /** What sets values and draws what was asked for last, in whichever process. */
  usualRequest(values: LiteralValue[], literals: number[] = []): RedrawRequest {
    return { values, literals, ...this.#complete(this.#usual) };
  }

  /** The last picture of what is asked for, if it is remembered. */
  lastOf(request: PictureRequest): Snapshot | undefined {
    return this.#latest.get(this.#keyOf(request));
  }

  get #usual(): PictureRequest {
    return this.#asked[0] ?? {};
  }

  async #prefetch(request: PictureRequest, generation: number): Promise<void> {
    const snapshot = await pictureOrNothing(() => this.#draw(request, generation));
    if (snapshot !== undefined) this.#prefetched.set(this.#keyOf(request), snapshot);
  }

  async #draw(request: PictureRequest, generation: number): Promise<Snapshot> {
    const { preview, draw } = this.#complete(request);
    const { index } = selectPreview(await this.list(), preview);
    this.#latest.delete(this.#keyOf(request));
    return this.#keep(request, await this.#reloader.draw({ index, ...draw }), generation);
  }

  /** What is asked for, with what is not said. */
  #complete({ preview = this.#defaultPreview, width, height, scale = 1, traits }: PictureRequest) {
    return { preview, draw: { width, height, scale, traits: { ...this.traits, ...traits } } };
  }

  async #keep(request: PictureRequest, picture: Picture, generation: number): Promise<Snapshot> {
    const { preview, draw } = this.#complete(request);
    const snapshot = { ...picture, scale: draw.scale, generation, preview: selectPreview(await this.list(), preview), stale: false };
    this.#latest.set(this.#keyOf(request), snapshot);
    return snapshot;
  }

  /** Equal for requests that ask for the same picture. */
  #keyOf(request: PictureRequest): string {
    const { preview, draw } = this.#complete(request);
    const all = Object.entries(draw.traits).sort(([one], [other]) => (one < other ? -1 : 1));
    return JSON.stringify([preview, draw.width, draw.height, draw.scale, all]);
  }
}
