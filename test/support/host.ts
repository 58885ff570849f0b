import path from 'node:path';
import type { createSession, Session } from '../../lib/index.js';
import { inChild } from './child';

/** What a function that runs in a host of its own is given. */
export interface Host {
  createSession: typeof createSession;
  /** The colour of a pixel of the session's picture, as {@link Picture.pixel} has it for an opaque one. */
  color(session: Session, x?: number): Promise<string>;
}

const library = path.join(__dirname, '..', '..', 'dist', 'index.js');

/** Runs a function with the library in a process of its own, as {@link inChild} does, which says what it can use. */
export function inHost<Input, Answer>(
  body: (host: Host, input: Input) => Promise<Answer>,
  input: Input,
  options?: Parameters<typeof inChild>[2],
): Promise<Answer> {
  return inChild(
    (_, { library, pngjs, body, input }) => {
      const { createSession } = require(library);
      const { PNG } = require(pngjs);
      const color = async (session: Session, x = 1) => {
        const { data } = PNG.sync.read((await session.snapshot()).data);
        return `#${data.subarray(x * 4, x * 4 + 3).toString('hex')}`;
      };
      return new Function(`return (${body})`)()({ createSession, color }, input) as Promise<Answer>;
    },
    { library, pngjs: require.resolve('pngjs'), body: body.toString(), input },
    options,
  );
}
