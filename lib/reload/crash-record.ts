import { closeSync, readSync } from 'node:fs';
import { describeBacktrace, readBacktrace } from './backtrace.js';
import { loadAddon } from './native.js';

/** What it takes to name the places of a backtrace. */
export interface SymbolSources {
  /** The toolchain's `swift-demangle`. */
  demangler: string;
  /** The objects that a stable library was linked from. */
  objectsOf(library: string): Iterable<string>;
}

/** Where the thread was that crashed. */
export interface CrashPlace {
  /** The frames, innermost first. */
  backtrace: string[];
  /** The objects that their code was linked from. */
  objects: ReadonlySet<string>;
}

/** What an agent writes down about its code, and in the moment of its crash; see native/crash_record.h. */
export class CrashRecord {
  /** For the agent; `undefined` where crashes are not recorded. */
  readonly descriptor: number | undefined;
  #isOpen: boolean;
  #isRead = false;

  constructor() {
    const descriptor = loadAddon().makeCrashRecord();
    this.#isOpen = descriptor >= 0;
    this.descriptor = this.#isOpen ? descriptor : undefined;
  }

  /** Whether the agent, which has ended, has crashed in a way that it could write down. */
  get holdsCrash(): boolean {
    if (this.descriptor === undefined || !this.#isOpen) return false;
    const place = Buffer.alloc(8);
    return readSync(this.descriptor, place, 0, place.length, 0) === place.length && place.some((byte) => byte !== 0);
  }

  /** `undefined` if nothing can be read. Closes the record. */
  async takePlace(stableLibrary: string | undefined, { demangler, objectsOf }: SymbolSources): Promise<CrashPlace | undefined> {
    if (this.descriptor === undefined || !this.#isOpen) return undefined;
    // Were it closed meanwhile, another file would have its number.
    this.#isRead = true;
    try {
      const objects = stableLibrary === undefined ? [] : [...objectsOf(stableLibrary)];
      const found = await readBacktrace(this.descriptor, { stableLibrary: stableLibrary ?? '', objects });
      if (found === undefined || found.frames.length === 0) return undefined;
      return {
        backtrace: await describeBacktrace(found, demangler),
        objects: new Set(found.frames.map(({ object }) => object).filter(Boolean)),
      };
    } finally {
      this.#isRead = false;
      this.close();
    }
  }

  /** Gives the record up, once nothing reads it any more. Idempotent. */
  close(): void {
    if (this.descriptor === undefined || !this.#isOpen || this.#isRead) return;
    this.#isOpen = false;
    closeSync(this.descriptor);
  }
}
