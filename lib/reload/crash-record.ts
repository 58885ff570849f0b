import { closeSync, readSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describeBacktrace } from './backtrace.js';
import { loadAddon } from './native.js';

/** What it takes to name the places of a backtrace. */
export interface SymbolSources {
  /** The toolchain's `swift-demangle`. */
  demangler: string;
  /** The objects that a stable library was linked from. */
  objectsOf(library: string): Iterable<string>;
}

/** Milliseconds after which an agent's end is told without a backtrace. */
const longestReading = 900;

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

  /** The frames of the thread that crashed, innermost first; `undefined` if they are not to be had, or not soon. Closes the record. */
  async takeBacktrace(stableLibrary: string | undefined, sources: SymbolSources): Promise<string[] | undefined> {
    const controller = new AbortController();
    const late = setTimeout(longestReading, undefined, { signal: controller.signal }).catch(() => undefined);
    try {
      return await Promise.race([this.#read(stableLibrary, sources), late]);
    } catch {
      // The process is gone whether or not anybody knows where it was.
      return undefined;
    } finally {
      controller.abort();
    }
  }

  /** Gives the record up, once nothing reads it any more. Idempotent. */
  close(): void {
    if (this.descriptor === undefined || !this.#isOpen || this.#isRead) return;
    this.#isOpen = false;
    closeSync(this.descriptor);
  }

  async #read(stableLibrary: string | undefined, { demangler, objectsOf }: SymbolSources): Promise<string[] | undefined> {
    // Were it closed meanwhile, another file would have its number.
    this.#isRead = true;
    try {
      const objects = stableLibrary === undefined ? [] : [...objectsOf(stableLibrary)];
      const backtrace = await loadAddon().readBacktrace(this.descriptor ?? -1, stableLibrary ?? '', objects);
      return backtrace.frames.length > 0 ? await describeBacktrace(backtrace, demangler) : undefined;
    } finally {
      this.#isRead = false;
      this.close();
    }
  }
}
