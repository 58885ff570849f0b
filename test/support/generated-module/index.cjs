// Swift modules that look like an application's, of any number of files, and edits of them. Tests and benchmarks use the same ones.

const { ModelBuilder } = require('./model-builder.cjs');
const { Declarations } = require('./declarations.cjs');
const { singleEdits } = require('./edits.cjs');
const { Lookup, referencesOf } = require('./lookup.cjs');
const { Random } = require('./random.cjs');
const { renderFile } = require('./render-file.cjs');
const { previewedName } = require('./view.cjs');

/** @typedef {import('./model.js').Method} Method */
/** What an edit did: its kind, a sentence about it, and the new texts of the files that it touched. @typedef {{ kind: string, what: string, texts: Record<string, string> }} GeneratedEdit */

/** An edit can find nothing to change, and several can cancel one another. */
const attempts = 50;
/** How many edits can be taken back. */
const kept = 20;

/** The kinds of edits, for {@link GeneratedModule.edit}. */
const editKinds = Object.freeze([...Object.keys(singleEdits), 'several', 'taken back']);

/**
 * A module of Swift files whose declarations use one another: every file but the last is used by others, most by five at most, and from a
 * hundred files on a few by ten and by fifty. The last file, `View.swift`, previews a picture that depends on values from all of them and has
 * `value() -> Int32`, declared `@_cdecl`, which adds them up. Of a module with a core the same is true of that.
 *
 * The same number of files and seed give the same texts, and the same edits after them the same again.
 */
class GeneratedModule {
  #model;
  #names;
  #lookup;
  /** Models before each of the last edits. @type {import('./model.js').Model[]} */
  #past = [];
  /** @type {Map<string, string>} */
  #texts;

  /**
   * @param {{ files: number, core?: number, seed: number }} options `files` from 10. `core`: the first so many of them are the same as those of a module that has no
   * more, and the only ones that the preview reaches; the others use them. Default: there is none
   */
  constructor(options) {
    const { model, names } = new ModelBuilder(options).build();
    this.#model = model;
    this.#names = names;
    this.#lookup = new Lookup(model);
    this.#texts = this.#render();
  }

  /** The text of each file by its name, in the order of the module. A copy. @returns {Record<string, string>} */
  get texts() {
    return Object.fromEntries(this.#texts);
  }

  /** @returns {string[]} */
  get fileNames() {
    return [...this.#texts.keys()];
  }

  /** The file with the preview and `value()`. */
  get previewed() {
    return previewedName;
  }

  /** For each file the names of those that use it. @returns {Map<string, Set<string>>} */
  users() {
    /** @type {Map<string, Set<string>>} */
    const users = new Map(this.fileNames.map((name) => [name, new Set()]));
    for (const { name, members } of this.#model.files) {
      for (const id of members.flatMap(referencesOf)) {
        const used = this.#model.files[this.#lookup.fileOf(id)].name;
        if (used !== name) users.get(used)?.add(name);
      }
    }
    return users;
  }

  /**
   * Makes a random edit. Nearly every one changes `value()`; `moved field` and `removed declaration` may not.
   * @param {Random} random
   * @param {string} [kind] default: any
   * @returns {GeneratedEdit}
   */
  edit(random, kind) {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const chosen = kind ?? random.pick(editKinds);
      const before = structuredClone(this.#model);
      const what = this.#apply(chosen, random);
      const texts = this.#changedTexts();
      if (what === undefined || Object.keys(texts).length === 0) continue;
      if (chosen !== 'taken back') this.#past = [...this.#past, before].slice(-kept);
      return { kind: chosen, what, texts };
    }
    throw new Error(`there is nothing in the module for an edit${kind === undefined ? '' : ` of the kind '${kind}'`}`);
  }

  /**
   * Changes a number in the body that `value()` calls of a file, and nothing else. Cannot be taken back.
   * @param {string} name of the file
   * @returns {string} the new text
   */
  editBody(name) {
    const file = this.#model.files.find((candidate) => candidate.name === name);
    if (file === undefined) throw new Error(`the module has no ${name}`);
    /** @type {Method} */ (this.#lookup.entity(file.entry)).tail.offset += 1;
    return this.#changedTexts()[name];
  }

  /** @param {string} kind @param {Random} random @returns {string | undefined} */
  #apply(kind, random) {
    if (kind === 'taken back') return this.#takeBack();
    const declarations = new Declarations(this.#model, this.#lookup, this.#names, random);
    const place = { lookup: this.#lookup, random, declarations };
    if (kind !== 'several') return singleEdits[kind](place);
    const kinds = random.shuffle(Object.keys(singleEdits)).slice(0, random.integer(2, 4));
    return kinds.flatMap((one) => singleEdits[one](place) ?? []).join('; ');
  }

  #takeBack() {
    const past = this.#past.pop();
    if (past === undefined) return undefined;
    // Ids are never given twice: a name that was taken back is not given again either.
    this.#model = { ...past, nextId: this.#model.nextId };
    this.#lookup = new Lookup(this.#model);
    return 'the last edit, taken back';
  }

  /** @returns {Record<string, string>} */
  #changedTexts() {
    const before = this.#texts;
    this.#texts = this.#render();
    return Object.fromEntries([...this.#texts].filter(([name, text]) => before.get(name) !== text));
  }

  #render() {
    return new Map(this.#model.files.map((file) => [file.name, renderFile(this.#lookup, file)]));
  }
}

module.exports = { GeneratedModule, Random, editKinds };
