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

/** `state`: the values of all `@Persisted` variables, if some have changed since the last reply. */
export type AgentReply = { id: number } & ({ value: unknown; state?: Uint8Array } | { error: SerializedError });

/** The descriptor of the agent's end of the channel; 0 to 2 are the standard streams. */
export const channelDescriptor = 3;

/** The descriptor of the agent's crash record. */
export const crashRecordDescriptor = 4;

/**
 * Sends and receives messages over a stream of bytes. A frame is the length of the message, 32 bits little-endian, and the message as
 * `v8.serialize` writes it, so that buffers travel as they are.
 */
export class MessageChannel<Incoming, Outgoing> {
  readonly #stream: Duplex;
  #chunks: Buffer[] = [];
  #length = 0;

  /** `onDamage`: somebody else has written to the stream; nothing that comes after can be read. */
  constructor(stream: Duplex, onMessage: (message: Incoming) => void, onDamage: () => void) {
    this.#stream = stream;
    const receive = (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      for (let frame = this.#takeFrame(); frame !== undefined; frame = this.#takeFrame()) {
        let message: Incoming;
        try {
          message = deserialize(frame) as Incoming;
        } catch {
          stream.off('data', receive);
          return onDamage();
        }
        onMessage(message);
      }
    };
    stream.on('data', receive);
  }

  send(message: Outgoing): void {
    const body = serialize(message);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(body.length);
    this.#stream.cork();
    this.#stream.write(head);
    this.#stream.write(body);
    this.#stream.uncork();
  }

  #takeFrame(): Buffer | undefined {
    if (this.#length < 4) return undefined;
    const [first] = this.#chunks;
    if (first === undefined || first.length < 4) this.#chunks = [Buffer.concat(this.#chunks)];
    const end = 4 + (this.#chunks[0]?.readUInt32LE(0) ?? 0);
    // Put together once, when it is all there: a large picture comes in hundreds of chunks.
    if (this.#length < end) return undefined;
    const bytes = Buffer.concat(this.#chunks);
    const rest = bytes.subarray(end);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return bytes.subarray(4, end);
  }
}
