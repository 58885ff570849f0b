import { setTimeout } from 'node:timers/promises';
import { previewMacroEdits } from './edit/preview-macros.js';
import { SourceReader, type SourceSnapshot } from './edit/source-set.js';
import { UnsavedBuffers } from './edit/unsaved-buffers.js';
import { folderIsThere, type Watcher, watchModule } from './edit/watcher.js';
import { HotswiftError, isHotswiftError } from './errors.js';
import { type ModuleChange, moduleChanges, type RefreshOptions, type SessionModule } from './session-module.js';

export interface SourceListeners {
  /** Something on disk may be another now. */
  onChange(): void;
  onError(error: HotswiftError): void;
}

/** Milliseconds; editors rename, write and rename within a few. */
const momentOfASave = 150;
/** Milliseconds between saves that belong together, as those of a tool that rewrites a file over and over. */
const momentOfABurst = 30;

/** What a session's module consists of and says at the moment: on disk and in unsaved buffers, watched or asked for. */
export class SessionSources {
  readonly #module: SessionModule;
  readonly #listeners: SourceListeners;
  readonly #reader: SourceReader;
  readonly #buffers = new UnsavedBuffers();
  #watcher: Watcher | undefined;
  /** One after the other. */
  #watching: Promise<void> = Promise.resolve();
  /** Aborts the wait for folders that are gone. */
  #awaited = new AbortController();
  /** Whether what the module consists of may have changed since it was described; before the watcher was there, nobody looked. */
  #restructured = true;
  #closed = false;
  /** When something was noticed last, in milliseconds. */
  #noticed = 0;
  #change: ModuleChange = 'none';
  #version = 0;

  constructor(module: SessionModule, listeners: SourceListeners) {
    this.#module = module;
    this.#listeners = listeners;
    this.#reader = new SourceReader(module.stampFiles, (text) => previewMacroEdits(module.syntax, text));
  }

  /** Whether the module has to be described again before its texts mean anything. */
  get isRestructured(): boolean {
    return this.#restructured;
  }

  /** Goes up with every change of the module, whatever its texts. */
  get version(): number {
    return this.#version;
  }

  /** Resolves once saves are noticed. Rejects with ERR_HOTSWIFT_PROJECT if nothing can be watched. */
  watch(): Promise<void> {
    const watching = this.#watching.then(() => this.#watchNow());
    this.#watching = watching.catch(() => {});
    return watching;
  }

  async #watchNow(): Promise<void> {
    if (this.#closed) return;
    this.#awaited.abort();
    this.#awaited = new AbortController();
    const { signal } = this.#awaited;
    const { description, structure } = this.#module;
    const former = this.#watcher;
    this.#watcher = await watchModule(description.sources, structure, {
      onSave: (file) => void this.#onSave(file),
      onRestructured: () => this.#onRestructured(),
      onGone: () => void this.#watchAgain(signal),
      onError: this.#listeners.onError,
    });
    await former?.close();
    for (const folder of this.#watcher.missing) void this.#watchAgain(signal, folder);
  }

  async #onSave(file: string): Promise<void> {
    this.#noticed = performance.now();
    if (await this.#buffers.drop(file)) this.#listeners.onChange();
  }

  #onRestructured(): void {
    this.#restructured = true;
    this.#listeners.onChange();
  }

  /** `awaited`: a folder that has to be there first. What was saved by then may be anything. */
  async #watchAgain(signal: AbortSignal, awaited?: string): Promise<void> {
    try {
      if (awaited !== undefined) await folderIsThere(awaited, signal);
      if (signal.aborted) return;
      await this.watch();
      this.#onRestructured();
    } catch (error) {
      if (!signal.aborted) this.#listeners.onError(error as HotswiftError);
    }
  }

  /** Puts unsaved buffers, from path to text, in the place of those before. Throws ERR_HOTSWIFT_ARGUMENT if a path is none of the module's. */
  setBuffers(contents: Record<string, string>): void {
    for (const file of Object.keys(contents)) {
      if (!this.#module.description.sources.includes(file)) {
        const message = `reload: \`contents\`: ${file} is not the absolute path of a source of the module`;
        throw new HotswiftError('ERR_HOTSWIFT_ARGUMENT', message);
      }
    }
    this.#noticed = performance.now();
    this.#buffers.replace(contents);
  }

  /** Resolves when nothing has come for a moment. */
  async quiet(signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = this.#noticed + momentOfABurst - performance.now();
      if (left <= 0) return;
      await setTimeout(left, undefined, { signal });
    }
  }

  /** Describes the module again where it may have changed. `hasFailed`: whether it did not work as it was. Resolves with what became of it since {@link apply}. */
  async refresh(options: RefreshOptions & { hasFailed: boolean }): Promise<ModuleChange> {
    // Nobody watches what is installed.
    const mayBeInstalled = options.hasFailed && (this.#module.description.notInstalled ?? []).length > 0;
    if (this.#watcher !== undefined && !this.#restructured && !mayBeInstalled) return this.#change;
    this.#restructured = false;
    try {
      const change = await this.#module.refresh(options);
      if (change !== 'none') this.#version += 1;
      if (moduleChanges.indexOf(change) > moduleChanges.indexOf(this.#change)) this.#change = change;
      if (change !== 'none' && this.#watcher !== undefined) await this.watch();
      return this.#change;
    } catch (error) {
      // To be asked again.
      this.#restructured = true;
      throw error;
    }
  }

  /** What runs is of the module as it was described last. */
  apply(): void {
    this.#change = 'none';
  }

  /** Rejects with ERR_HOTSWIFT_PROJECT if a source is gone or cannot be read. */
  read(): Promise<SourceSnapshot> {
    return this.#reader.read(this.#module.description.sources, this.#buffers.texts);
  }

  /** A save that moves the old file away leaves a moment without any; the notice of the new one ends the wait. */
  async readSaved(signal: AbortSignal): Promise<SourceSnapshot> {
    try {
      return await this.read();
    } catch (error) {
      if (!isHotswiftError(error) || (error.cause as NodeJS.ErrnoException)?.code !== 'ENOENT') throw error;
      await setTimeout(momentOfASave, undefined, { signal });
      return this.read();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#awaited.abort();
    await this.#watching;
    await this.#watcher?.close();
  }
}
