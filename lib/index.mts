export type * from './index.js';
export { createSession, HotswiftError } from './index.js';
