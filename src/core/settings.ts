import { join } from 'node:path';
import { StratusError } from './errors.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';

/** The Lease of who names none. */
export const DEFAULT_LEASE = 'kube-system/stratus-mcp';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a default may come from. */
export interface Place {
  readonly env: Environment;
  readonly home: string;
}

/** One thing that a flag or a variable of the environment sets. */
export interface Setting<T> {
  /** Without its value: `--kubeconfig`. */
  readonly flag: string;
  /** Word for the value in the help text; absent for a switch. */
  readonly value?: string;
  readonly env: string;
  readonly meaning: string;
  /** The default, as people read it. */
  readonly otherwise: string;
  /** @throws StratusError invalid_arguments that names `source`, where the text was found. */
  parse(text: string, source: string): T;
  /** The default; `undefined` leaves the setting out. */
  fallback(place: Place): T;
}

const text = <T extends string | undefined>(
  facts: Omit<Setting<T>, 'parse'>,
): Setting<string | T> => ({ ...facts, parse: (word) => word });

/** Every setting of the server. Options, help, configuration and the README's table follow from it. */
export const SETTINGS = {
  kubeconfig: text({
    flag: '--kubeconfig',
    value: '<file>',
    env: 'STRATUS_KUBECONFIG',
    meaning: 'kubeconfig file',
    otherwise: "`KUBECONFIG`, `~/.kube/config`, then the pod's service account",
    fallback: () => undefined,
  }),
  context: text({
    flag: '--context',
    value: '<name>',
    env: 'STRATUS_CONTEXT',
    meaning: 'context of the kubeconfig',
    otherwise: 'its current context',
    fallback: () => undefined,
  }),
  policy: text({
    flag: '--policy',
    value: '<file>',
    env: 'STRATUS_POLICY',
    meaning: 'policy file, or `read-only`, `default`, `autonomous`',
    otherwise: '`default`',
    fallback: () => 'default',
  }),
  journal: text({
    flag: '--journal',
    value: '<file>',
    env: 'STRATUS_JOURNAL',
    meaning: 'journal file',
    otherwise: '`$XDG_STATE_HOME/stratus-mcp/journal.db`, else below `~/.local/state`',
    fallback: defaultJournal,
  }),
  retainDays: {
    flag: '--retain-days',
    value: '<days>',
    env: 'STRATUS_RETAIN_DAYS',
    meaning: 'days that calls and finished transactions stay in the journal; 0 keeps everything',
    otherwise: '`365`',
    parse: daysOf,
    fallback: () => 365,
  } satisfies Setting<number>,
  lease: {
    flag: '--lease',
    value: '<namespace/name>',
    env: 'STRATUS_LEASE',
    meaning: 'Lease that keeps writers of other machines out; `off`: this machine only',
    otherwise: `\`${DEFAULT_LEASE}\``,
    parse: leaseOf,
    fallback: () => leaseOf(DEFAULT_LEASE, 'the default'),
  } satisfies Setting<LeaseName | 'off'>,
  readOnly: {
    flag: '--read-only',
    env: 'STRATUS_READ_ONLY',
    meaning: 'offer observing tools only',
    otherwise: 'off',
    parse: booleanOf,
    fallback: () => false,
  } satisfies Setting<boolean>,
  fence: {
    flag: '--fence',
    env: 'STRATUS_FENCE',
    meaning:
      'sign writes with the epoch of the Lease, for the admission policy `deploy/fence.yaml`',
    otherwise: 'off',
    parse: booleanOf,
    fallback: () => false,
  } satisfies Setting<boolean>,
  logLevel: {
    flag: '--log-level',
    value: '<level>',
    env: 'STRATUS_LOG_LEVEL',
    meaning: '`trace` to `fatal`, or `silent`; on stderr',
    otherwise: '`info`',
    parse: logLevelOf,
    fallback: () => 'info',
  } satisfies Setting<LogLevel>,
};

/** Secrets come by the environment alone: a command line is shown to every user of a machine. */
export const SECRET_SETTINGS = [
  {
    env: 'STRATUS_JOURNAL_KEY',
    meaning: "key that seals the journal's images, base64 of 32 bytes",
    otherwise: 'a file beside the journal, made at the first start',
  },
] as const;

/** `${XDG_STATE_HOME:-~/.local/state}/stratus-mcp/journal.db` */
function defaultJournal({ env, home }: Place): string {
  return join(env.XDG_STATE_HOME || join(home, '.local', 'state'), 'stratus-mcp', 'journal.db');
}

function logLevelOf(word: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === word);
  if (level !== undefined) return level;
  throw invalid(`The log level "${word}" is none of ${LOG_LEVELS.join(', ')}.`);
}

/** Which Lease of the cluster stands for the right to write. */
export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const LEASE = new RegExp(`^(?<namespace>${LABEL})/(?<name>(?=.{1,253}$)${LABEL}(\\.${LABEL})*)$`);

function leaseOf(word: string, source: string): LeaseName | 'off' {
  if (word === 'off') return 'off';
  const { namespace, name } = LEASE.exec(word)?.groups ?? {};
  if (namespace && name) return { namespace, name };
  throw invalid(`${source} is "${word}"; say NAMESPACE/NAME of a Lease, or off.`);
}

const MOST_DAYS = 36_500;

// "1e3" and " 5" are more likely slips than wishes, and what is pruned doesn't come back.
function daysOf(word: string, source: string): number {
  const days = /^\d{1,5}$/.test(word) ? Number(word) : Number.NaN;
  if (days <= MOST_DAYS) return days;
  throw invalid(`${source} is "${word}"; say whole days from 0 to ${MOST_DAYS}.`);
}

// A typo must neither open the door to writes nor go unnoticed.
function booleanOf(word: string, source: string): boolean {
  if (['0', 'false', 'no', 'off'].includes(word)) return false;
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  throw invalid(`${source} is "${word}"; say true or false.`);
}

function invalid(message: string): StratusError {
  return new StratusError('invalid_arguments', message);
}
