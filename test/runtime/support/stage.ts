import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { PNG } from 'pngjs';
import type { ModuleOptions } from '../../../lib/index.js';
import * as hotswift from '../../../lib/index.js';

const library = path.join(__dirname, '..', '..', '..', 'dist', 'index.js');

export type Isolation = 'process' | 'in-process';

export const isolations = ['process', 'in-process'] as const;

interface Setting {
  /** The previewed one. */
  file: string;
  module: ModuleOptions;
  isolation: Isolation;
}

/** A file, and its new text. */
export type Save = readonly [file: string, text: string];

/** A session, and what it draws after each save. */
interface Player {
  /** The picture before the saves, and that after each of them, as PNGs in base64. */
  play(saves: readonly Save[]): Promise<string[]>;
  close(): Promise<void>;
}

/** Goes to other processes as text. */
async function openPlayer(createSession: typeof hotswift.createSession, { file, module, isolation }: Setting): Promise<Player> {
  const { writeFileSync } = require('node:fs');
  // An agent is to keep all its generations, whichever test they are of. What waits for the next edit would wait for another test.
  const cap = isolation === 'process' ? { generationCap: 10_000 } : {};
  const session = await createSession({
    file,
    module,
    isolation,
    literalEdits: false,
    warmCompiler: false,
    ...cap,
  } as hotswift.SessionOptions);
  if (session.error) throw session.error;
  const picture = async () => (await session.snapshot()).data.toString('base64');
  return {
    async play(saves) {
      const agent = session.agent?.pid;
      const pictures = [await picture()];
      for (const [saved, text] of saves) {
        writeFileSync(saved, text);
        const { tier } = await session.reload();
        if (tier !== 'structural') throw new Error(`the tier is ${tier}`);
        pictures.push(await picture());
      }
      if (session.agent?.pid !== agent) throw new Error('the agent was replaced');
      return pictures;
    },
    close: () => session.close(),
  };
}

/**
 * One session for the tests of a file that play on it one after the other. After a test that fails the next one begins with a new session, in a new
 * process. With `in-process`, Swift runs in a process of its own all the same: a host that crashes is to fail one test.
 */
export class Stage {
  readonly #setting: Setting;
  #player: Promise<Player> | undefined;
  /** What is being played; after a test that failed, what it has left unfinished. */
  #saves: readonly Save[] = [];

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /**
   * Saves and reloads; what the pictures say before the saves, and after each. The text of a picture is in its pixels, see `preview`. The next call finds
   * the files with their last texts, also if this one fails or its test ends before it.
   */
  async play(saves: readonly Save[]): Promise<string[]> {
    if (this.#saves.length > 0) await this.close();
    for (const [file, text] of this.#saves) writeFileSync(file, text);
    this.#saves = saves;
    this.#player ??= this.#setting.isolation === 'process' ? openPlayer(hotswift.createSession, this.#setting) : openInHost(this.#setting);
    const pictures = await (await this.#player).play(saves);
    this.#saves = [];
    return pictures.map((picture) => readText(Buffer.from(picture, 'base64')));
  }

  async close(): Promise<void> {
    const player = await this.#player?.catch(() => undefined);
    this.#player = undefined;
    await player?.close();
  }
}

/** A player in a host of its own, which plays what it is sent. */
async function openInHost(setting: Setting): Promise<Player> {
  const script = `
    const answer = (value) => process.send(value);
    const fail = ({ code, message, stack }) => answer({ error: [code, message, stack].join(' ') });
    (${openPlayer})(require(${JSON.stringify(library)}).createSession, ${JSON.stringify(setting)}).then((player) => {
      process.on('message', (saves) => player.play(saves).then((pictures) => answer({ pictures }), fail));
      process.on('disconnect', () => player.close());
      answer({});
    }, fail);`;
  const host = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, SWIFT_BACKTRACE: 'enable=no' },
  });
  let output = '';
  for (const stream of [host.stdout, host.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  // There is no 'close' after this side has disconnected.
  const ended = once(host, 'exit');
  await answerOf(host, () => output);
  return {
    async play(saves) {
      const answer = answerOf(host, () => output);
      host.send(saves);
      return (await answer).pictures ?? [];
    },
    async close() {
      if (host.connected) host.disconnect();
      await ended;
    },
  };
}

interface Answer {
  pictures?: string[];
}

function answerOf(host: ChildProcess, output: () => string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      host.off('message', onMessage).off('close', onClose);
      then();
    };
    const onMessage = (answer: Answer & { error?: string }) =>
      settle(() => (answer.error === undefined ? resolve(answer) : reject(new Error(answer.error))));
    const onClose = (code: number | null, signal: string | null) =>
      settle(() => reject(new Error(`the host ended with ${signal ?? `code ${code}`} after it said:\n${output().slice(-2000)}`)));
    host.on('message', onMessage).on('close', onClose);
  });
}

/** The text that the pixels of a picture are. */
function readText(png: Buffer): string {
  const { data } = PNG.sync.read(png);
  const bytes = data.filter((_, index) => index % 4 !== 3);
  return Buffer.from(bytes).toString('utf8').replace(/\0+$/, '');
}
