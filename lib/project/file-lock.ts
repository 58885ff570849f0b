import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';

/** native/lock_wait.h, as native/addon.cpp shows it. Linux only. */
export interface NativeLocks {
  waitForFileLock(path: string): { lock: number; locked?: number } | { errno: number };
}

let native: NativeLocks | undefined;

/** Files can be locked from now on, where the addon can. */
export function lockWith({ waitForFileLock }: Partial<NativeLocks>): void {
  if (waitForFileLock !== undefined) native = { waitForFileLock };
}

/**
 * Waits until no other process, and nobody else in this one, has locked a file. Resolves with what gives the lock back; the system does when the process ends.
 * Where there are no locks, it resolves at once.
 *
 * Rejects with the signal's reason.
 */
export async function lockFile(file: string, signal?: AbortSignal): Promise<() => void> {
  signal?.throwIfAborted();
  const result = native?.waitForFileLock(file);
  if (result === undefined || ('errno' in result && withoutLocks.has(getSystemErrorName(-result.errno)))) return () => {};
  if ('errno' in result) throw new Error(`${file} cannot be locked: ${getSystemErrorName(-result.errno)}`);
  const { lock, locked } = result;
  const giveBack = () => closeSync(lock);
  if (locked !== undefined) await wait(new Socket({ fd: locked, writable: false }), giveBack, signal);
  return giveBack;
}

/** What file systems say that have no locks. */
const withoutLocks = new Set(['ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'ENOLCK', 'EINVAL']);

/** Resolves when the socket tells of the lock. After the signal's abort nobody waits for it: it is given back when it comes. */
async function wait(socket: Socket, giveBack: () => void, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      socket.unref();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('data', () => {
      socket.destroy();
      signal?.removeEventListener('abort', abort);
      if (signal?.aborted) giveBack();
      else resolve();
    });
  });
}
