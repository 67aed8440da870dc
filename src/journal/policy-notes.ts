import type { Clock } from '../core/clock.ts';
import type { Room } from './room.ts';
import type { Journal } from './types.ts';

/** Notes a policy whose digest differs from the last one noted, in the table and in the audit log. */
export function policyNotes({ database, audit }: Room, clock: Clock): Journal['notePolicy'] {
  const { sql } = database;
  const last = sql.prepare<[], { digest: string }>(
    'SELECT digest FROM policy ORDER BY id DESC LIMIT 1',
  );
  const insert = sql.prepare(
    'INSERT INTO policy (at, name, source, digest) VALUES (@at, @name, @source, @digest)',
  );
  return ({ name, source, digest }) => {
    database.write('policy', () => {
      const previous = last.get()?.digest;
      if (previous === digest) return;
      insert.run({ at: Math.round(clock.now()), name, source, digest });
      audit.append({ kind: 'policy', detail: { name, source, digest, previous } });
    });
  };
}
