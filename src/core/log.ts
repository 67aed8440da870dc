import { destination, type Logger, pino } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Log = Logger;

/**
 * The log: JSON lines on stderr. stdout belongs to the protocol alone, and the writes are
 * synchronous because this process may have to leave within two seconds.
 */
export function createLog(level: LogLevel): Log {
  return pino({ level, base: { name: 'stratus-mcp' } }, destination({ dest: 2, sync: true }));
}
