import { StratusError } from '../core/errors.ts';
import type { ObjectRef } from '../core/kube.ts';
import type { StepRow, TransactionRow } from '../journal/types.ts';
import type { Bounds } from '../policy/types.ts';
import type { Measurement } from '../severity/types.ts';
import type { Sighting } from '../undo/owners/flips.ts';
import type { Usage } from './bounds.ts';
import { refOfStep } from './refs.ts';
import type { CommitResult, UndoReport } from './types.ts';

/** The one transaction this process has open, and what it knows of it beside the journal. */
export interface Session {
  readonly id: string;
  readonly epoch: number;
  readonly bounds: Bounds;
  readonly deadlineAt: number;
  readonly baseline: Measurement;
  /** The whole cluster at begin, where only a part of it is in scope. */
  readonly elsewhere: Measurement | undefined;
  usage: Usage;
  nextSeq: number;
  /** Aborts the waiting of a commit (shutdown, deadline). */
  readonly stop: AbortController;
  /** Aborts at shutdown: what is taken back isn't measured any more. */
  readonly leaving: AbortController;
  deadline: NodeJS.Timeout | undefined;
  /** The commit in progress; callers come and go. */
  commit: Promise<CommitResult> | undefined;
  /** A retry of the abort is due. */
  retrying: boolean;
  /** The abort in progress. */
  abort: Promise<UndoReport> | undefined;
  /** Samples seen while settling, for progress. */
  readonly listeners: Set<(sample: Measurement, elapsedMs: number) => void>;
  lastUnsettled: readonly string[];
  /** The touched objects as they were seen after our writes: who changes them again shows there. */
  readonly sightings: Map<string, Sighting[]>;
}

/** The row of a transaction. @throws StratusError transaction_not_found */
export function rowOf(
  store: { get(id: string): TransactionRow | undefined },
  id: string,
): TransactionRow {
  const row = store.get(id);
  if (row === undefined)
    throw new StratusError('transaction_not_found', `There is no transaction ${id}.`);
  return row;
}

/** A guarded journal write that didn't land: somebody else owns the transaction now. */
export function epochOver(id: string): StratusError {
  return new StratusError(
    'transaction_state',
    `Transaction ${id} is no longer this process's: another one took it over.`,
    {
      changed: 'unknown',
    },
  );
}

/** The latest image of each object that the steps touched, for naming what has to settle. */
export function touchedRefs(steps: readonly StepRow[]): ObjectRef[] {
  const refs = new Map<string, ObjectRef>();
  for (const step of steps) {
    if (step.state === 'REJECTED') continue;
    const { apiVersion, kind, namespace, name } = step;
    refs.set([apiVersion, kind, namespace ?? '', name].join('|'), refOfStep(step));
  }
  return [...refs.values()];
}
