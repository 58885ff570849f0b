import debug from 'debug';
import type { NativeIndexes, ObjectVersions } from './native-indexes.js';
import type { StableLibrary } from './stable-library.js';

const log = debug('hotswift:build');

/** Finds out, and remembers, which objects can take the places of former versions in a library. */
export class PatchTrials {
  readonly #try: NativeIndexes['tryPatches'];
  #library: StableLibrary | undefined;
  /** By object, of the library: whether it can. */
  #known = new Map<string, boolean>();

  constructor(tryPatches: NativeIndexes['tryPatches']) {
    this.#try = tryPatches;
  }

  /** Those of the files, each with its object, whose objects in the library can be patched. */
  async patchable(library: StableLibrary, files: ReadonlyMap<string, string>): Promise<Map<string, string>> {
    if (this.#library !== library) this.#known = new Map();
    this.#library = library;
    const untried: ObjectVersions[] = [];
    const known = new Map<string, boolean>();
    for (const [file, present] of files) {
      const former = library.objects.get(file);
      const answer = this.#known.get(present);
      if (answer !== undefined) known.set(present, answer);
      else if (former !== undefined) untried.push({ former, present });
    }
    const obstacles = untried.length > 0 ? await this.#try(untried, library.path) : [];
    for (const [index, { present }] of untried.entries()) {
      if (obstacles[index] !== '') log('not patched: %s', obstacles[index]);
      known.set(present, obstacles[index] === '');
    }
    this.#known = known;
    return new Map([...files].filter(([, object]) => known.get(object) === true));
  }

  /** These objects were refused when they were loaded. */
  refuse(objects: Iterable<string>): void {
    for (const object of objects) this.#known.set(object, false);
  }
}
