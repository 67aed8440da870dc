import type { StepRow, TransactionState, TransactionStore } from '../journal/types.ts';
import type { ClusterIdentity } from './cluster-identity.ts';

/** States a dead process may have left behind. */
export const UNFINISHED: readonly TransactionState[] = [
  'OPEN',
  'SETTLING',
  'ABORTING',
  'COMMIT_DECIDED',
  'FINALIZING',
  'UNDOING',
];

/** States in which a human has to look before anything else may be written. */
export const NEEDS_HUMAN: readonly TransactionState[] = [
  'COMMIT_INCOMPLETE',
  'ABORT_INCOMPLETE',
  'UNDO_INCOMPLETE',
];

/**
 * Whether something of it is still in the cluster that should not be. Where all was restored and only severity is
 * worse, there is nothing left for a human to take back.
 */
export function hasLeft(store: { steps(id: string): StepRow[] }, transaction: string): boolean {
  return store.steps(transaction).some(({ state }) => state !== 'UNDONE' && state !== 'REJECTED');
}

/** The oldest transaction on this cluster that other journals have to wait for. */
export function leftOpen(
  store: Pick<TransactionStore, 'list' | 'steps'>,
  identity: ClusterIdentity,
): string | undefined {
  const states = [...UNFINISHED, ...NEEDS_HUMAN];
  const { rows } = store.list({ states, limit: 1_000 });
  const here = rows.filter((row) => identity.isSame(row.cluster));
  return here.findLast(({ id, state }) => UNFINISHED.includes(state) || hasLeft(store, id))?.id;
}
