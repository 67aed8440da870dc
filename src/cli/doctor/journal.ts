import { systemClock } from '../../core/clock.ts';
import {
  inspectJournal,
  type JournalFiles,
  type JournalInspection,
  journalFiles,
} from '../../journal/inspect.ts';
import { findKey } from '../../journal/master-key.ts';
import { sizeText } from '../journal-text.ts';
import { momentOf } from '../time-option.ts';
import { type Check, fail, failed, ok, warn } from './check.ts';

const LITTLE_BYTES = 200_000_000;
const LARGE_BYTES = 5_000_000_000;

/** The journal, as it is found: nothing is made, moved or closed to others by looking. */
export function journalChecks(path: string, env: NodeJS.ProcessEnv): Check[] {
  try {
    const files = journalFiles(path);
    const beside = [...spaceChecks(files), ...writeCheck(files), ...openFiles(files)];
    if (files.bytes === 0) {
      const found = `there is none at ${files.path} yet`;
      return [
        warn('journal', found, 'Nothing to do: the first start of the server makes it.'),
        ...beside,
      ];
    }
    const inspection = inspectJournal(path);
    if (inspection === undefined) {
      const next = 'Nothing to do: the next start of a server brings it up to date.';
      return [warn('journal', `${files.path} is of an older version`, next), ...beside];
    }
    return [
      ...contents(files, inspection),
      ...beside,
      keyCheck(files.path, inspection, env),
      ...transactions(inspection),
      approvalCheck(inspection),
      lockCheck(inspection),
    ];
  } catch (thrown) {
    return [failed('journal', thrown)];
  }
}

function contents(files: JournalFiles, inspection: JournalInspection): Check[] {
  const { schema, auditRows, damage, tail } = inspection;
  const size = `${sizeText(files.bytes)}, schema ${schema}, ${auditRows} audit rows`;
  const broken =
    'Stop the servers, keep a copy of the file, and put it back from a backup. Nothing is undone by a journal that lies.';
  return [
    damage.length === 0
      ? ok('journal', `${files.path}: ${size}; its structure is sound`)
      : fail('journal', `${files.path} is damaged: ${damage.join('; ')}`, broken),
    tail.ok
      ? ok('audit chain', `its end is whole, head ${tail.head.slice(0, 16)}`)
      : fail(
          'audit chain',
          tail.reason,
          'stratus-mcp audit verify checks all of it. Find out who changed the file.',
        ),
  ];
}

function spaceChecks({ freeBytes, bytes, walBytes }: JournalFiles): Check[] {
  const checks: Check[] = [];
  if (freeBytes !== undefined) {
    const found = `${sizeText(freeBytes)} free where the journal is`;
    checks.push(
      freeBytes < LITTLE_BYTES
        ? warn('disk', found, 'Make space: without it no call runs.')
        : ok('disk', found),
    );
  }
  if (bytes + walBytes > LARGE_BYTES) {
    const next = 'stratus-mcp journal prune --older-than 90d, then journal vacuum.';
    checks.push(warn('disk', `the journal takes ${sizeText(bytes + walBytes)}`, next));
  }
  return checks;
}

function writeCheck({ writable, path }: JournalFiles): Check[] {
  if (writable) return [];
  const next = 'Give this user write access to the file and its folder, or name another file.';
  return [fail('journal', `${path} can't be written by this user: no call would run`, next)];
}

function openFiles({ open }: JournalFiles): Check[] {
  return open.map(({ path, mode }) =>
    warn('file modes', `others may use ${path} (mode ${mode})`, `chmod 600 ${path}`),
  );
}

function keyCheck(
  path: string,
  { keyId, unfinished, needsHuman }: JournalInspection,
  env: NodeJS.ProcessEnv,
): Check {
  const area = 'sealing key';
  const where = env.STRATUS_JOURNAL_KEY ? 'STRATUS_JOURNAL_KEY' : `${path}.key`;
  try {
    const key = findKey({ env, keyPath: `${path}.key` });
    if (key !== undefined && (keyId === null || key.id === keyId)) {
      return ok(area, `${where} fits the journal`);
    }
    const found =
      key === undefined ? `there is none at ${where}` : `${where} is not the key in use`;
    const next =
      'Put the key back: images sealed with it stay unreadable, and nothing they belong to can be undone.';
    const needed = unfinished.length + needsHuman.length > 0;
    return needed ? fail(area, found, next) : warn(area, found, next);
  } catch (thrown) {
    return failed(area, thrown);
  }
}

function transactions({
  unfinished,
  needsHuman,
  transactions: total,
  writer,
}: JournalInspection): Check[] {
  const area = 'transactions';
  const checks: Check[] = [];
  if (needsHuman.length > 0) {
    const [first = ''] = needsHuman;
    const next = `stratus-mcp transactions show ${first}; then undo it again, or accept it with a note. No new one begins before.`;
    checks.push(fail(area, `${needsHuman.join(', ')} could not be taken back whole`, next));
  }
  if (unfinished.length > 0) {
    const found = `${unfinished.join(', ')} not finished`;
    checks.push(
      writer === undefined
        ? warn(
            area,
            `${found}, and no server is writing`,
            'stratus-mcp transactions recover, or start the server: it takes them back.',
          )
        : ok(area, `${found}: a server is at it`),
    );
  }
  return checks.length > 0 ? checks : [ok(area, `${total}, all finished`)];
}

function approvalCheck({ waitingApprovals }: JournalInspection): Check {
  const now = systemClock.now();
  const open = waitingApprovals.filter((until) => until > now).length;
  if (open === 0) return ok('approvals', 'none is waited for');
  const found = open === 1 ? '1 plan waits for a person' : `${open} plans wait for a person`;
  return warn('approvals', found, 'stratus-mcp approvals list shows them.');
}

function lockCheck({ writer }: JournalInspection): Check {
  const area = 'writer lock';
  if (writer === undefined) return ok(area, 'free');
  const { pid, description, since } = writer;
  const who = pid === 0 ? description : `process ${pid} (${description}) since ${momentOf(since)}`;
  if (pid === 0 || isAlive(pid)) return ok(area, `held by ${who}`);
  // The kernel frees the lock of a dead process, so this one lives where its pid is not known here.
  return warn(
    area,
    `held by ${who}, which is not a process of this machine or container`,
    'Run one writing server per cluster; look for it in other containers that share the folder.',
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}
