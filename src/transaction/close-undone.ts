import type { TransactionState } from '../journal/types.ts';
import { closingUnknowns } from '../severity/gate.ts';
import type { Measurement, Scope } from '../severity/types.ts';
import { noteSample, noteTransaction } from './notes.ts';
import type { EngineParts } from './parts.ts';
import { epochOver } from './session.ts';
import type { Shapes } from './shapes.ts';
import { takeBack } from './take-back.ts';
import { fromJson, toJson } from './to-json.ts';
import type { UndoReport } from './types.ts';

const POLL_MS = 1_000;

export interface UndoWhole {
  readonly transaction: string;
  readonly epoch: number;
  /** States it may be in, and the three it goes through. */
  readonly from: readonly TransactionState[];
  readonly via: TransactionState;
  readonly done: TransactionState;
  readonly incomplete: TransactionState;
  readonly reason: string;
  /** Measurement to come back to; absent: severity after the undo is reported, not judged. */
  readonly baseline: Measurement | undefined;
  /** How long the cluster may take to come back, ms; 0 doesn't measure (shutdown). */
  readonly measureMs: number;
  /** Ends the measuring (shutdown), not the taking back. */
  readonly signal?: AbortSignal;
}

/**
 * Takes a whole transaction back and closes it. TNR is about the state of the cluster, not about having sent
 * requests: severity is measured again, and worse than before ends as incomplete (transactions.md 7.6).
 */
export async function undoWhole(
  parts: EngineParts,
  shapes: Shapes,
  request: UndoWhole,
): Promise<UndoReport> {
  const { transaction, epoch } = request;
  const store = parts.journal.transactions;
  if (
    !store.move(transaction, [...request.from, request.via], request.via, epoch, {
      outcome: request.reason,
    })
  ) {
    throw epochOver(transaction);
  }
  noteTransaction(parts, transaction, request.via, { reason: request.reason });
  const undone = await takeBack(parts, shapes, { transaction, epoch });
  // What got worse beside a transaction that wrote nothing is not its doing, and nothing a human could finish.
  const wrote = store.steps(transaction).some((step) => step.state !== 'REJECTED');
  const baseline = wrote ? request.baseline : undefined;
  const back = await measureBack(parts, request, baseline);
  const worse = back !== undefined && baseline !== undefined && isWorse(baseline, back);
  const complete = undone.complete && !worse;
  const summary = worse
    ? `${undone.summary} Severity is ${back.severity} after the undo and was ${baseline.severity} before: something else changed, or it has not recovered yet.`
    : undone.summary;
  const to = complete ? request.done : request.incomplete;
  const landed = store.move(transaction, [request.via], to, epoch, {
    closedAt: parts.clock.now(),
    outcome: `${request.reason} ${summary}`.trim(),
    ...(back === undefined ? {} : { afterUndo: toJson(back) }),
  });
  if (!landed) throw epochOver(transaction);
  noteTransaction(parts, transaction, to, {
    summary,
    ...(back === undefined ? {} : { severity: back.severity }),
  });
  return { ...undone, complete, summary, ...(back === undefined ? {} : { measurement: back }) };
}

async function measureBack(
  parts: EngineParts,
  request: UndoWhole,
  baseline: Measurement | undefined,
): Promise<Measurement | undefined> {
  const { measureMs, signal } = request;
  if (measureMs === 0 || signal?.aborted) return undefined;
  const scope = scopeOf(parts, request.transaction);
  const until = parts.clock.monotonic() + measureMs;
  try {
    for (;;) {
      const now = await parts.meter.measure(scope, signal);
      noteSample(parts, request.transaction, 'undo', now);
      const back = baseline === undefined || !isWorse(baseline, now);
      if (back || parts.clock.monotonic() >= until) return now;
      await parts.clock.sleep(POLL_MS, signal);
    }
  } catch (error) {
    // Interrupted by the shutdown: half a recovery isn't judged.
    if (signal?.aborted) return undefined;
    throw error;
  }
}

function scopeOf(parts: EngineParts, transaction: string): Scope {
  return (
    fromJson<Scope>(parts.journal.transactions.get(transaction)?.scope) ?? { namespaces: 'all' }
  );
}

function isWorse(before: Measurement, now: Measurement): boolean {
  // What could not be measured is never "as good as before".
  return closingUnknowns(now).length > 0 || now.severity > before.severity + 1e-9;
}
