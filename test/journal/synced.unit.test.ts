import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/journal/database.ts';
import { journalPath, temporaryFolder } from './support.ts';

const CHILD = fileURLToPath(new URL('./synced-child.ts', import.meta.url));
const FULL = 2;
const NORMAL = 1;

test('only the writes that may wait are not synced', () => {
  const database = openDatabase({ path: journalPath(), busyTimeoutMs: 1_000 });
  onTestFinished(() => database.close());
  let asked = 0;
  // With another comment each time: the answer of a prepared pragma is as old as itself.
  const mode = () =>
    Number(database.sql.pragma(`synchronous /* ${asked++} */`, { simple: true }) as number);

  expect(database.write('test', mode)).toBe(FULL);
  expect(database.writeUnsynced('test', mode)).toBe(NORMAL);
  expect(database.write('test', () => database.writeUnsynced('test', mode))).toBe(FULL);
  expect(() => database.writeUnsynced('test', () => database.write('test', mode))).toThrow(
    /durable write inside/,
  );
  expect(database.write('test', mode)).toBe(FULL);
});

const strace = spawnSync('strace', ['-V']).status === 0;

test.skipIf(!strace)(
  `what announces a write to the cluster is synced, a change twice${strace ? '' : ' (skipped: no strace to count with)'}`,
  () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'state'));
    const trace = join(folder, 'trace');
    const options = ['-f', '-s', '40', '-e', 'trace=write,fsync,fdatasync', '-o', trace];
    const node = [process.execPath, '--import', 'tsx', CHILD, join(folder, 'state', 'journal.db')];
    const { status, stderr } = spawnSync('strace', [...options, ...node], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);

    const synced: Record<string, number> = {};
    let now: string | undefined;
    for (const line of readFileSync(trace, 'utf8').split('\n')) {
      const [, said] = /write\(1, "(\w+)\\n"/.exec(line) ?? [];
      if (said !== undefined) {
        now = said;
        synced[now] = 0;
      } else if (now !== undefined && /\b(fsync|fdatasync)\(/.test(line)) {
        synced[now] = (synced[now] ?? 0) + 1;
      }
    }
    const { begin, close: _close, ...writes } = synced;
    expect(begin).toBeGreaterThan(0);
    expect(writes).toEqual({
      read: 0,
      start: 0,
      INTENT: 1,
      APPLIED: 0,
      VERIFIED: 0,
      end: 1,
      COMMIT_DECIDED: 1,
      UNDO_INTENT: 1,
      UNDONE: 0,
    });
  },
);
