import { HotswiftError, isHotswiftError } from '../errors.js';
import type { CrashPlace } from './crash-record.js';

/** Signals that come from outside: the code is not at fault. */
const foreignSignals = new Set<unknown>(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGSTOP']);

/** The phase of a failure that came before the agent began with what was asked for. */
const beforeAnswer = 'answer';

/** Of an agent that does not begin with what it is asked for. `ms`: how long that was waited for. */
export function unresponsive(ms: number): HotswiftError {
  const message = `the agent did not answer for ${ms} ms, because of code that had run before, and was ended`;
  return new HotswiftError('ERR_HOTSWIFT_TIMEOUT', message, { phase: beforeAnswer, ms });
}

/** Whether somebody else has ended the agent. */
export function isKilled(error: unknown): boolean {
  return isHotswiftError(error) && error.code === 'ERR_HOTSWIFT_CRASH' && foreignSignals.has(error.signal);
}

/** Whether the agent was ended, or stuck, before it began with what was asked for: that is as good in another one. */
export function isAgentsOwn(error: unknown): boolean {
  return isKilled(error) || (isHotswiftError(error) && error.phase === beforeAnswer);
}

/** The same failure, for somebody whose request the agent had not begun with. */
export function asAgentsOwn(error: HotswiftError): HotswiftError {
  const { code, message, signal, exitCode, backtrace, ms } = error;
  if (code !== 'ERR_HOTSWIFT_CRASH' && code !== 'ERR_HOTSWIFT_TIMEOUT') return error;
  return new HotswiftError(code, message, { signal, exitCode, backtrace, ms, phase: beforeAnswer, cause: error });
}

/** A time limit, with where it was reached. `isFormer`: in code that had been there before what was asked for. */
export function withPlace({ code, message, phase, ms }: HotswiftError, { backtrace }: CrashPlace, isFormer: boolean): HotswiftError {
  return new HotswiftError(code, message, { phase: isFormer ? beforeAnswer : phase, ms, backtrace });
}

/**
 * Whether an agent that has run other code may have failed on account of that: it has used up descriptors, memory or rights. What is defined nowhere is so in
 * every agent.
 */
export function mayBeAgentsOwn(error: unknown): boolean {
  if (!isHotswiftError(error)) return false;
  return (error.code === 'ERR_HOTSWIFT_LINK' && error.symbols === undefined) || error.code === 'ERR_HOTSWIFT_NATIVE';
}
