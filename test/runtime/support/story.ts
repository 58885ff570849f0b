import path from 'node:path';
import { PNG } from 'pngjs';
import type { ModuleOptions } from '../../../lib/index.js';
import * as hotswift from '../../../lib/index.js';
import { inChild } from '../../support/child';

const library = path.join(__dirname, '..', '..', '..', 'dist', 'index.js');

/** A file and the texts it has, one after the other. */
export interface Story {
  file: string;
  module?: ModuleOptions;
  edited: string;
  texts: string[];
  isolation: 'process' | 'in-process';
}

/** Opens a session, saves and reloads, and takes the picture of every generation. Goes to other processes as text. */
async function play(createSession: typeof hotswift.createSession, story: Story) {
  const { writeFileSync } = require('node:fs');
  const { file, module, edited, texts, isolation } = story;
  const session = await createSession({ file, module, isolation, literalEdits: false });
  try {
    const pids = [session.agent?.pid];
    if (session.error) throw session.error;
    const pictures = [(await session.snapshot()).data.toString('base64')];
    for (const text of texts) {
      writeFileSync(edited, text);
      const { tier } = await session.reload();
      if (tier !== 'structural') throw new Error(`the tier is ${tier}`);
      pictures.push((await session.snapshot()).data.toString('base64'));
      pids.push(session.agent?.pid);
    }
    if (new Set(pids).size !== 1) throw new Error('the agent was replaced');
    return pictures;
  } finally {
    await session.close();
  }
}

/**
 * What the pictures of each generation say. With `in-process`, Swift runs in a process of its own all the same: a host that crashes is to fail
 * one test.
 */
export async function tell(story: Story): Promise<string[]> {
  const pictures =
    story.isolation === 'process'
      ? await play(hotswift.createSession, story)
      : await inChild(
          (_, { library, play, story }) => {
            const { createSession } = require(library);
            return new Function(`return (${play})`)()(createSession, story) as Promise<string[]>;
          },
          { library, play: play.toString(), story },
        );
  return pictures.map((picture) => readText(Buffer.from(picture, 'base64')));
}

/** The text that the pixels of a picture are. */
function readText(png: Buffer): string {
  const { data } = PNG.sync.read(png);
  const bytes = data.filter((_, index) => index % 4 !== 3);
  return Buffer.from(bytes).toString('utf8').replace(/\0+$/, '');
}
