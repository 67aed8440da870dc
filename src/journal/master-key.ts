import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { StratusError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { codeOf, fileStats, reasonOf, requirePrivate, syncFolder } from './files.ts';
import { setKeyId } from './meta.ts';
import { KEY_BYTES, randomKey, type SealingKey, sealingKey } from './seal.ts';
import { TERMINAL_STATES } from './states.ts';

const VARIABLE = 'STRATUS_JOURNAL_KEY';

export interface KeySource {
  readonly env: NodeJS.ProcessEnv;
  readonly keyPath: string;
}

/**
 * The master key: STRATUS_JOURNAL_KEY (base64, 32 bytes), or the key file, created 0600 if missing.
 * @throws StratusError journal_unavailable when it is malformed, readable by others, or missing or
 * other than the one that images of unfinished transactions were sealed with: without it they
 * could never be undone.
 */
export function masterKey(database: Database, source: KeySource): SealingKey {
  if (!source.env[VARIABLE]) requirePrivate(source.keyPath);
  const found = findKey(source);
  requireFit(database, found?.id, source);
  const key = found ?? createFile(source.keyPath);
  setKeyId(database, key.id);
  return key;
}

/** The key that is there, without making one. @throws StratusError journal_unavailable when it is malformed. */
export function findKey(source: KeySource): SealingKey | undefined {
  return fromEnvironment(source.env) ?? fromFile(source.keyPath);
}

function fromEnvironment(env: NodeJS.ProcessEnv): SealingKey | undefined {
  const text = env[VARIABLE];
  if (text === undefined || text === '') return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== KEY_BYTES) {
    throw new StratusError('journal_unavailable', `${VARIABLE} is not 32 bytes in base64.`, {
      next: `Make one with: openssl rand -base64 ${KEY_BYTES}`,
    });
  }
  return sealingKey(bytes);
}

function fromFile(path: string): SealingKey | undefined {
  if (fileStats(path) === undefined) return undefined;
  let bytes: Buffer;
  try {
    bytes = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  } catch (cause) {
    throw keyError(`The key file ${path} can't be read: ${reasonOf(cause)}.`, cause);
  }
  if (bytes.length !== KEY_BYTES) {
    throw keyError(`The key file ${path} doesn't hold 32 bytes in base64.`);
  }
  return sealingKey(bytes);
}

// Written aside and linked into place: a crash leaves no half key, and of two first starts one wins.
function createFile(path: string): SealingKey {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const fd = openSync(draft, 'wx', 0o600);
    try {
      writeSync(fd, `${randomKey().toString('base64')}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    linkSync(draft, path);
    syncFolder(path);
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') {
      throw keyError(`The key file ${path} can't be created: ${reasonOf(cause)}.`, cause);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const key = fromFile(path);
  if (key === undefined) throw keyError(`The key file ${path} vanished.`);
  return key;
}

function requireFit(database: Database, id: string | undefined, source: KeySource): void {
  const terminal = TERMINAL_STATES.map((state) => `'${state}'`).join(', ');
  const stranded = database.read(() =>
    database.sql
      .prepare<[string], { txn: number }>(
        `SELECT txn.id AS txn FROM data_key JOIN txn ON txn.id = data_key.txn
         WHERE data_key.key_id <> ? AND txn.state NOT IN (${terminal}) ORDER BY txn.id`,
      )
      .all(id ?? ''),
  );
  if (stranded.length === 0) return;
  const names = stranded.map(({ txn }) => `txn-${txn}`).join(', ');
  const what = id === undefined ? 'is missing' : "doesn't fit";
  throw new StratusError(
    'journal_unavailable',
    `The key of the journal ${database.path} ${what}, and ${names} can't be undone without it.`,
    { next: `Put the key back, in ${source.keyPath} or in ${VARIABLE}.` },
  );
}

function keyError(message: string, cause?: unknown): StratusError {
  return new StratusError('journal_unavailable', message, {
    next: `Put the key back from a backup, or set ${VARIABLE}.`,
    cause,
  });
}
