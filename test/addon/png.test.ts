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

  it('come back as they were where only some pixels of a row, or some rows, are opaque', () => {
    const rows = [
      [9, 9, 9, 255, 8, 8, 8, 255, 7, 7, 7, 255],
      [9, 9, 9, 255, 50, 50, 50, 100, 7, 7, 7, 255],
      [0, 0, 0, 0, 8, 8, 8, 255, 0, 0, 0, 0],
    ];
    const { data } = decoded(Uint8Array.from(rows.flat()), 3, 3, true);
    expect([...data]).toEqual([...rows[0], 9, 9, 9, 255, 128, 128, 128, 100, 7, 7, 7, 255, ...rows[2]]);
  });

  it('leave nothing of a picture in the next one, whichever is larger', () => {
    for (const [width, height] of [
      [40, 30],
      [3, 2],
      [2200, 2000],
      [40, 30],
    ]) {
      const source = new Uint8Array(width * height * 4);
      for (let index = 0; index < source.length; index += 1) source[index] = index % 4 === 3 ? 255 : index >> 5;
      expect(decoded(source, width, height, true).data.equals(source)).toBe(true);
    }
  });

  it('come back as they were when there is nothing to compress', () => {
    let state = 1;
    const noise = Uint8Array.from({ length: 4 * 300 * 200 }, () => {
      state = Math.imul(state, 1_103_515_245) + 12_345;
      return state >>> 24;
    });
    expect(decoded(noise, 300, 200, false).data.equals(noise)).toBe(true);
  });

  it('are chunks as the specification wants them, and no more than are needed', () => {
    const file = encodePng(pixels(5, 4, opaque), { width: 5, height: 4, premultiplied: false });
    expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    const types: string[] = [];
    let at = 8;
    for (; at < file.length; at += 12 + file.readUInt32BE(at)) {
      const end = at + 8 + file.readUInt32BE(at);
      expect(file.readUInt32BE(end)).toBe(crc32(file.subarray(at + 4, end)));
      types.push(file.toString('latin1', at + 4, at + 8));
    }
    expect(at).toBe(file.length);
    expect(types).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect(file.toString('hex', 16, 29)).toBe('00000005000000040806000000');
  });
});

/** By the definition in the PNG specification's annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
