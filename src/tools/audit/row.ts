import { isObject, type Json, type JsonObject, objectOf, stringOf } from '../../core/json.ts';
import type { AuditRow } from '../../journal/types.ts';
import { compact } from '../render/manifest.ts';
import { shortText } from '../render/untrusted.ts';

export interface ShownRow {
  [key: string]: unknown;
  seq: number;
  at: string;
  kind: string;
  /** What happened, in a line. */
  what: string;
}

/** A row of the audit log for a reader; with everything that was recorded if `detailed`. */
export function showRow(row: AuditRow, detailed: boolean, incident: string | undefined): ShownRow {
  const who = [row.principal, row.client].filter(Boolean).join(' with ');
  return {
    seq: row.seq,
    at: new Date(row.at).toISOString(),
    kind: row.kind,
    what: sentence(row),
    ...compact({
      who: shortText(who, 200),
      tool: row.tool,
      namespace: row.namespace,
      object: row.object,
      transaction: row.transaction,
      incident,
      decision: row.decision,
      rule: row.rule,
      outcome: row.outcome,
      ...(detailed
        ? { session: row.session, call: row.call, detail: plain(row.detail), hash: row.hash }
        : {}),
    }),
  };
}

function sentence(row: AuditRow): string {
  const detail = row.detail;
  const facts = { ...detail, ...objectOf(detail.verdict) };
  const said = [
    'message',
    'outcome',
    'summary',
    'how',
    'reason',
    'why',
    'cause',
    'state',
    'event',
    'kubectl',
  ].flatMap((key) => stringOf(facts[key]) ?? [])[0];
  const subject = [row.tool, row.object && `on ${row.object}`].filter(Boolean).join(' ');
  const ended = row.kind === 'outcome' ? (row.outcome ?? 'ended') : change(row);
  const head = [row.kind, subject, ended].filter(Boolean).join(' ');
  return shortText(said === undefined ? `${head}${argumentText(row)}` : `${head}: ${said}`, 400);
}

/** Which state the transaction or the step went to. */
function change({ kind, outcome, detail }: AuditRow): string | undefined {
  if (kind !== 'transaction' && kind !== 'step' && kind !== 'incident') return undefined;
  const to = stringOf(detail.to) ?? outcome ?? undefined;
  const from = stringOf(detail.from);
  return from === undefined ? to : `${from} → ${to}`;
}

/** The arguments of a call in a few words. */
function argumentText(row: AuditRow): string {
  const args = objectOf(row.detail.args);
  const words = Object.entries(args).flatMap(([key, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [`${key}=${value}`]
      : [],
  );
  return words.length > 0 ? `: ${words.join(', ')}` : '';
}

// The journal keeps what callers and clusters said; on the way out it's plain and bounded.
function plain(value: Json): Json {
  if (typeof value === 'string') return shortText(value, 2_000);
  if (Array.isArray(value)) return value.slice(0, 100).map(plain);
  if (!isObject(value)) return typeof value === 'object' ? String(value) : value;
  const out: JsonObject = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) out[key] = plain(item);
  return out;
}
