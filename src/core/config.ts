import { join } from 'node:path';
import { StratusError } from './errors.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';

export interface Config {
  /** Path of a kubeconfig; absent: KUBECONFIG, the usual place, or the pod's service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Path of a policy file, or the name of a shipped one. */
  readonly policy: string;
  /** Path of the journal's SQLite file. */
  readonly journal: string;
  /** Offer nothing but observing tools, whatever the policy says. */
  readonly readOnly: boolean;
  readonly logLevel: LogLevel;
}

/** Command line options, as commander names them. */
export interface Flags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly policy?: string;
  readonly journal?: string;
  readonly readOnly?: boolean;
  readonly logLevel?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Flags win over STRATUS_* variables, those win over defaults. An empty variable counts as unset,
 * because client configurations expand `${VAR:-}` to an empty string.
 * @throws StratusError invalid_arguments for a value that is none of the allowed ones.
 */
export function resolveConfig(flags: Flags, env: Environment, home: string): Config {
  const text = (flag: string | undefined, name: string) => flag || env[name] || undefined;
  const kubeconfig = text(flags.kubeconfig, 'STRATUS_KUBECONFIG');
  const context = text(flags.context, 'STRATUS_CONTEXT');
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    policy: text(flags.policy, 'STRATUS_POLICY') ?? 'default',
    journal: text(flags.journal, 'STRATUS_JOURNAL') ?? defaultJournal(env, home),
    readOnly: flags.readOnly ?? booleanOf('STRATUS_READ_ONLY', env.STRATUS_READ_ONLY),
    logLevel: logLevelOf(text(flags.logLevel, 'STRATUS_LOG_LEVEL') ?? 'info'),
  };
}

/** `${XDG_STATE_HOME:-~/.local/state}/stratus-mcp/journal.db` */
function defaultJournal(env: Environment, home: string): string {
  return join(env.XDG_STATE_HOME || join(home, '.local', 'state'), 'stratus-mcp', 'journal.db');
}

function logLevelOf(word: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === word);
  if (level !== undefined) return level;
  throw new StratusError(
    'invalid_arguments',
    `The log level "${word}" is none of ${LOG_LEVELS.join(', ')}.`,
  );
}

// A typo must neither open the door to writes nor go unnoticed.
function booleanOf(name: string, word: string | undefined): boolean {
  if (word === undefined || word === '' || ['0', 'false', 'no', 'off'].includes(word)) return false;
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  throw new StratusError('invalid_arguments', `${name} is "${word}"; say true or false.`);
}
