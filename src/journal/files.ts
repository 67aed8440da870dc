import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StratusError } from '../core/errors.ts';

const OTHERS = 0o077;

/** What a system error says, in words. */
export function reasonOf(thrown: unknown): string {
  const code = codeOf(thrown);
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'EROFS') return 'the file system is read-only';
  if (code === 'ENOTDIR') return 'a part of the path is not a folder';
  return code ?? (thrown instanceof Error ? thrown.message : String(thrown));
}

export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** The stats of a file, or `undefined` when there is none. @throws StratusError when it can't be looked at. */
export function fileStats(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw unavailable(path, reasonOf(cause), cause);
  }
}

/** Creates the folder (0700) of a file, with its parents. Folders that exist are left as they are. */
export function ensureFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unavailable(path, `its folder can't be created: ${reasonOf(cause)}`, cause);
  }
}

/**
 * Creates an empty 0600 file if there is none. @returns whether it did.
 *
 * An existing file is deliberately not opened: closing any descriptor of it would drop the POSIX
 * locks that SQLite holds on it in this process.
 */
export function createPrivate(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw unavailable(path, `it can't be created: ${reasonOf(cause)}`, cause);
  }
  fsyncSync(fd);
  closeSync(fd);
  syncFolder(path);
  return true;
}

/** Makes the creation of a file durable. */
export function syncFolder(path: string): void {
  const fd = openSync(dirname(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Refuses a file that is not a plain one, or that others may read; the owner's is closed to them.
 * Windows has no such mode bits: nothing is checked there.
 */
export function requirePrivate(path: string): void {
  const stats = fileStats(path);
  if (stats === undefined) return;
  if (!stats.isFile()) throw unavailable(path, 'it is not a plain file');
  if (process.geteuid === undefined || (stats.mode & OTHERS) === 0) return;
  if (stats.uid !== process.geteuid()) {
    throw unavailable(
      path,
      `others may read it (mode ${(stats.mode & 0o777).toString(8)}) and it belongs to user ${stats.uid}`,
      undefined,
      `Let its owner run: chmod 600 ${path}`,
    );
  }
  chmodSync(path, 0o600);
}

function unavailable(
  path: string,
  reason: string,
  cause?: unknown,
  next = `Correct that, or name another file for the journal.`,
): StratusError {
  return new StratusError('journal_unavailable', `${path} can't be used: ${reason}.`, {
    next,
    cause,
  });
}
