export { createSession } from './create-session.js';
export { type ErrorDetails, HotswiftError, type HotswiftErrorCode } from './errors.js';
export type { Session, SessionEvents } from './session.js';
export type * from './types.js';
