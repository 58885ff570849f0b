import { PNG } from 'pngjs';

/** A decoded PNG. */
export class Picture {
  readonly width: number;
  readonly height: number;
  readonly #data: Buffer;

  constructor(png: Buffer) {
    const { width, height, data } = PNG.sync.read(png);
    this.width = width;
    this.height = height;
    this.#data = data;
  }

  /** `#rrggbb`, with two more digits where the pixel is not opaque. */
  pixel(x: number, y: number): string {
    const start = (y * this.width + x) * 4;
    const [red = 0, green = 0, blue = 0, alpha = 0] = this.#data.subarray(start, start + 4);
    const digits = (alpha === 255 ? [red, green, blue] : [red, green, blue, alpha]).map((channel) => channel.toString(16).padStart(2, '0'));
    return `#${digits.join('')}`;
  }

  /** How many pixels have this colour. */
  count(color: string): number {
    let found = 0;
    for (let y = 0; y < this.height; y += 1) for (let x = 0; x < this.width; x += 1) found += this.pixel(x, y) === color ? 1 : 0;
    return found;
  }
}
