import type { Duplex } from 'node:stream';
import { deserialize, serialize } from 'node:v8';
import type { SerializedError } from '../errors.js';
import type { AgentNeeds, DrawRequest, GenerationPlan, LiteralValue, RedrawRequest } from './structural-reloader.js';
import type { RunnerOptions } from './swift-runner.js';

/** What the host asks of an agent. Answered in order, each by one {@link AgentReply} with the same `id`. */
export type AgentRequest = { id: number } & (
  | { op: 'start'; runner: RunnerOptions }
  | { op: 'prepare'; needs: AgentNeeds }
  | { op: 'load'; plan: GenerationPlan; state?: Uint8Array }
  | { op: 'revert' }
  | { op: 'previews' }
  | { op: 'draw'; request: DrawRequest }
  | { op: 'set-literals'; values: LiteralValue[] }
  | { op: 'literal-reads'; ids: number[] }
  | { op: 'redraw'; request: RedrawRequest }
  | { op: 'call'; symbol: string }
  | { op: 'resident-bytes' }
  | { op: 'report-state' }
  | { op: 'restore-state'; state: Uint8Array }
);

/** A request before it has its number. */
export type AgentOperation = AgentRequest extends infer Request ? (Request extends unknown ? Omit<Request, 'id'> : never) : never;

/**
 * What an agent says of a request: that it begins with it, and then what came of it. `state`: the values of all `@Persisted` variables, if some have changed since
 * the last reply.
 */
export type AgentReply = { id: number } & ({ began: true } | { value: unknown; state?: Uint8Array } | { error: SerializedError });

/** The descriptor of the agent's end of the channel; 0 to 2 are the standard streams. */
export const channelDescriptor = 3;

/** The descriptor of the crash record, in an agent and in the process that reads its record. */
export const crashRecordDescriptor = 4;

/** The exit code of an agent that can no longer speak with its host. */
export const channelLost = 97;

/** What each frame begins with: no text does, and no zeros. */
const magic = 0x9d48f5a7;

/** Magic and length. */
const headSize = 8;

/** In bytes. The largest message is a picture, which can be larger than its pixels by a little. */
const longestMessage = 2 ** 30 + 2 ** 24;

export interface ChannelListeners<Incoming> {
  /** Makes a message of what was received. Throws if it is none. */
  read(value: unknown): Incoming;
  onMessage(message: Incoming): void;
  /** Somebody else has written to the stream. Nothing that comes after can be read. */
  onDamage(): void;
}

/**
 * Sends and receives messages over a stream of bytes. A frame is a magic number and the length of the message, 32 bits little-endian each, and the message as
 * `v8.serialize` writes it, so that buffers travel as they are.
 */
export class MessageChannel<Incoming, Outgoing> {
  readonly #stream: Duplex;
  readonly #listeners: ChannelListeners<Incoming>;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(stream: Duplex, listeners: ChannelListeners<Incoming>) {
    this.#stream = stream;
    this.#listeners = listeners;
    stream.on('data', this.#receive);
  }

  send(message: Outgoing): void {
    const body = serialize(message);
    const head = Buffer.alloc(headSize);
    head.writeUInt32LE(magic);
    head.writeUInt32LE(body.length, 4);
    this.#stream.cork();
    this.#stream.write(head);
    this.#stream.write(body);
    this.#stream.uncork();
  }

  readonly #receive = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (let next = this.#takeMessage(); next !== undefined; next = this.#takeMessage()) this.#listeners.onMessage(next.message);
  };

  #takeMessage(): { message: Incoming } | undefined {
    try {
      const frame = this.#takeFrame();
      return frame && { message: this.#listeners.read(deserialize(frame)) };
    } catch {
      this.#stream.off('data', this.#receive);
      this.#chunks = [];
      this.#listeners.onDamage();
      return undefined;
    }
  }

  /** The bytes of the next message, once they are all there. Throws if they are none. */
  #takeFrame(): Buffer | undefined {
    const head = this.#head();
    // Somebody else's text is seen at its first byte, and not waited for.
    if (!isStartOfFrame(head)) throw new RangeError('no frame begins here');
    if (head.length < headSize) return undefined;
    const length = head.readUInt32LE(4);
    if (length > longestMessage) throw new RangeError('no message is as long');
    // Put together once, when it is all there: a large picture comes in hundreds of chunks.
    if (this.#length < headSize + length) return undefined;
    const bytes = Buffer.concat(this.#chunks);
    const rest = bytes.subarray(headSize + length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return bytes.subarray(headSize, headSize + length);
  }

  /** What there is of the next frame's head. */
  #head(): Buffer {
    const [first] = this.#chunks;
    if (first === undefined) return Buffer.alloc(0);
    if (first.length < headSize && this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return (this.#chunks[0] ?? first).subarray(0, headSize);
  }
}

const magicBytes = Buffer.alloc(4);
magicBytes.writeUInt32LE(magic);

function isStartOfFrame(head: Buffer): boolean {
  const known = Math.min(head.length, magicBytes.length);
  return head.subarray(0, known).equals(magicBytes.subarray(0, known));
}
