/**
 * Entry point of an agent, the child process that runs Swift. Swift runs on this, the process's main thread, whose queue is pumped. So does
 * everything else, since waking another thread takes longer than most drawings; only the end with the host has to come whatever Swift does.
 */
import { stat } from 'node:fs';
import { HotswiftError, isHotswiftError, serializeError } from '../errors.js';
import { rasterise } from '../preview/rasterise.js';
import { inheritedStream } from '../project/spawn.js';
import { releaseHeldVariables } from '../reload/agent-environment.js';
import {
  type AgentReply,
  type AgentRequest,
  channelDescriptor,
  channelLost,
  crashRecordDescriptor,
  MessageChannel,
} from '../reload/agent-protocol.js';
import { type Drawing, loadAddon } from '../reload/native.js';
import { pictureOrNothing, SwiftRunner } from '../reload/swift-runner.js';

/**
 * Links run on libuv's pool, and glibc keeps memory apart for each of its threads: what four of them keep is 5 to 15 MB more than what one does.
 * The pool looks at the variable when it is used first; what Swift code starts is not to see it.
 */
function linkOnOneThread(): void {
  const { UV_THREADPOOL_SIZE: former } = process.env;
  process.env.UV_THREADPOOL_SIZE = '1';
  stat(__filename, () => {});
  if (former === undefined) delete process.env.UV_THREADPOOL_SIZE;
  else process.env.UV_THREADPOOL_SIZE = former;
}
linkOnOneThread();
releaseHeldVariables(process.env);

let runner: SwiftRunner | undefined;
let endsWithHost = false;

/** Drawn ahead of need: the first picture takes longer than those after it, and its first text longer still. */
const anyPicture: Drawing = {
  kind: 'svg',
  bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><text y="8" font-size="8">a</text></svg>'),
  width: 8,
  height: 8,
  pixelWidth: 0,
  pixelHeight: 0,
};

async function perform(request: AgentRequest): Promise<unknown> {
  if (request.op === 'start') {
    const addon = loadAddon();
    addon.endWithPeer(channelDescriptor);
    endsWithHost = true;
    addon.bufferOutputByLine();
    addon.recordCrashes(crashRecordDescriptor);
    runner = new SwiftRunner(request.runner);
    return;
  }
  if (runner === undefined) throw new HotswiftError('ERR_HOTSWIFT_ARGUMENT', 'the agent was not started');
  switch (request.op) {
    case 'prepare':
      await runner.prepare(request.needs);
      return rasterise(anyPicture, 1);
    case 'load':
      await runner.load(request.plan, request.state);
      return runner.setUp();
    case 'revert':
      return runner.revert();
    case 'previews':
      return runner.previews();
    case 'draw':
      return rasterise(await runner.draw(request.request), request.request.scale);
    case 'set-literals':
      return runner.setLiterals(request.values);
    case 'redraw': {
      const { redrawn, drawing } = await runner.redraw(request.request);
      const { scale } = request.request.draw;
      return { ...redrawn, picture: await pictureOrNothing(async () => drawing && rasterise(drawing, scale)) };
    }
    case 'literal-reads':
      return runner.literalReads(request.ids);
    case 'call':
      return runner.call(request.symbol);
    case 'report-state':
      return;
    case 'restore-state':
      return runner.restoreState(request.state);
    case 'resident-bytes':
      return process.memoryUsage.rss();
  }
}

async function answer(request: AgentRequest): Promise<void> {
  const { id } = request;
  // Swift may take this thread from here on.
  channel.send({ id, began: true });
  try {
    const value = await perform(request);
    channel.send({ id, value, state: runner?.takeState() });
  } catch (error) {
    const known = isHotswiftError(error) ? error : new HotswiftError('ERR_HOTSWIFT_NATIVE', (error as Error).stack ?? String(error));
    channel.send({ id, error: serializeError(known) });
  }
}

/** The host has ended: so does the agent. Once it runs Swift, the addon sees to that, and ends what Swift has started first. */
const endWithHost = () => {
  if (!endsWithHost) process.kill(-process.pid, 'SIGKILL');
};

/** The host is there, and cannot be spoken with any more: Swift has closed the descriptor, or has read from it. */
const giveUp = () => process.exit(channelLost);

function readRequest(value: unknown): AgentRequest {
  if (typeof value === 'object' && value !== null && 'id' in value && 'op' in value) return value as AgentRequest;
  throw new TypeError('this is no request');
}

const stream = inheritedStream(channelDescriptor).on('error', giveUp).on('close', endWithHost);
const channel = new MessageChannel<AgentRequest, AgentReply>(stream, {
  read: readRequest,
  onMessage: (request) => void answer(request),
  onDamage: giveUp,
});
