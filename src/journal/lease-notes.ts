import type { Room } from './room.ts';
import type { LeaseNotes } from './types.ts';

export function openLeaseNotes({ database }: Room): LeaseNotes {
  const read = database.sql.prepare<[string], { epoch: number; named: 0 | 1 }>(
    'SELECT epoch, named FROM lease WHERE name = ?',
  );
  const write = database.sql.prepare(
    `INSERT INTO lease (name, epoch, named) VALUES (@name, @epoch, @named)
     ON CONFLICT (name) DO UPDATE SET epoch = max(epoch, excluded.epoch), named = excluded.named`,
  );
  return {
    get: (name) => {
      const row = database.read(() => read.get(name));
      return row && { epoch: row.epoch, named: row.named === 1 };
    },
    set: (name, { epoch, named }) => {
      database.write('lease', () => write.run({ name, epoch, named: named ? 1 : 0 }));
    },
  };
}
