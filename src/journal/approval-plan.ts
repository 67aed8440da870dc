import { StratusError } from '../core/errors.ts';
import type { Principal } from './approval-types.ts';
import type { Room } from './room.ts';
import { seal, unseal } from './seal.ts';

interface Owner extends Principal {
  readonly digest: string;
}

// A plan can't be passed off as that of another approval.
function contextOf({ digest, client, user }: Owner): string {
  return JSON.stringify(['approval', digest, client, user]);
}

/** A plan as it is stored. */
export function sealPlan(room: Room, owner: Owner, plan: Buffer): { keyId: string; bytes: Buffer } {
  const { key } = room;
  if (key === undefined) throw new StratusError('internal', 'The journal is open for reading.');
  return { keyId: key.id, bytes: seal(key.bytes, contextOf(owner), plan) };
}

/** @throws StratusError journal_unavailable when it was sealed with another key, or changed. */
export function openPlan({ database, key }: Room, id: number): Buffer | undefined {
  const row = database.sql
    .prepare<[number], Owner & { key_id: string; plan: Buffer }>(
      'SELECT digest, client, user, key_id, plan FROM approval WHERE id = ?',
    )
    .get(id);
  if (row === undefined) return undefined;
  try {
    if (key?.id !== row.key_id) throw new Error('another key');
    return unseal(key.bytes, contextOf(row), row.plan);
  } catch (cause) {
    throw new StratusError(
      'journal_unavailable',
      `The plan of approval-${id} can't be opened: it was changed, or sealed with another key.`,
      { next: 'Put back the key (or the journal) that it was written with.', cause },
    );
  }
}
