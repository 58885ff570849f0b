import { defaultCacheSize } from '../../lib/project/cache-bound.js';

describe('what the cache may take', () => {
  afterEach(() => {
    delete process.env.HOTSWIFT_CACHE_SIZE;
  });

  it.each([
    ['1000', 1000],
    ['0', 0],
    ['500M', 500 * 2 ** 20],
    ['4G', 4 * 2 ** 30],
    ['1.5g', 1.5 * 2 ** 30],
    ['2 GiB', 2 * 2 ** 30],
    ['64KB', 64 * 2 ** 10],
    ['1T', 2 ** 40],
    ['', 4 * 2 ** 30],
  ])('is read from the environment: %p', (value, bytes) => {
    process.env.HOTSWIFT_CACHE_SIZE = value;
    expect(defaultCacheSize()).toBe(bytes);
  });

  it.each(['4X', 'G', '-1', '1e3', '99999999999999G', '4 5'])('is refused where it is no size: %p', (value) => {
    process.env.HOTSWIFT_CACHE_SIZE = value;
    const message = `HOTSWIFT_CACHE_SIZE: '${value}' is not a size: expected bytes, or a number with K, M, G or T behind it, such as 500M or 4G`;
    expect(defaultCacheSize).toThrow(expect.objectContaining({ code: 'ERR_HOTSWIFT_ARGUMENT', message }));
  });
});
