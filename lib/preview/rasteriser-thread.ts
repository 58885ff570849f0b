import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { deserializeError, type SerializedError, sessionClosed } from '../errors.js';
import type { Rasteriser } from '../reload/in-process-reloader.js';
import type { Drawing } from '../reload/native.js';
import type { Picture } from '../reload/structural-reloader.js';

export interface RasteriseRequest {
  id: number;
  drawing: Drawing;
  scale: number;
}

export type RasteriseReply = { id: number } & ({ picture: Picture } | { error: SerializedError });

/** A thread that draws, so that the host's event loop goes on. Started with the first picture; keeps no process alive while idle. */
export class RasteriserThread implements Rasteriser {
  #worker: Worker | undefined;
  #closed = false;
  #requests = 0;
  readonly #pending = new Map<number, { resolve(picture: Picture): void; reject(error: unknown): void }>();

  async rasterise(drawing: Drawing, scale: number): Promise<Picture> {
    if (this.#closed) throw sessionClosed();
    const worker = this.#start();
    this.#requests += 1;
    const id = this.#requests;
    worker.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        worker.postMessage({ id, drawing, scale } satisfies RasteriseRequest);
      });
    } finally {
      this.#pending.delete(id);
      if (this.#pending.size === 0) worker.unref();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    this.#fail(sessionClosed());
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(path.join(__dirname, 'rasterise-worker.js'));
    worker.on('message', (reply: RasteriseReply) => {
      const pending = this.#pending.get(reply.id);
      if ('error' in reply) pending?.reject(deserializeError(reply.error));
      else pending?.resolve({ ...reply.picture, data: Buffer.from(reply.picture.data) });
    });
    worker.on('error', (error) => {
      this.#worker = undefined;
      this.#fail(error);
    });
    this.#worker = worker;
    return worker;
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#pending.values()) reject(error);
  }
}
