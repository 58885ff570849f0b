import { PassThrough } from 'node:stream';
import { MessageChannel } from '../../lib/reload/agent-protocol.js';

const fail = () => {
  throw new Error('undamaged bytes are taken for damaged');
};

describe('a message channel', () => {
  it('tells once that somebody else wrote to the stream', async () => {
    const wire = new PassThrough();
    let damages = 0;
    new MessageChannel<unknown, unknown>(wire, fail, () => {
      damages += 1;
    });
    wire.write(Buffer.from([1, 0, 0, 0, 9, 1, 0, 0, 0, 9]));
    wire.end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(damages).toBe(1);
  });

  it('delivers messages whole and in order, however the bytes arrive', async () => {
    const sent = new PassThrough();
    const sender = new MessageChannel<unknown, unknown>(sent, () => {}, fail);
    const messages = [
      { id: 1, text: 'é' },
      { id: 2, data: Buffer.alloc(300, 7) },
      { id: 3, none: undefined },
    ];
    const bytes: Buffer[] = [];
    sent.on('data', (chunk: Buffer) => bytes.push(chunk));
    for (const message of messages) sender.send(message);
    await new Promise((resolve) => setImmediate(resolve));
    const stream = Buffer.concat(bytes);

    for (const size of [1, 3, 5, 64, stream.length]) {
      const received: unknown[] = [];
      const wire = new PassThrough();
      new MessageChannel<unknown, unknown>(wire, (message) => received.push(message), fail);
      for (let start = 0; start < stream.length; start += size) wire.write(stream.subarray(start, start + size));
      await new Promise((resolve) => wire.end(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      expect(received).toEqual(messages);
    }
  });
});
