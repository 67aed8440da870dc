import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../src/journal/sqlite.ts';
import { spawnChild } from './children.ts';
import { journalPath, openedJournal } from './support.ts';

describe('the writer lock', () => {
  test('is held by one journal of this process at a time', () => {
    const path = journalPath();
    const [one, two] = [openedJournal(path, { description: 'one' }), openedJournal(path)];

    expect(one.lock.acquire()).toEqual({ kind: 'held', epoch: 1 });
    expect(one.lock.held).toBe(true);
    expect(two.lock.acquire()).toMatchObject({
      kind: 'busy',
      holder: { pid: process.pid, description: 'one' },
    });
    expect(two.lock.held).toBe(false);
    // A third attempt must not have dropped the lock by closing its own descriptor.
    expect(openedJournal(path).lock.acquire()).toMatchObject({ kind: 'busy' });
  });

  test('is still held against other processes after a sibling journal of this one closed', async () => {
    const path = journalPath();
    const [one, two] = [openedJournal(path), openedJournal(path)];
    one.lock.acquire();
    two.lock.acquire();
    two.close();

    const child = spawnChild(['acquire', path]);

    expect(JSON.parse(await child.line(0))).toMatchObject({
      kind: 'busy',
      holder: { pid: process.pid },
    });
  });

  test('raises the epoch each time it is taken, and not when its holder asks again', () => {
    const path = journalPath();
    const [one, two] = [openedJournal(path), openedJournal(path)];

    expect(one.lock.acquire()).toEqual({ kind: 'held', epoch: 1 });
    expect(one.lock.acquire()).toEqual({ kind: 'held', epoch: 1 });
    one.lock.release();
    expect(one.lock.held).toBe(false);
    expect(two.lock.acquire()).toEqual({ kind: 'held', epoch: 2 });
    two.close();
    expect(one.lock.acquire()).toEqual({ kind: 'held', epoch: 3 });
  });

  test('is let go when its epoch could not be written', () => {
    const path = journalPath();
    const [one, two] = [openedJournal(path, { busyTimeoutMs: 20 }), openedJournal(path)];
    const shell = openSqlite(path);
    shell.exec('BEGIN IMMEDIATE');

    expect(() => one.lock.acquire()).toThrow('is locked by another process');

    shell.close();
    expect(one.lock.held).toBe(false);
    expect(two.lock.acquire()).toEqual({ kind: 'held', epoch: 1 });
  });

  test('of another process names that process, and ends with kill -9', async () => {
    const path = journalPath();
    const journal = openedJournal(path);
    const child = spawnChild(['hold', path, 'alpha']);
    expect(JSON.parse(await child.line(0))).toEqual({ kind: 'held', epoch: 1 });

    expect(journal.lock.acquire()).toMatchObject({
      kind: 'busy',
      holder: { pid: child.process.pid, description: 'child alpha' },
    });

    child.process.kill('SIGKILL');
    await child.ended;
    expect(journal.lock.acquire()).toEqual({ kind: 'held', epoch: 2 });
  });

  test('is kept by a process that was stopped', async () => {
    const path = journalPath();
    const journal = openedJournal(path);
    const child = spawnChild(['hold', path]);
    await child.line(0);

    child.process.kill('SIGSTOP');

    expect(journal.lock.acquire()).toMatchObject({
      kind: 'busy',
      holder: { pid: child.process.pid },
    });
    expect(journal.audit.verify()).toMatchObject({ ok: true });
  });

  test('goes to exactly one of several that try at once', async () => {
    const path = journalPath();
    openedJournal(path).close();
    const children = ['a', 'b', 'c', 'd'].map((name) => spawnChild(['hold', path, name]));

    const answers = await Promise.all(children.map((child) => child.line(0)));

    const kinds = answers.map((answer) => JSON.parse(answer).kind).sort();
    expect(kinds).toEqual(['busy', 'busy', 'busy', 'held']);
  });
});
