import { parentPort } from 'node:worker_threads';
import { HotswiftError, isHotswiftError, serializeError } from '../errors.js';
import { rasterise } from './rasterise.js';
import type { RasteriseReply, RasteriseRequest } from './rasteriser-thread.js';

// The thread of RasteriserThread.
const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');

port.on('message', async ({ id, drawing, scale }: RasteriseRequest) => {
  let reply: RasteriseReply;
  try {
    reply = { id, picture: await rasterise(drawing, scale) };
  } catch (error) {
    const known = isHotswiftError(error) ? error : new HotswiftError('ERR_HOTSWIFT_PREVIEW', (error as Error).message);
    reply = { id, error: serializeError(known) };
  }
  port.postMessage(reply);
});
