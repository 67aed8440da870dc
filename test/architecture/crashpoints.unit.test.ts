import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

const textOf = (file: string) => readFileSync(join(SRC, file), 'utf8');

/** Runs a prepared statement, or SQL text; `ID.exec(text)` would be a regular expression. */
const EXECUTES = /(\w+|\))\s*\.run\(|\b(sql|lock)\.exec\(/g;

/** Where the arguments of each `write(` and `writeUnsynced(` begin and end. */
function writesIn(text: string): [from: number, to: number][] {
  return [...text.matchAll(/\bwrite(?:Unsynced)?\(/g)].map(({ index, 0: head }) => {
    let depth = 1;
    let at = index + head.length;
    for (; depth > 0 && at < text.length; at += 1) {
      if (text[at] === '(') depth += 1;
      if (text[at] === ')') depth -= 1;
    }
    return [index, at];
  });
}

/** The statements outside of a `database.write`, and why they need no boundary of their own. */
const KNOWN_OUTSIDE: Readonly<Record<string, string>> = {
  'journal/approval-table.ts: ).run': 'called inside the writes of an approval',
  'journal/database.ts: sql.exec': 'a pragma of the connection',
  'journal/image-table.ts: addKey.run': 'called inside the write of the step',
  'journal/image-table.ts: addImage.run': 'called inside the write of the step',
  'journal/maintenance.ts: sql.exec': 'VACUUM, which cannot be in a transaction',
  'journal/maintenance.ts: ).run': 'VACUUM INTO another file',
  'journal/sqlite.ts: statement.run': 'a pragma of the connection',
  'journal/transaction-table.ts: update.run': 'called inside the write of the transaction',
  'journal/writer-lock.ts: lock.exec': 'the lock file, to which nothing is written',
};

test('every statement of the journal runs between two crash points', () => {
  const outside = files
    .filter((file) => file.startsWith('journal/'))
    .flatMap((file) => {
      const text = textOf(file);
      const writes = writesIn(text);
      return [...text.matchAll(EXECUTES)]
        .filter(({ index }) => !writes.some(([from, to]) => from < index && index < to))
        .map(([, ran, sql]) =>
          sql === undefined ? `${file}: ${ran}.run` : `${file}: ${sql}.exec`,
        );
    });
  expect([...new Set(outside)].sort()).toEqual(Object.keys(KNOWN_OUTSIDE).sort());
});

test('one place begins a transaction of the journal', () => {
  const starts = files.filter((file) => /\.(immediate|exclusive)\(|'BEGIN/.test(textOf(file)));
  // writer-lock.ts: in the lock file, to which nothing is written.
  expect(starts.sort()).toEqual(['journal/database.ts', 'journal/writer-lock.ts']);
});

test('one place sends requests to the API server, and each way through it has its crash points', () => {
  const callers = (name: string) =>
    files.filter((file) => new RegExp(`(?<!function )\\b${name}\\(`).test(textOf(file)));
  expect(callers('startExchange')).toEqual(['cluster/wire.ts']);
  expect(callers('exchangeWhole')).toEqual(['cluster/transport.ts']);
  expect(callers('exchangeStream')).toEqual(['cluster/transport.ts']);
  const wire = textOf('cluster/wire.ts');
  for (const side of ['before', 'after']) {
    const points = wire.split(`crashpoint?.(\`cluster.\${request.what}.${side}\`)`).length - 1;
    expect(points).toBe(2);
  }
});

test('a crash point that is not armed costs one look: not even its name is built', () => {
  for (const file of files) {
    if (file !== 'core/crashpoint.ts') expect(textOf(file)).not.toMatch(/\bcrashpoint\(/);
  }
});
