import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import examples from '../../examples/examples.json';
import type { HotswiftError, ReloadResult, Session } from '../../lib/index.js';
import { Fixture } from './fixture';
import { Picture } from './picture';
import { openSession, recordEvents } from './session';

export type ExampleName = keyof typeof examples;

/** A text of a file, and what an editor puts in its place. */
export interface Edit {
  /** Below the example's folder. Default: the previewed file. */
  file?: string;
  old: string;
  new: string;
}

/** A watched session on a copy of an example. */
export class Example {
  /** The `crash`, `respawn` and `reload-error` events so far. */
  readonly events: unknown[][];

  /** Rejects if the example does not compile. Resolves when the background has nothing left to do. */
  static async open(name: ExampleName, generationCap: number): Promise<Example> {
    const repository = path.join(__dirname, '..', '..');
    const copy = new Fixture();
    // As they lie in the repository: packages depend on PreviewKit by path.
    for (const part of ['swift/PreviewKit', path.join('examples', name)]) {
      cpSync(path.join(repository, part), copy.path(part), { recursive: true, filter: (file) => path.basename(file) !== '.build' });
    }
    const folder = copy.path(path.join('examples', name));
    const session = await openSession({ file: path.join(folder, examples[name]), watch: true, generationCap });
    if (session.error) throw session.error;
    await session.idle();
    return new Example(session, folder);
  }

  private constructor(
    readonly session: Session,
    /** Of the copy. */
    readonly folder: string,
  ) {
    this.events = recordEvents(session, 'crash', 'respawn', 'reload-error');
  }

  /** Saves an edit, and resolves with what the watcher makes of it. */
  save(edit: Edit): Promise<ReloadResult> {
    return this.#save(edit).then((outcome) => ('code' in outcome ? Promise.reject(outcome) : outcome));
  }

  /** Saves an edit that does not work, and resolves with the error. */
  async saveBroken(edit: Edit): Promise<HotswiftError> {
    const outcome = await this.#save(edit);
    if (!('code' in outcome)) throw new Error(`it works: ${outcome.reason}`);
    return outcome;
  }

  async picture(preview?: string): Promise<Picture> {
    const snapshot = await this.session.snapshot({ preview });
    return new Picture(snapshot.data);
  }

  async #save({ file, old, new: replacement }: Edit): Promise<ReloadResult | HotswiftError> {
    const edited = file === undefined ? this.session.file : path.join(this.folder, file);
    const text = readFileSync(edited, 'utf8');
    if (text.split(old).length !== 2) throw new Error(`${edited} does not say ${old} once`);
    const { session } = this;
    const outcome = new Promise<ReloadResult | HotswiftError>((resolve) => {
      const settle = (value: ReloadResult | HotswiftError) => {
        session.off('reload', settle).off('reload-error', settle);
        resolve(value);
      };
      session.on('reload', settle).on('reload-error', settle);
    });
    writeFileSync(
      edited,
      text.replace(old, () => replacement),
    );
    return outcome;
  }
}
