import type { JsonObject } from '../core/json.ts';
import type { SampleRow } from '../journal/types.ts';
import type { Measurement } from '../severity/types.ts';
import type { EngineParts } from './parts.ts';
import { toJson } from './to-json.ts';
import type { Caller } from './types.ts';

/** Appends a transaction event to the audit log. */
export function noteTransaction(
  parts: EngineParts,
  transaction: string,
  outcome: string,
  detail: JsonObject,
  caller?: Caller,
): void {
  parts.journal.audit.append({
    kind: 'transaction',
    transaction,
    outcome,
    ...(caller === undefined ? {} : { call: caller.call, tool: caller.tool }),
    detail,
  });
}

/** Keeps a measurement in the journal: severity over time is part of the story. */
export function noteSample(
  parts: EngineParts,
  transaction: string,
  phase: SampleRow['phase'],
  measurement: Measurement,
): void {
  parts.journal.transactions.addSample({
    transaction,
    phase,
    at: measurement.at,
    severity: measurement.severity,
    violations: measurement.violations.map((violation) => toJson(violation)),
    unknowns: measurement.unknowns.map((unknown) => toJson(unknown)),
  });
}
