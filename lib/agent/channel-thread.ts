import { Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { HotswiftError, isHotswiftError, serializeError } from '../errors.js';
import { rasterise } from '../preview/rasterise.js';
import { type AgentReply, type AgentRequest, channelDescriptor, MessageChannel } from '../reload/agent-protocol.js';
import type { RunnerReply } from './main.js';

// A thread of the agent, see main.ts: it stays responsive whatever Swift does on the main thread.
const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');

const socket = new Socket({ fd: channelDescriptor });

/** The host has ended: so does the agent, and what Swift has started. The main thread may never look up from what it runs. */
const end = () => process.kill(-process.pid, 'SIGKILL');
socket.on('close', end).on('error', end);
const channel = new MessageChannel<AgentRequest, AgentReply>(socket, (request) => port.postMessage(request), end);

port.on('message', async (reply: RunnerReply) => channel.send('drawing' in reply ? await toPicture(reply) : reply));

async function toPicture({ id, drawing, scale, redrawn }: Extract<RunnerReply, { drawing: unknown }>): Promise<AgentReply> {
  try {
    const picture = await rasterise(drawing, scale);
    return { id, value: redrawn === undefined ? picture : { ...redrawn, picture } };
  } catch (error) {
    const known = isHotswiftError(error) ? error : new HotswiftError('ERR_HOTSWIFT_PREVIEW', (error as Error).message);
    return { id, error: serializeError(known) };
  }
}
