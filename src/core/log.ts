import { AsyncLocalStorage } from 'node:async_hooks';
import { destination, type Logger, pino } from 'pino';
import { loggedError } from './log-error.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Log = Logger;

/** What every line about one call says, whichever room writes it. */
export interface LogFields {
  /** The call's id in the audit log. */
  readonly call?: string;
  /** The client's connection. */
  readonly session?: string;
  readonly tool?: string;
  readonly transaction?: string;
}

const current = new AsyncLocalStorage<LogFields>();

/** Runs the work of a call: lines that it logs, also later and elsewhere, carry the fields. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return current.run({ ...fields }, work);
}

/** Adds what became known of the call that runs now. Outside a call it does nothing. */
export function noteLogFields(fields: LogFields): void {
  const known = current.getStore();
  if (known !== undefined) Object.assign(known, fields);
}

/**
 * The log: JSON lines on stderr. stdout belongs to the protocol alone, and the writes are
 * synchronous because this process may have to leave within two seconds.
 */
export function createLog(level: LogLevel): Log {
  return pino(
    {
      level,
      base: { name: 'stratus-mcp', pid: process.pid },
      mixin: () => ({ ...current.getStore() }),
      serializers: { err: loggedError },
    },
    destination({ dest: 2, sync: true }),
  );
}
