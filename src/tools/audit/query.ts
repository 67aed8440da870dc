import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { AuditFilter, AuditRow } from '../../journal/types.ts';
import { permit } from '../observe/access.ts';
import {
  answerShape,
  cursorArgument,
  limitArgument,
  noteShape,
  pagedShape,
} from '../observe/arguments.ts';
import { call } from '../observe/next-step.ts';
import { decodeCursor, encodeCursor } from '../render/cursor.ts';
import { compact } from '../render/manifest.ts';
import { momentOf } from '../render/time.ts';
import { DATA_NOTE } from '../render/untrusted.ts';
import { defineObserveTool, type ObserveContext } from '../types.ts';
import { incidentOfRow } from './incident-of-row.ts';
import { showRow } from './row.ts';

const NAME = 'audit_query';
const KINDS = [
  'call',
  'outcome',
  'transaction',
  'step',
  'policy',
  'server',
  'recovery',
  'incident',
] as const;

const text = (what: string) => z.string().min(1).max(300).optional().describe(what);

const input = z.strictObject({
  transaction: text('Only this transaction, e.g. txn-7. Alone it tells its story, oldest first.'),
  since: text('Only after this: 15m, 2h, 7d back from now, or an RFC 3339 time.'),
  until: text('Only before this: the same forms.'),
  tool: text('Only calls of this tool, e.g. mitigate_scale.'),
  namespace: text('Only what concerned this namespace.'),
  object: text('Only what concerned this object, as Kind/name.').meta({
    examples: ['Deployment/catalog'],
  }),
  actor: text('Only this client, principal or session.'),
  decision: z
    .enum(['allow', 'ask', 'refuse', 'none'])
    .optional()
    .describe('Only calls that the policy decided so.'),
  outcome: z.enum(['ok', 'refused', 'failed']).optional().describe('Only calls that ended so.'),
  kinds: z.array(z.enum(KINDS)).min(1).max(7).optional().describe('Only rows of these kinds.'),
  detail: z
    .enum(['concise', 'detailed'])
    .default('concise')
    .describe('detailed adds arguments and everything that was recorded.'),
  limit: limitArgument(20, 200),
  cursor: cursorArgument,
});
type Arguments = z.output<typeof input>;

export const auditQuery = defineObserveTool({
  name: NAME,
  title: 'Audit log',
  description: [
    'Use this to see what was done through this server: which calls, by whom, when, what the policy said and how each ended, the refused and failed ones too.',
    'Filter by time, tool, namespace, object, actor, decision or outcome; newest first.',
    'With transaction alone it tells that transaction as a story, from begin to its end.',
  ].join(' '),
  effect: 'observe',
  input,
  output: z.looseObject({
    ...answerShape,
    rows: z.array(
      z.looseObject({ seq: z.number(), at: z.string(), kind: z.string(), what: z.string() }),
    ),
    total: z.number(),
    total_at_least: z.boolean().optional(),
    ...pagedShape,
    ...noteShape,
  }),
  async run(args, context) {
    permit(context, { tool: NAME, namespace: args.namespace });
    const story = storyOf(args);
    const found = story === undefined ? search(args, context) : tell(story, args, context);
    return {
      summary: found.summary,
      rows: found.rows.map((row) => ({
        ...showRow(row, args.detail === 'detailed', incidentOfRow(row, context.incidents)),
      })),
      total: found.total,
      ...compact({
        ...(found.cursor
          ? { truncated: true, remaining: found.remaining, cursor: found.cursor }
          : {}),
        total_at_least: found.totalAtLeast,
        next: nextOf(args, found),
        note: found.rows.length > 0 ? DATA_NOTE : undefined,
      }),
    };
  },
});

interface Found {
  readonly summary: string;
  readonly rows: readonly AuditRow[];
  readonly total: number;
  readonly totalAtLeast?: true | undefined;
  readonly remaining?: number | undefined;
  readonly cursor?: string | undefined;
}

/** The transaction to tell about, when nothing else is asked. */
function storyOf(args: Arguments): string | undefined {
  const { transaction, detail: _detail, limit: _limit, cursor: _cursor, ...filters } = args;
  const filtered = Object.values(filters).some((value) => value !== undefined);
  return filtered ? undefined : transaction;
}

function tell(transaction: string, args: Arguments, context: ObserveContext): Found {
  // Who asks about a transaction has no part in its story; this very call would be its end.
  const rows = context.audit.story(transaction).filter(({ tool }) => tool !== NAME);
  if (rows.length === 0) {
    throw new StratusError('transaction_not_found', `The audit log knows no ${transaction}.`, {
      next: `Name one as txn-7; ${call(NAME, { kinds: ['transaction'] })} shows the latest.`,
    });
  }
  const query = { tool: NAME, transaction };
  const after = args.cursor === undefined ? 0 : Number(decodeCursor(args.cursor, query));
  const rest = rows.filter(({ seq }) => seq > after);
  const shown = rest.slice(0, args.limit);
  const remaining = rest.length - shown.length;
  const last = shown.at(-1);
  return {
    summary: `The story of ${transaction}, oldest first: ${counted(rows.length)}.`,
    rows: shown,
    total: rows.length,
    ...(remaining > 0 && last ? { remaining, cursor: encodeCursor(String(last.seq), query) } : {}),
  };
}

function search(args: Arguments, context: ObserveContext): Found {
  const { detail: _detail, limit, cursor, since, until, kinds, ...exact } = args;
  const now = context.clock.now();
  const query: JsonObject = { tool_asked: NAME, ...exact, since, until, kinds: kinds?.join() };
  const filter: AuditFilter = {
    ...defined(exact),
    ...(since === undefined ? {} : { since: momentOf(since, now, 'since') }),
    ...(until === undefined ? {} : { until: momentOf(until, now, 'until') }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(cursor === undefined ? {} : { before: Number(decodeCursor(cursor, query)) }),
    limit,
  };
  const { rows, total, totalAtLeast, nextBefore } = context.audit.query(filter);
  return {
    summary:
      rows.length === 0 ? 'No row matches.' : `${counted(total, totalAtLeast)}, newest first.`,
    rows,
    total,
    totalAtLeast,
    ...(nextBefore === undefined ? {} : { cursor: encodeCursor(String(nextBefore), query) }),
  };
}

const counted = (rows: number, atLeast = false) =>
  `${rows}${atLeast ? ' or more' : ''} ${rows === 1 ? 'row' : 'rows'}`;

/** The same without the keys that are undefined. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return compact(value) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function nextOf(args: Arguments, found: Found): string | undefined {
  if (found.cursor) return 'Repeat the call with this cursor for the next page, or narrow it.';
  if (args.transaction !== undefined) return undefined;
  const transaction = found.rows.find((row) => row.transaction !== null)?.transaction;
  return transaction ? `${call(NAME, { transaction })} tells its story.` : undefined;
}
