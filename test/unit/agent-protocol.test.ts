import { PassThrough } from 'node:stream';
import { MessageChannel } from '../../lib/reload/agent-protocol.js';

describe('a message channel', () => {
  it('delivers messages whole and in order, however the bytes arrive', async () => {
    const sent = new PassThrough();
    const sender = new MessageChannel<unknown, unknown>(sent, () => {});
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
      new MessageChannel<unknown, unknown>(wire, (message) => received.push(message));
      for (let start = 0; start < stream.length; start += size) wire.write(stream.subarray(start, start + size));
      await new Promise((resolve) => wire.end(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      expect(received).toEqual(messages);
    }
  });
});
