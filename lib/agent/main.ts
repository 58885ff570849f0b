/**
 * Entry point of an agent, the child process that runs Swift. Swift runs on this, the process's main thread, whose queue is pumped; the
 * channel to the host, the end with the host and the rasterising live on another (channel-thread.ts).
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { HotswiftError, isHotswiftError, serializeError } from '../errors.js';
import type { AgentReply, AgentRequest } from '../reload/agent-protocol.js';
import { type Drawing, loadAddon } from '../reload/native.js';
import type { Redrawn } from '../reload/structural-reloader.js';
import { SwiftRunner } from '../reload/swift-runner.js';

/** An answer on its way through the channel thread, which makes pictures of drawings. `redrawn`: what the picture is a part of. */
export type RunnerReply = AgentReply | { id: number; drawing: Drawing; scale: number; redrawn?: Redrawn };

let runner: SwiftRunner | undefined;

/** Drawn ahead of need: the first picture takes longer than those after it, and its first text longer still. */
const anyPicture: Drawing = {
  kind: 'svg',
  bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><text y="8" font-size="8">a</text></svg>'),
  width: 8,
  height: 8,
  pixelWidth: 0,
  pixelHeight: 0,
};

async function perform(request: AgentRequest): Promise<RunnerReply> {
  const { id } = request;
  if (request.op === 'start') {
    loadAddon().bufferOutputByLine();
    runner = new SwiftRunner(request.runner);
    return { id, value: undefined };
  }
  if (runner === undefined) throw new HotswiftError('ERR_HOTSWIFT_ARGUMENT', 'the agent was not started');
  switch (request.op) {
    case 'prepare':
      await runner.prepare(request.needs);
      return { id, drawing: anyPicture, scale: 1 };
    case 'load':
      return { id, value: await runner.load(request.plan) };
    case 'revert':
      return { id, value: runner.revert() };
    case 'previews':
      return { id, value: await runner.previews() };
    case 'draw':
      return { id, drawing: await runner.draw(request.request), scale: request.request.scale };
    case 'set-literals':
      return { id, value: runner.setLiterals(request.values) };
    case 'redraw': {
      const { redrawn, drawing } = await runner.redraw(request.request);
      return drawing === undefined ? { id, value: redrawn } : { id, drawing, scale: request.request.draw.scale, redrawn };
    }
    case 'literal-reads':
      return { id, value: runner.literalReads(request.ids) };
    case 'call':
      return { id, value: await runner.call(request.symbol) };
  }
}

const channel = new Worker(path.join(__dirname, 'channel-thread.js'));
channel.on('message', async (request: AgentRequest) => {
  let reply: RunnerReply;
  try {
    reply = await perform(request);
  } catch (error) {
    const known = isHotswiftError(error) ? error : new HotswiftError('ERR_HOTSWIFT_NATIVE', (error as Error).stack ?? String(error));
    reply = { id: request.id, error: serializeError(known) };
  }
  channel.postMessage(reply);
});
