import { parentPort } from 'node:worker_threads';
import { type HotswiftError, serializeError } from '../errors.js';
import { rasterise } from './rasterise.js';
import type { RasteriseReply, RasteriseRequest } from './rasteriser-thread.js';

// The thread of RasteriserThread.
const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');

port.on('message', ({ id, drawing, scale }: RasteriseRequest) => {
  let reply: RasteriseReply;
  try {
    reply = { id, picture: rasterise(drawing, scale) };
  } catch (error) {
    reply = { id, error: serializeError(error as HotswiftError) };
  }
  port.postMessage(reply);
});
