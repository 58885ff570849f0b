// What setup prints: a line a step, with its result and time, and signs of life while one takes long.

import { rmSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../child-process.mjs';

const heartbeat = 10_000;

/**
 * @typedef {object} Step what a step's work is given
 * @property {(message: string) => void} tell prints something the user has to know, such as what will be changed on the system
 * @property {{ log: string, onLine: (line: string) => void }} output options of `run`: its output goes to the log, not to the terminal
 */

export class Progress {
  #count;
  #current = 0;
  #log;

  /**
   * @param {string} folder where setup.log is written
   * @param {number} count how many steps there will be
   */
  constructor(folder, count) {
    this.#count = count;
    this.#log = path.join(folder, 'setup.log');
    rmSync(this.#log, { force: true });
  }

  /**
   * Does one step. The string that `work` resolves to is shown as its result.
   * @param {string} title
   * @param {(step: Step) => Promise<string>} work
   */
  async step(title, work) {
    this.#current += 1;
    const label = `[${this.#current}/${this.#count}] ${title}`;
    const started = Date.now();
    const elapsed = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
    const terminal = process.stdout.isTTY;

    let lastLine = '';
    const clear = () => terminal && process.stdout.write('\r\x1b[K');
    const showLife = () => {
      const text = `${label}: ${elapsed()}  ${lastLine}`;
      if (!terminal) console.log(text.slice(0, 160));
      else process.stdout.write(`\r\x1b[K${text.slice(0, process.stdout.columns - 1)}`);
    };
    const timer = setInterval(showLife, terminal ? 250 : heartbeat);
    const step = {
      tell: (message) => {
        clear();
        console.log(`${label}: ${message}`);
      },
      output: {
        log: this.#log,
        onLine: (line) => {
          lastLine = line.trim();
        },
      },
    };
    try {
      const result = await work(step);
      clear();
      console.log(`${label}: ${result} (${elapsed()})`);
    } catch (error) {
      clear();
      console.error(`${label}: failed after ${elapsed()}`);
      if (error instanceof CommandError) error.message += `\nThe whole output is in ${this.#log}`;
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
