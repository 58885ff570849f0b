import { setImmediate } from 'node:timers/promises';
import { mapEnded } from '../../lib/project/all-ended.js';

describe('mapEnded', () => {
  it('works on no more than so many at a time, and has the results in order', async () => {
    let atWork = 0;
    let most = 0;
    const double = async (item: number) => {
      atWork += 1;
      most = Math.max(most, atWork);
      for (let count = 0; count < 5 - item; count += 1) await setImmediate();
      atWork -= 1;
      return item * 2;
    };
    expect(await mapEnded([1, 2, 3, 4, 5], 2, double)).toEqual([2, 4, 6, 8, 10]);
    expect(most).toBe(2);
    expect(await mapEnded([], 2, double)).toEqual([]);
  });

  it('is rejected once nothing is at work any more, and begins nothing else', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      if (item === 1) throw new Error('first');
      await setImmediate();
      ended.push(item);
    };
    await expect(mapEnded([1, 2, 3, 4], 2, work)).rejects.toThrow('first');
    expect(begun).toEqual([1, 2]);
    expect(ended).toEqual([2]);
  });
});
