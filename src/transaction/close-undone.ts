import { describeRef, type ObjectRef } from '../core/kube.ts';
import { sentence } from '../core/sentence.ts';
import type { TransactionState } from '../journal/types.ts';
import { closingUnknowns } from '../severity/gate.ts';
import { worseForTouched } from '../severity/recovery.ts';
import type { Measurement, Scope } from '../severity/types.ts';
import { keyOf } from '../severity/view.ts';
import { cancelQuestions } from './approve.ts';
import { noteSample, noteTransaction } from './notes.ts';
import type { EngineParts } from './parts.ts';
import type { Resolved } from './resolve.ts';
import { epochOver, touchedRefs } from './session.ts';
import type { Shapes } from './shapes.ts';
import { sweepAfter } from './sweep.ts';
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
  /** Decisions about conflicts, journaled before anything is taken back. */
  readonly resolved?: Resolved;
  /** Measurement to come back to; absent: severity after the undo is reported, not judged. */
  readonly baseline: Measurement | undefined;
  /** How long the cluster may take to come back, ms; 0 doesn't measure (shutdown). */
  readonly measureMs: number;
  /**
   * Ends the measuring (shutdown), and the wait for a create that may be on its way. What is interrupted in that
   * wait throws its reason and takes nothing back that comes after it, which is mostly all; it is taken up again.
   * Without such a wait the taking back goes on to its end.
   */
  readonly signal?: AbortSignal;
  /** Ends only that wait, likewise: a recovery that is not judged has not come to its end. */
  readonly leaving?: AbortSignal;
}

/**
 * Takes a whole transaction back and closes it. TNR is about the state of the cluster, not about having sent
 * requests: severity is measured again, and worse than before ends as incomplete.
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
  if (request.resolved !== undefined) {
    const { rows, detail } = request.resolved;
    store.resolve(transaction, rows, epoch, detail);
  }
  const undone = await takeBack(parts, shapes, { transaction, epoch, ...withSignal(request) });
  const steps = store.steps(transaction);
  // What got worse beside a transaction that wrote nothing is not its doing, and nothing a human could finish.
  const wrote = steps.some((step) => step.state !== 'REJECTED');
  const baseline = wrote ? request.baseline : undefined;
  const touched = touchedRefs(steps);
  const back = await measureBack(parts, request, baseline, touched);
  const worse = back && baseline && worseThan(baseline, back, touched);
  const complete = undone.complete && !worse;
  const summary = [undone.summary, ...afterwards(baseline, back, worse)].join(' ');
  const to = complete ? request.done : request.incomplete;
  const landed = store.move(transaction, [request.via], to, epoch, {
    closedAt: parts.clock.now(),
    outcome: `${sentence(request.reason)} ${summary}`.trim(),
    ...(back === undefined ? {} : { afterUndo: toJson(back) }),
  });
  if (!landed) throw epochOver(transaction);
  cancelQuestions(parts, transaction);
  await sweepAfter(parts, transaction);
  noteTransaction(parts, transaction, to, {
    summary,
    ...(back === undefined ? {} : { severity: back.severity }),
  });
  return { ...undone, complete, summary, ...(back === undefined ? {} : { measurement: back }) };
}

function withSignal({ leaving, signal = leaving }: UndoWhole): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** How long the cluster has to hold still after an undo before it is judged, in seconds, at most. */
const STABLE_LIMIT_SECONDS = 10;

async function measureBack(
  parts: EngineParts,
  request: UndoWhole,
  baseline: Measurement | undefined,
  touched: readonly ObjectRef[],
): Promise<Measurement | undefined> {
  const { measureMs, signal } = request;
  if (measureMs === 0 || signal?.aborted) return undefined;
  const scope = scopeOf(parts, request.transaction);
  const until = parts.clock.monotonic() + measureMs;
  const { settle } = parts.policy.severity;
  try {
    for (;;) {
      const left = Math.max(1, (until - parts.clock.monotonic()) / 1_000);
      const { measurement } = await parts.meter.settle({
        scope,
        // Spec-equal is not restored: its pods have to be back, unless they were not at rest before.
        touched: baseline === undefined ? [] : touched,
        excused: excusedBy(baseline),
        settings: {
          ...settle,
          minPodAgeSeconds: 0,
          stableSeconds: Math.min(settle.stableSeconds, STABLE_LIMIT_SECONDS),
          timeoutSeconds: left,
        },
        baseline: undefined,
        onSample: (sample) => noteSample(parts, request.transaction, 'undo', sample),
        ...(signal === undefined ? {} : { signal }),
      });
      const good =
        baseline === undefined || worseThan(baseline, measurement, touched) === undefined;
      if (good || parts.clock.monotonic() >= until) return measurement;
      await parts.clock.sleep(POLL_MS, signal);
    }
  } catch (error) {
    // Interrupted by the shutdown: half a recovery isn't judged.
    if (signal?.aborted) return undefined;
    throw error;
  }
}

/** Workloads that were broken or in the middle of something before: they may never settle. */
function excusedBy(baseline: Measurement | undefined): string[] {
  const ill = baseline?.violations.map(({ object }) => keyOf(object)) ?? [];
  return [...ill, ...(baseline?.restless ?? [])];
}

function scopeOf(parts: EngineParts, transaction: string): Scope {
  return (
    fromJson<Scope>(parts.journal.transactions.get(transaction)?.scope) ?? { namespaces: 'all' }
  );
}

/**
 * Why the cluster is worse than before by what the transaction touched; undefined when it isn't.
 * What could not be measured is never "as good as before".
 */
function worseThan(
  before: Measurement,
  now: Measurement,
  touched: readonly ObjectRef[],
): string | undefined {
  const [hidden] = closingUnknowns(now);
  if (hidden !== undefined) return `it could not be measured (${hidden.what})`;
  const [moving] = now.unsettled;
  if (moving !== undefined) return `what is not back yet (${moving})`;
  if (now.severity <= before.severity + 1e-9) return undefined;
  const [first, ...more] = worseForTouched(before, now, touched);
  if (first === undefined) return undefined;
  const rest = more.length > 0 ? ` and ${more.length} more` : '';
  return `${describeRef(first.object)} (${first.reason})${rest}`;
}

function afterwards(
  before: Measurement | undefined,
  now: Measurement | undefined,
  worse: string | undefined,
): string[] {
  if (before === undefined || now === undefined) return [];
  if (worse !== undefined) {
    return [
      `Severity is ${now.severity} after the undo and was ${before.severity} before; worse is ${worse}: it has not recovered, or something else changed.`,
    ];
  }
  if (now.severity <= before.severity + 1e-9) return [];
  return [
    `Severity rose from ${before.severity} to ${now.severity} meanwhile, by nothing that this transaction touched.`,
  ];
}
