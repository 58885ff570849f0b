import type { Traits, TraitValues } from '../types.js';

/**
 * Every combination of some traits' values, the last trait changing fastest, each made when it is asked for: there can be more than a memory holds. One
 * without any trait if there are none; none if a trait has no value.
 */
export function* combine(values: TraitValues): Generator<Traits, undefined> {
  // What the caller makes of its lists in the meantime changes nothing.
  const traits = Object.entries(values).map(([name, list = []]) => ({ name, list: [...list], at: 0 }));
  if (traits.some(({ list }) => list.length === 0)) return;
  do {
    yield Object.fromEntries(traits.map(({ name, list, at }) => [name, list[at]]));
  } while (advance(traits));
}

/** To the next combination; false if that was the last. */
function advance(traits: { list: unknown[]; at: number }[]): boolean {
  for (const trait of [...traits].reverse()) {
    trait.at = (trait.at + 1) % trait.list.length;
    if (trait.at > 0) return true;
  }
  return false;
}
