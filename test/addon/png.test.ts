import { PNG } from 'pngjs';
import { loadAddon } from '../../lib/reload/native.js';

describe('pixels that were encoded as a PNG', () => {
  const { encodePng } = loadAddon();

  const pixels = (width: number, height: number, pixel: (x: number, y: number) => number[]) =>
    Uint8Array.from(Array.from({ length: width * height }, (_, index) => pixel(index % width, Math.floor(index / width))).flat());

  function decoded(source: Uint8Array, width: number, height: number, premultiplied: boolean): PNG {
    const picture = PNG.sync.read(encodePng(source, { width, height, premultiplied }));
    expect([picture.width, picture.height, picture.data.length]).toEqual([width, height, width * height * 4]);
    return picture;
  }

  const opaque = (x: number, y: number) => [x * 7, y * 11, (x * y) & 255, 255];
  const translucent = (x: number, y: number) => [x * 7, 255 - y * 11, (x ^ y) * 9, (x * 13 + y) & 255];

  it.each([
    ['opaque', 33, 21, opaque],
    ['translucent, not premultiplied', 33, 21, translucent],
    ['of one pixel', 1, 1, () => [1, 2, 3, 4]],
    ['one row of twenty thousand', 20_000, 1, (x: number) => [x & 255, x >> 8, 77, 255]],
    ['one column', 1, 300, (_: number, y: number) => [y & 255, y >> 8, 5, 200]],
  ])('come back as they were: %s', (_, width, height, pixel) => {
    const source = pixels(width, height, pixel);
    expect(decoded(source, width, height, false).data.equals(source)).toBe(true);
  });

  it('come back as they were when they are opaque and said to be premultiplied', () => {
    const source = pixels(16, 16, opaque);
    expect(decoded(source, 16, 16, true).data.equals(source)).toBe(true);
  });

  it('come back without their alpha in the colours when they were premultiplied', () => {
    const width = 256;
    const straight = pixels(width, 64, (x, y) => [y * 4, 255 - y * 4, 128, x]);
    const premultiplied = straight.map((value, index) => (index % 4 === 3 ? value : Math.round((value * straight[index | 3]) / 255)));
    const { data } = decoded(premultiplied, width, 64, true);
    const farthest = data.reduce((distance, value, index) => {
      const alpha = data[index | 3];
      expect(alpha).toBe(straight[index | 3]);
      // What premultiplying rounded off comes back divided by alpha.
      const lost = alpha === 0 ? 255 : Math.ceil(127.5 / alpha);
      return Math.max(distance, Math.abs(value - straight[index]) - (index % 4 === 3 || alpha === 255 ? 0 : lost));
    }, 0);
    expect(farthest).toBeLessThanOrEqual(1);
  });

  it('come back within one of the exact quotient, the brightest where the colours exceed alpha', () => {
    const source = Uint8Array.from([100, 50, 25, 128, 200, 0, 0, 100, 0, 0, 0, 0, 255, 1, 0, 255]);
    const { data } = decoded(source, 4, 1, true);
    expect([...data]).toEqual([199, 100, 50, 128, 255, 0, 0, 100, 0, 0, 0, 0, 255, 1, 0, 255]);
  });
});
