import { types } from 'node:util';
import { z } from 'zod';
import type { HotswiftErrorCode, SerializedError } from '../errors.js';
import type { AgentOperation, AgentReply } from './agent-protocol.js';

/** Under Jest, bytes are of another realm than `Uint8Array`. */
const bytes = z.custom<Uint8Array>((value) => types.isUint8Array(value));

const picture = z.object({ data: bytes, width: z.int(), height: z.int() });
const preview = z.object({
  index: z.int(),
  name: z.string(),
  line: z.number(),
  width: z.number().optional(),
  height: z.number().optional(),
});
const read = z.object({ id: z.int(), isRead: z.boolean(), wasRead: z.boolean(), isTainted: z.boolean(), isConvertible: z.boolean() });
const nothing = z.undefined();

/** What an agent answers to each request. */
const values: Record<AgentOperation['op'], z.ZodType> = {
  start: nothing,
  prepare: picture,
  load: z.string().optional(),
  revert: nothing,
  previews: z.array(preview),
  draw: picture,
  'set-literals': nothing,
  'literal-reads': z.array(read),
  redraw: z.object({ before: z.array(read), after: z.array(read), previews: z.array(preview), picture: picture.optional() }),
  call: z.int(),
  'resident-bytes': z.number(),
  'report-state': nothing,
  'restore-state': nothing,
};

const error: z.ZodType<SerializedError> = z.object({
  code: z.custom<HotswiftErrorCode>((code) => typeof code === 'string' && code.startsWith('ERR_HOTSWIFT_')),
  message: z.string(),
  details: z.object({
    symbols: z.array(z.string()).optional(),
    names: z.array(z.string()).optional(),
  }),
});

const replies: z.ZodType<AgentReply> = z.union([
  z.strictObject({ id: z.int(), began: z.literal(true) }),
  z.strictObject({ id: z.int(), error }),
  z.strictObject({ id: z.int(), value: z.unknown(), state: bytes.optional() }),
]);

/**
 * A reply to one of the requests under way, which `operationOf` tells by their numbers. Throws if it is none: the Swift code of an agent can write to its
 * descriptors whatever it likes.
 */
export function readReply(value: unknown, operationOf: (id: number) => AgentOperation['op'] | undefined): AgentReply {
  const reply = replies.parse(value);
  const operation = operationOf(reply.id);
  if (operation === undefined) throw new RangeError(`nobody waits for an answer to ${reply.id}`);
  return 'value' in reply ? { ...reply, value: values[operation].parse(reply.value) } : reply;
}
