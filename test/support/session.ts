import type { EventEmitter } from 'node:events';
import { createSession, type Session, type SessionEvents, type SessionOptions } from '../../lib/index.js';

const open = new Set<Session>();
afterEach(async () => {
  await Promise.all([...open].map((session) => session.close()));
  open.clear();
});

/** A session that is closed after the test. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const session = await createSession(options);
  open.add(session);
  return session;
}

/**
 * One session for all tests of a `describe`, which have to leave it as they found it: to open one costs more than most tests. It opens with the first call,
 * and is closed after the last test.
 */
export function sharedSession(options: SessionOptions): () => Promise<Session> {
  let shared: Promise<Session> | undefined;
  // That it could not be opened, the tests have said.
  afterAll(async () => (await shared?.catch(() => undefined))?.close());
  return () => {
    shared ??= createSession(options);
    return shared;
  };
}

/** The arguments of the next event of this name. */
export function nextEvent<Name extends keyof SessionEvents>(session: Session, name: Name): Promise<SessionEvents[Name]> {
  return new Promise((resolve) => (session as EventEmitter).once(name, (...args) => resolve(args as SessionEvents[Name])));
}

/** Collects every event of some names, as `[name, ...args]`. */
export function recordEvents(session: Session, ...names: (keyof SessionEvents)[]): unknown[][] {
  const events: unknown[][] = [];
  for (const name of names) (session as EventEmitter).on(name, (...args) => events.push([name, ...args]));
  return events;
}

/** The source of a file whose one preview, 40 x 20 points, is filled with a colour; `more` starts on line 10. */
export function colorPreview(color: string, more = ''): string {
  return `import PreviewKit

struct Color_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Color", width: 40, height: 20) {
      SVG("<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><rect width='40' height='20' fill='${color}'/></svg>")
    }
  }
}
${more}`;
}

/** A declaration that takes the compiler many seconds. */
export const slowToCompile = `let sum = ${Array.from({ length: 60 }, (_, index) => `(${index} + 0.5) * -${index}`).join(' + ')}\n`;
