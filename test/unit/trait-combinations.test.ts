import type { Traits, TraitValues } from '../../lib/index.js';
import { combine } from '../../lib/preview/trait-combinations.js';

describe('the combinations of traits', () => {
  it.each<[string, TraitValues, Traits[]]>([
    ['are one without any traits', {}, [{}]],
    ['are none where a trait has no value', { locale: ['en-US'], third: [] }, []],
    ['are the values of one', { locale: ['en-US', undefined] }, [{ locale: 'en-US' }, { locale: undefined }]],
    [
      'have the last trait change fastest',
      { colorScheme: ['light', 'dark'], textScale: [1], third: ['a', 'b', 'c'] },
      ['light', 'dark'].flatMap((colorScheme) => ['a', 'b', 'c'].map((third) => ({ colorScheme, textScale: 1, third }) as Traits)),
    ],
  ])('%s', (_, values, expected) => {
    expect([...combine(values)]).toEqual(expected);
  });

  it('are made when they are asked for, however many there are', () => {
    const values = Object.fromEntries(
      Array.from({ length: 6 }, (_, trait) => [`t${trait}`, Array.from({ length: 100 }, (_, value) => value)]),
    );
    const combinations = combine(values);
    const some = Array.from({ length: 10_001 }, () => combinations.next().value);
    expect(some[0]).toEqual({ t0: 0, t1: 0, t2: 0, t3: 0, t4: 0, t5: 0 });
    expect(some[10_000]).toEqual({ t0: 0, t1: 0, t2: 0, t3: 1, t4: 0, t5: 0 });
  });

  it('are those of the values that were handed over', () => {
    const values = { third: ['a', 'b'] };
    const combinations = combine(values);
    combinations.next();
    values.third.length = 0;
    expect([...combinations]).toEqual([{ third: 'b' }]);
  });
});
