import { StratusError } from '../core/errors.ts';
import type { Database } from './database.ts';
import type { SealingKey } from './seal.ts';
import type { AuditLog } from './types.ts';

/** What the table files share. */
export interface Room {
  readonly database: Database;
  readonly audit: Pick<AuditLog, 'append'>;
  /** `undefined` in a journal opened for reading only. */
  readonly key: SealingKey | undefined;
  /** Wall ms. */
  readonly now: () => number;
}

/** The guard of every write of a transaction: true while the writer's epoch is the current one. */
export const EPOCH_HOLDS = '(SELECT epoch FROM meta) = @currentEpoch';

export function epochOver(epoch: number): StratusError {
  return new StratusError(
    'writer_busy',
    `Another process became the writer after epoch ${epoch}; this one may not write any more.`,
    { rule: 'one writer per journal' },
  );
}

export function unknownTransaction(id: string): StratusError {
  return new StratusError('transaction_not_found', `There is no transaction ${id}.`);
}
