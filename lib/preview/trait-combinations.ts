import type { Traits, TraitValues } from '../types.js';

/** Every combination of some traits' values, the last trait changing fastest. One without any trait if there are none; none if a trait has no value. */
export function combine(values: TraitValues): Traits[] {
  return Object.entries(values).reduce<Traits[]>(
    (combinations, [name, list = []]) => combinations.flatMap((traits) => list.map((value) => ({ ...traits, [name]: value }))),
    [{}],
  );
}
