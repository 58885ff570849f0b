import { PassThrough } from 'node:stream';
import { type ChannelListeners, MessageChannel } from '../../lib/reload/agent-protocol.js';
import { readReply } from '../../lib/reload/agent-replies.js';

const listeners: ChannelListeners<unknown> = {
  read: (value) => value,
  onMessage: () => {},
  onDamage: () => {
    throw new Error('undamaged bytes are taken for damaged');
  },
};

/** What is sent for some messages. */
async function framesOf(...messages: unknown[]): Promise<Buffer> {
  const wire = new PassThrough();
  const channel = new MessageChannel<unknown, unknown>(wire, listeners);
  const bytes: Buffer[] = [];
  wire.on('data', (chunk: Buffer) => bytes.push(chunk));
  for (const message of messages) channel.send(message);
  await new Promise((resolve) => setImmediate(resolve));
  return Buffer.concat(bytes);
}

/** Sends bytes in chunks. Resolves with the messages that arrived, and how often damage was told. */
async function receive(bytes: Buffer, size = bytes.length, read = listeners.read): Promise<{ messages: unknown[]; damages: number }> {
  const wire = new PassThrough();
  const messages: unknown[] = [];
  let damages = 0;
  new MessageChannel<unknown, unknown>(wire, {
    read,
    onMessage: (message) => messages.push(message),
    onDamage: () => {
      damages += 1;
    },
  });
  for (let start = 0; start < bytes.length; start += size) wire.write(bytes.subarray(start, start + size));
  await new Promise((resolve) => setImmediate(resolve));
  return { messages, damages };
}

describe('a message channel', () => {
  const sent = [
    { id: 1, text: 'é' },
    { id: 2, data: Buffer.alloc(300, 7) },
    { id: 3, none: undefined },
  ];

  it('delivers messages whole and in order, however the bytes arrive', async () => {
    const stream = await framesOf(...sent);
    for (const size of [1, 3, 5, 64, stream.length]) expect(await receive(stream, size)).toEqual({ messages: sent, damages: 0 });
  });

  it('delivers what came before damage, tells of it once, and reads nothing after it', async () => {
    const stream = await framesOf(...sent);
    const damaged = Buffer.concat([stream, Buffer.from('Hello'), stream]);
    for (const size of [1, 7, damaged.length]) expect(await receive(damaged, size)).toEqual({ messages: sent, damages: 1 });
  });

  const frame = (head: number[], body: Buffer | number[] = []) => Buffer.concat([Buffer.from(head), Buffer.from(body)]);
  const magic = [0xa7, 0xf5, 0x48, 0x9d];
  it.each([
    ['a letter', frame([0x68])],
    ['zeros', frame([0])],
    ['a length without magic', frame([3, 0, 0, 0, 0xff, 0x0f, 0x30])],
    ['the beginning of the magic, and then something else', frame([0xa7, 0xf5, 0])],
    ['a length that no message has', frame([...magic, 0xff, 0xff, 0xff, 0xff])],
    ['what cannot be deserialised', frame([...magic, 1, 0, 0, 0], [9])],
    ['an empty message', frame([...magic, 0, 0, 0, 0])],
  ])('knows damage as soon as it is there: %s', async (_, bytes) => {
    expect(await receive(bytes)).toEqual({ messages: [], damages: 1 });
  });

  it('takes for damage what its reader refuses', async () => {
    const refuse = () => {
      throw new TypeError('no');
    };
    expect(await receive(await framesOf(7), 1, refuse)).toEqual({ messages: [], damages: 1 });
  });

  it('waits for the rest of a frame', async () => {
    const stream = await framesOf(sent[0]);
    for (let end = 0; end < stream.length; end += 1) {
      expect(await receive(stream.subarray(0, end))).toEqual({ messages: [], damages: 0 });
    }
  });
});

describe('a reply of an agent', () => {
  const operations = new Map([
    [1, 'call'],
    [2, 'draw'],
    [3, 'previews'],
  ] as const);
  const read = (value: unknown) => readReply(value, (id) => operations.get(id as 1));
  const png = { data: Buffer.from([1]), width: 1, height: 1 };

  it('is what answers the request of its number', () => {
    for (const reply of [
      { id: 1, began: true },
      { id: 1, value: 7 },
      { id: 1, value: 7, state: Buffer.from([1]) },
      { id: 2, value: png },
      { id: 3, value: [{ index: 0, name: 'A', line: 3 }] },
      { id: 1, error: { code: 'ERR_HOTSWIFT_LINK', message: 'no', details: { symbols: ['a'] } } },
    ]) {
      expect(read(reply)).toEqual(reply);
    }
  });

  it.each([
    ['nothing', undefined],
    ['a number', 48],
    ['null', null],
    ['an array', []],
    ['without a number', { value: 7 }],
    ['to what nobody has asked', { id: 9, value: 7 }],
    ['of another kind than the request', { id: 2, value: 7 }],
    ['of a field too many', { id: 1, value: 7, other: 1 }],
    ['a picture without bytes', { id: 2, value: { ...png, data: 'x' } }],
    ['a picture without a size', { id: 2, value: { data: png.data } }],
    ['a list that is none', { id: 3, value: { length: 2 } }],
    ['a state that is no bytes', { id: 1, value: 7, state: 'x' }],
    ['an error without a code', { id: 1, error: { message: 'no', details: {} } }],
    ['an error of somebody else', { id: 1, error: { code: 'EPERM', message: 'no', details: {} } }],
  ])('is not %s', (_, value) => {
    expect(() => read(value)).toThrow();
  });
});
