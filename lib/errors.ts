import { types } from 'node:util';
import type { Diagnostic } from './types.js';

/** Stable codes; the README says what to do about each. */
export type HotswiftErrorCode =
  | 'ERR_HOTSWIFT_ARGUMENT'
  | 'ERR_HOTSWIFT_TOOLCHAIN'
  | 'ERR_HOTSWIFT_PROJECT'
  | 'ERR_HOTSWIFT_COMPILE'
  | 'ERR_HOTSWIFT_LINK'
  | 'ERR_HOTSWIFT_CRASH'
  | 'ERR_HOTSWIFT_TIMEOUT'
  | 'ERR_HOTSWIFT_PREVIEW'
  | 'ERR_HOTSWIFT_CLOSED'
  | 'ERR_HOTSWIFT_NATIVE';

/** What an error carries besides its message, by code. */
export interface ErrorDetails {
  /** What made it happen. */
  cause?: unknown;
  /** ERR_HOTSWIFT_COMPILE: what the compiler said. */
  diagnostics?: Diagnostic[];
  /** ERR_HOTSWIFT_LINK: linker names of symbols that are defined nowhere, or of variables of main.swift that nothing initialises. */
  symbols?: string[];
  /** ERR_HOTSWIFT_CRASH: the signal that ended the agent. */
  signal?: NodeJS.Signals | null;
  /** ERR_HOTSWIFT_CRASH: the agent's exit code, if it exited. */
  exitCode?: number | null;
  /** ERR_HOTSWIFT_CRASH: the frames of the thread that crashed, innermost first, where they are known. See `CrashInfo`. ERR_HOTSWIFT_TIMEOUT: those of the main thread. */
  backtrace?: string[];
  /** ERR_HOTSWIFT_TIMEOUT: what took too long. `answer`, also of ERR_HOTSWIFT_CRASH: the agent had not begun with what was asked for. */
  phase?: string;
  /** ERR_HOTSWIFT_TIMEOUT: the limit, in milliseconds. */
  ms?: number;
  /** ERR_HOTSWIFT_PREVIEW: the names of the previews that there are. */
  names?: string[];
}

/**
 * Every error that hotswift raises. Match on `code`, not on the class: a process may hold more than one copy of it, as under Jest.
 */
export class HotswiftError extends Error {
  /** `'HotswiftError'`, also where the class is another copy's. */
  override readonly name = 'HotswiftError';
  /** What went wrong, for programs. */
  readonly code: HotswiftErrorCode;
  /** {@inheritDoc ErrorDetails.diagnostics} */
  readonly diagnostics?: Diagnostic[];
  /** {@inheritDoc ErrorDetails.symbols} */
  readonly symbols?: string[];
  /** {@inheritDoc ErrorDetails.signal} */
  readonly signal?: NodeJS.Signals | null;
  /** {@inheritDoc ErrorDetails.exitCode} */
  readonly exitCode?: number | null;
  /** {@inheritDoc ErrorDetails.backtrace} */
  readonly backtrace?: string[];
  /** {@inheritDoc ErrorDetails.phase} */
  readonly phase?: string;
  /** {@inheritDoc ErrorDetails.ms} */
  readonly ms?: number;
  /** {@inheritDoc ErrorDetails.names} */
  readonly names?: string[];

  /** As hotswift makes them: `details` become properties of the error. */
  constructor(code: HotswiftErrorCode, message: string, details: ErrorDetails = {}) {
    const { cause, ...rest } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, rest);
  }
}

/** What whoever still waits for a session that is closed, or uses it, is told. */
export function sessionClosed(): HotswiftError {
  return new HotswiftError('ERR_HOTSWIFT_CLOSED', 'the session is closed');
}

/** The form in which an error crosses a thread or a process. */
export interface SerializedError {
  code: HotswiftErrorCode;
  message: string;
  details: Omit<ErrorDetails, 'cause'>;
}

export function serializeError(error: HotswiftError): SerializedError {
  const { diagnostics, symbols, signal, exitCode, backtrace, phase, ms, names } = error;
  return { code: error.code, message: error.message, details: { diagnostics, symbols, signal, exitCode, backtrace, phase, ms, names } };
}

export function deserializeError({ code, message, details }: SerializedError): HotswiftError {
  return new HotswiftError(code, message, details);
}

/** Whether a value is an error, of whichever realm: under Jest, those of Node and of the addon are not `instanceof` the test's `Error`. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value);
}

/** Whether a value is one of ours, whichever copy of the library made it. */
export function isHotswiftError(value: unknown): value is HotswiftError {
  return isError(value) && 'code' in value && String(value.code).startsWith('ERR_HOTSWIFT_');
}
