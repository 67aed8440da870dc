/** Milliseconds → `2026-01-31 23:59:59.123Z`. */
const utc = (column: string): string =>
  `strftime('%Y-%m-%d %H:%M:%f', ${column} / 1000.0, 'unixepoch') || 'Z'`;

/**
 * Views for people with sqlite3: read-only, no images, times in UTC.
 *
 * - `v_calls`: one row per tool call; one that never ended has outcome `unfinished`.
 * - `v_transactions`: one row per transaction, with severities and the verdict's sentence.
 * - `v_steps`: one row per written object.
 * - `v_severity`: every severity sample.
 *
 * `v_incidents` is in schema-incident.ts.
 */
export const VIEWS_1: readonly string[] = [
  `CREATE VIEW v_calls AS SELECT
     s.seq AS seq,
     ${utc('s.at')} AS started_utc,
     s.client AS client,
     s.principal AS principal,
     s.session AS session,
     s.tool AS tool,
     json_extract(s.detail, '$.args') AS args,
     coalesce(e.namespace, s.namespace) AS namespace,
     coalesce(e.object, s.object) AS object,
     coalesce(e.txn, s.txn) AS txn,
     e.decision AS decision,
     e.rule AS rule,
     coalesce(e.outcome, 'unfinished') AS outcome,
     json_extract(e.detail, '$.code') AS code,
     json_extract(e.detail, '$.message') AS message,
     json_extract(e.detail, '$.durationMs') AS duration_ms,
     json_extract(e.detail, '$.severityBefore') AS severity_before,
     json_extract(e.detail, '$.severityAfter') AS severity_after,
     s.call AS call
   FROM audit s LEFT JOIN audit e ON e.call = s.call AND e.kind = 'outcome'
   WHERE s.kind = 'call'`,
  `CREATE VIEW v_transactions AS SELECT
     'txn-' || t.id AS txn,
     t.state AS state,
     t.reason AS reason,
     t.actor AS actor,
     t.cluster AS cluster,
     ${utc('t.opened_at')} AS opened_utc,
     ${utc('t.deadline_at')} AS deadline_utc,
     ${utc('t.decided_at')} AS decided_utc,
     ${utc('t.closed_at')} AS closed_utc,
     round((t.closed_at - t.opened_at) / 1000.0, 1) AS seconds,
     (SELECT count(*) FROM step s WHERE s.txn = t.id) AS steps,
     (SELECT count(DISTINCT s.command) FROM step s WHERE s.txn = t.id) AS commands,
     json_extract(t.before, '$.severity') AS severity_before,
     json_extract(t.after, '$.severity') AS severity_after,
     json_extract(t.after_undo, '$.severity') AS severity_after_undo,
     json_extract(t.verdict, '$.summary') AS verdict,
     t.outcome AS outcome,
     t.policy_digest AS policy_digest
   FROM txn t`,
  `CREATE VIEW v_steps AS SELECT
     'txn-' || txn AS txn,
     seq, command, tool, verb, api_version, kind, namespace, name, class, state,
     ${utc('sent_at')} AS sent_utc,
     http_status, error, rehearsal, kubectl, residual, conflicts,
     intent_id AS audit_id
   FROM step`,
  `CREATE VIEW v_severity AS SELECT
     'txn-' || txn AS txn,
     phase,
     ${utc('at')} AS at_utc,
     severity,
     json_array_length(violations) AS violations,
     json_array_length(unknowns) AS unknowns
   FROM sample`,
];
