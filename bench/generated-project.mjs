// A generated module on disk, and sessions on it.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createSession } from '../dist/index.mjs';
import generated from '../test/support/generated-module/index.cjs';
import { progress } from './report.mjs';

const flags = ['-swift-version', '5'];
const seed = 1;
/** Milliseconds: a thousand files that were never compiled take minutes. */
const longestCompile = 3_600_000;
/** Milliseconds between two lines about a compile. */
const quiet = 10_000;

/** A module of so many files in a folder of its own, which benchmarks edit. */
export class GeneratedProject {
  #module;
  #core;
  #folder;
  #saves = 0;

  /** `core`: see GeneratedModule. @param {number} files @param {string} parent @param {number} core */
  constructor(files, parent, core = 0) {
    this.size = files;
    this.#core = core;
    this.#module = new generated.GeneratedModule({ files, core, seed });
    this.#folder = path.join(parent, `module-of-${files}`);
    mkdirSync(this.#folder);
    for (const [name, text] of Object.entries(this.#module.texts)) writeFileSync(this.path(name), text);
  }

  get previewed() {
    return this.#module.previewed;
  }

  /** A file in the middle of the module, or of its core, that a few others of that use. */
  get other() {
    const users = [...this.#users];
    const later = users.slice(Math.floor(users.length / 2));
    return later.find(([, { size }]) => size >= 2 && size <= 4)[0];
  }

  /** The file, besides the previewed one, that the fewest others of the module, or of its core, need, directly or through others; but one. */
  get peripheral() {
    const users = this.#users;
    const counts = this.#module.fileNames
      .filter((name) => name !== this.previewed && (users.get(name)?.size ?? 0) > 0)
      .map((name) => ({ name, count: countReachable(users, name) }));
    return counts.reduce((least, next) => (next.count < least.count ? next : least)).name;
  }

  /** @param {string} name */
  path(name) {
    return path.join(this.#folder, name);
  }

  /** Saves the file with another body, and more than other literals. @param {string} name */
  saveBody(name) {
    this.#saves += 1;
    writeFileSync(this.path(name), `${this.#module.editBody(name)}// Save ${this.#saves}\n`);
  }

  /** For peers. @param {string} importPath */
  built(importPath) {
    const files = this.#module.fileNames.map((name) => this.path(name));
    return { files, name: 'App', importPath, flags, outputs: path.join(this.#folder, 'outputs') };
  }

  /** @param {string} cacheDirectory */
  async open(cacheDirectory) {
    const { files, name } = this.built('');
    const session = await createSession({
      file: this.path(this.previewed),
      module: { name, sources: files, flags },
      cacheDirectory,
      timeouts: { compile: longestCompile, start: longestCompile, render: longestCompile },
      onProgress: this.#reporter(),
    });
    if (!session.error) return session;
    await session.close();
    throw session.error;
  }

  /** Of the files of the core, those of it that use them. */
  get #users() {
    const whole = this.#core === 0;
    return (whole ? this.#module : new generated.GeneratedModule({ files: this.#core, seed })).users();
  }

  #reporter() {
    let last = Date.now();
    return ({ phase, done, total }) => {
      if (Date.now() - last < quiet) return;
      last = Date.now();
      progress(`${this.size} files: ${phase}${total === undefined ? '' : ` ${done} of ${total}`}`);
    };
  }
}

/** @param {Map<string, Set<string>>} edges @param {string} from */
function countReachable(edges, from) {
  const reached = new Set([from]);
  for (const name of reached) for (const next of edges.get(name) ?? []) reached.add(next);
  return reached.size;
}
