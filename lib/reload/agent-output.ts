import type { PassThrough, Readable } from 'node:stream';

/** What nobody has read yet, in bytes. */
const mostUnread = 8 * 2 ** 20;

/**
 * Has what an agent prints go on into the stream that the host reads. Swift code never waits for the host: it would be ended at its time limit, and blamed. So
 * what is printed beyond the limit while nobody reads is lost, with a line that says so in its place.
 */
export function forwardOutput(from: Readable, to: PassThrough, name: 'stdout' | 'stderr', limit = mostUnread): void {
  let isLosing = false;
  from.on('data', (chunk: Buffer) => {
    const unread = to.readableLength + to.writableLength;
    if (isLosing ? unread > limit / 2 : unread + chunk.length > limit) {
      if (!isLosing)
        to.write(`\n[hotswift: session.${name} holds ${unread} bytes that were not read; what is printed until they are is lost]\n`);
      isLosing = true;
      return;
    }
    isLosing = false;
    to.write(chunk);
  });
}
