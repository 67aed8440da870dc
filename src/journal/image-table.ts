import { StratusError } from '../core/errors.ts';
import type { Room } from './room.ts';
import { randomKey, type SealingKey, seal, unseal } from './seal.ts';
import { keyOf } from './transaction-id.ts';
import type { ImageName, StepRow } from './types.ts';

interface DataKey {
  key_id: string;
  sealed: Buffer;
}

/** `rule` of the error of images that can't be opened: waiting won't help, as it would with a locked journal. */
export const SEALED = 'sealed images';

/** What an image is bound to. */
export type ImageOwner = Pick<
  StepRow,
  'transaction' | 'seq' | 'apiVersion' | 'kind' | 'namespace' | 'name'
>;

export interface ImageTable {
  /** Seals and stores images of a step, replacing those of the same name. Inside a write only. */
  put(step: ImageOwner, images: Partial<Record<ImageName, Buffer>>): void;
  open(step: ImageOwner, name: ImageName): Buffer | undefined;
}

/** Byte images under a data key per transaction, which is itself sealed under the master key. */
export function openImageTable(room: Room): ImageTable {
  const { sql } = room.database;
  const keyRow = sql.prepare<[number], DataKey>(
    'SELECT key_id, sealed FROM data_key WHERE txn = ?',
  );
  const addKey = sql.prepare('INSERT INTO data_key (txn, key_id, sealed) VALUES (?, ?, ?)');
  const imageRow = sql.prepare<[number, number, string], { sealed: Buffer }>(
    'SELECT sealed FROM image WHERE txn = ? AND seq = ? AND name = ?',
  );
  const addImage = sql.prepare(
    `INSERT INTO image (txn, seq, name, sealed) VALUES (?, ?, ?, ?)
     ON CONFLICT (txn, seq, name) DO UPDATE SET sealed = excluded.sealed`,
  );

  const dataKey = (transaction: string, txn: number): Buffer | undefined => {
    const row = keyRow.get(txn);
    if (row === undefined) return undefined;
    const master = masterOf(room, row.key_id, transaction);
    return opened(master.bytes, `data-key|${transaction}`, row.sealed, transaction);
  };

  const newDataKey = (transaction: string, txn: number): Buffer => {
    const master = masterOf(room, room.key?.id, transaction);
    const key = randomKey();
    addKey.run(txn, master.id, seal(master.bytes, `data-key|${transaction}`, key));
    return key;
  };

  return {
    put: (step, images) => {
      const contents = Object.entries(images);
      if (contents.length === 0) return;
      const txn = keyOf(step.transaction) ?? 0;
      const key = dataKey(step.transaction, txn) ?? newDataKey(step.transaction, txn);
      for (const [name, bytes] of contents) {
        addImage.run(txn, step.seq, name, seal(key, contextOf(step, name), bytes));
      }
    },
    open: (step, name) => {
      const txn = keyOf(step.transaction) ?? 0;
      const row = imageRow.get(txn, step.seq, name);
      if (row === undefined) return undefined;
      const key = dataKey(step.transaction, txn);
      if (key === undefined) throw closed(step.transaction, 'their data key was destroyed');
      return opened(key, contextOf(step, name), row.sealed, step.transaction);
    },
  };
}

// An image can't be passed off as one of another step, object or name. As JSON, because a name
// may hold any separator.
function contextOf(step: ImageOwner, name: string): string {
  const { transaction, seq, apiVersion, kind, namespace } = step;
  return JSON.stringify([transaction, seq, apiVersion, kind, namespace ?? '', step.name, name]);
}

function masterOf(room: Room, id: string | undefined, transaction: string): SealingKey {
  if (room.key === undefined || room.key.id !== id) {
    throw closed(transaction, 'they were sealed with another key');
  }
  return room.key;
}

function opened(key: Buffer, context: string, sealed: Buffer, transaction: string): Buffer {
  try {
    return unseal(key, context, sealed);
  } catch (cause) {
    throw closed(transaction, 'they were changed, or the key is another one', cause);
  }
}

function closed(transaction: string, reason: string, cause?: unknown): StratusError {
  return new StratusError(
    'journal_unavailable',
    `The images of ${transaction} can't be opened: ${reason}.`,
    {
      rule: SEALED,
      next: 'Put back the key (or the journal) that they were written with.',
      cause,
    },
  );
}
