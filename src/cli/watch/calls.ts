import { type JsonObject, numberOf, objectOf, stringOf } from '../../core/json.ts';
import type { AuditReader } from '../../journal/audit-reader.ts';
import type { AuditRow } from '../../journal/types.ts';

/** One call as the audit log has it: its start, its end, or both. */
export interface SeenCall {
  readonly call: string;
  /** Of the row that was read last: of the end where there is one. */
  readonly seq: number;
  readonly at: number;
  readonly tool: string;
  readonly actor: string;
  readonly object: string;
  readonly transaction: string | null;
  /** `running`: it has no end yet, or its process died. */
  readonly outcome: string;
  readonly decision: string | null;
  readonly rule: string | null;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly durationMs: number | undefined;
  /** Redacted; undefined where its start is too long ago. */
  readonly args: JsonObject | undefined;
}

/** The newest calls, the one that something happened to last first. */
export function newestCalls(audit: Pick<AuditReader, 'query'>, limit: number): SeenCall[] {
  const { rows } = audit.query({ kinds: ['call', 'outcome'], limit: 2 * limit });
  const calls = new Map<string, SeenCall>();
  for (const row of rows) {
    const id = row.call ?? `row ${row.seq}`;
    const known = calls.get(id);
    if (known === undefined) calls.set(id, seen(id, row));
    else if (row.kind === 'call') calls.set(id, { ...known, args: objectOf(row.detail.args) });
  }
  return [...calls.values()].slice(0, limit);
}

function seen(call: string, row: AuditRow): SeenCall {
  const { client, principal, namespace, object, detail } = row;
  return {
    ...{ call, seq: row.seq, at: row.at, tool: row.tool ?? '?', transaction: row.transaction },
    actor: client === null ? '?' : principal === null ? client : `${client} (${principal})`,
    object: [namespace, object].filter((part) => part !== null).join(' '),
    outcome: row.kind === 'outcome' ? (row.outcome ?? '?') : 'running',
    decision: row.decision,
    rule: row.rule,
    code: stringOf(detail.code),
    message: stringOf(detail.message),
    durationMs: numberOf(detail.durationMs),
    args: row.kind === 'call' ? objectOf(detail.args) : undefined,
  };
}
