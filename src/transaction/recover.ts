import { toStratusError } from '../core/errors.ts';
import type { TransactionRow } from '../journal/types.ts';
import type { Measurement } from '../severity/types.ts';
import { undoWhole } from './close-undone.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import { rollForward } from './commit.ts';
import { NEEDS_HUMAN, UNFINISHED } from './left-open.ts';
import type { EngineParts } from './parts.ts';
import type { Shapes } from './shapes.ts';
import { sweep } from './sweep.ts';
import { fromJson } from './to-json.ts';

export interface RecoveryReport {
  readonly recovered: readonly string[];
  readonly needsHuman: readonly string[];
  readonly busy: boolean;
}

/**
 * Finishes what a dead process left: decided commits roll forward, everything else is taken
 * back; then sweeps what late creates left. The caller holds the lock with a new epoch. Can itself be killed anywhere and run again.
 */
export async function recoverAll(
  parts: EngineParts,
  shapes: Shapes,
  epoch: number,
  identity: ClusterIdentity,
  signal: AbortSignal,
): Promise<RecoveryReport> {
  const store = parts.journal.transactions;
  const recovered: string[] = [];
  const needsHuman: string[] = [];
  for (const row of store.list({ states: UNFINISHED, limit: 1_000 }).rows.toReversed()) {
    if (!identity.isSame(row.cluster)) {
      // It can only be taken back on its own cluster, by the next server that is started for that one.
      parts.log.warn({ transaction: row.id, cluster: row.cluster }, 'open on another cluster');
      continue;
    }
    store.adopt(row.id, epoch);
    parts.journal.audit.append({
      kind: 'recovery',
      transaction: row.id,
      outcome: 'STARTED',
      detail: { found: row.state, lease_epoch: parts.lease.epoch ?? null },
    });
    await recoverOne(parts, shapes, row, epoch, signal);
    const after = store.get(row.id)?.state ?? row.state;
    parts.journal.audit.append({
      kind: 'recovery',
      transaction: row.id,
      outcome: after,
      detail: { found: row.state },
    });
    if (NEEDS_HUMAN.includes(after)) needsHuman.push(row.id);
    else recovered.push(row.id);
  }
  await sweep(parts, identity);
  return { recovered, needsHuman, busy: false };
}

async function recoverOne(
  parts: EngineParts,
  shapes: Shapes,
  row: TransactionRow,
  epoch: number,
  signal: AbortSignal,
): Promise<void> {
  parts.log.warn({ transaction: row.id, state: row.state }, 'recovering what a dead process left');
  if (row.state === 'COMMIT_DECIDED' || row.state === 'FINALIZING') {
    await rollForward(parts, row.id, epoch);
    return;
  }
  const undoing = row.state === 'UNDOING';
  try {
    await undoWhole(parts, shapes, {
      transaction: row.id,
      epoch,
      from: UNFINISHED,
      via: undoing ? 'UNDOING' : 'ABORTING',
      done: undoing ? 'UNDONE' : 'ABORTED',
      incomplete: undoing ? 'UNDO_INCOMPLETE' : 'ABORT_INCOMPLETE',
      // What was being taken back keeps its own reason.
      reason: row.outcome ?? 'The process ended before the commit.',
      baseline: undoing ? undefined : fromJson<Measurement>(row.before),
      measureMs: parts.policy.severity.settle.timeoutSeconds * 1_000,
      leaving: signal,
    });
  } catch (error) {
    parts.log.error(
      { transaction: row.id, error: toStratusError(error).message },
      'recovery is not complete',
    );
    throw error;
  }
}
