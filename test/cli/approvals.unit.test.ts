import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { approvalsCommand } from '../../src/cli/approvals.ts';
import { parseJson } from '../../src/core/json.ts';
import type { Journal } from '../../src/journal/types.ts';
import { planBytes } from '../../src/transaction/plan-of-approval.ts';
import { handClock, journalPath, openedJournal } from '../journal/support.ts';

const EVIL = '\u001b[2Jfake\nline';
let stderr = '';

beforeEach(() => {
  stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

function opened(typed?: (digest: string) => string) {
  const clock = handClock();
  const path = journalPath();
  const { approvals } = openedJournal(path, { clock });
  const { digest, id } = approvals.request(
    {
      ...{ digest: approvals.digestOf('plan'), subject: approvals.digestOf('subject') },
      ...{ client: 'claude-code', user: 'alice', actor: 'claude-code 2.1 (alice)', call: 'call-1' },
      ...{ tool: 'mitigate_delete', kind: 'ask', rule: 'ask-delete', summary: `delete ${EVIL}` },
      ...{ reason: EVIL, transaction: null, decideMs: 900_000, useMs: 900_000 },
    },
    planBytes({
      why: 'A deleted object comes back with a new uid.',
      cluster: 'prod https://10.0.0.1 1-2-3',
      notes: [],
      changes: [
        {
          ...{ object: 'PersistentVolumeClaim shop/data', summary: 'delete data', verb: 'delete' },
          ...{ class: 'irreversible', undo: 'The volume goes with it.', diff: '-kind: x' },
          ...{ kubectl: 'kubectl delete pvc data', policy: 'ask (ask-delete)', warnings: [] },
        },
      ],
    }),
  );
  const run = async (...words: string[]) => {
    let out = '';
    const journals: Journal[] = [];
    await approvalsCommand({
      stdout: (text) => {
        out += text;
      },
      clock,
      actor: { client: 'cli', principal: 'bob', session: 'cli-1' },
      newCall: () => `call-${journals.length}-${words.join('-')}`,
      open: () => openedJournal(path, { clock }),
      ask: typed === undefined ? undefined : async () => typed(digest),
    }).parseAsync(words, { from: 'user' });
    return out;
  };
  return { approvals, digest, id, run, clock };
}

test('show has what a person needs, and nobody else draws its lines', async () => {
  const { run, id, digest } = opened();
  const shown = await run('show', id);
  for (const part of [
    ...['CANNOT BE UNDONE. The volume goes with it.', 'ask-delete', digest, '-kind: x'],
    ...[
      'claude-code 2.1 (alice)',
      'decide within 15 min',
      'https://10.0.0.1',
      'what          delete ',
    ],
  ]) {
    expect(shown).toContain(part);
  }
  for (const text of [shown, await run('list'), await run('show', id, '--json')]) {
    expect(text).not.toContain('\u001b');
    expect(text.split('\n').some((line) => line.startsWith('line'))).toBe(false);
  }
  expect(parseJson(await run('list', '--json'))).toMatchObject({ approvals: [{ id, digest }] });
});

describe('approve', () => {
  test.each<[what: string, typed: (digest: string) => string, state: string]>([
    ['the beginning of the digest', (digest) => digest.slice(0, 6), 'APPROVED'],
    ['the whole digest', (digest) => `${digest}\n`, 'APPROVED'],
    ['too little of it', (digest) => digest.slice(0, 5), 'WAITING'],
    ['its end', (digest) => digest.slice(-8), 'WAITING'],
    ['a word', () => 'yes', 'WAITING'],
    ['nothing', () => '', 'WAITING'],
  ])('by typing %s', async (_, typed, state) => {
    const { approvals, run, id } = opened(typed);
    const out = await run('approve', id);
    expect(out).toContain('CANNOT BE UNDONE');
    expect(approvals.get(id)?.state).toBe(state);
    expect(process.exitCode ?? 0).toBe(state === 'APPROVED' ? 0 : 1);
  });

  test('without a terminal only with the whole digest', async () => {
    const { approvals, run, id, digest } = opened();
    const tries = [
      ['approve', id],
      ['approve', id, '--yes'],
      ['approve', id, '--yes', '--digest', digest.slice(0, 12)],
    ];
    for (const words of tries) {
      stderr = '';
      await run(...words);
      expect(stderr).toContain(`stratus-mcp approvals show ${id}`);
      expect(approvals.get(id)?.state).toBe('WAITING');
    }
    await run('approve', id, '--yes', '--digest', digest, '--note', 'go');
    expect(approvals.get(id)).toMatchObject({ state: 'APPROVED', decidedBy: 'bob', note: 'go' });
  });
});

test('what was decided, is over or never was can not be decided', async () => {
  const { run, id, clock } = opened();
  await run('refuse', id, '--note', 'no');
  await run('refuse', id, '--note', 'no');
  expect(stderr).toContain('it is REFUSED');
  await run('refuse', 'approval-99', '--note', 'no');
  expect(stderr).toContain('There is no approval-99');
  const other = opened();
  other.clock.advance(900_000);
  clock.advance(900_000);
  expect(await other.run('list')).toBe('Nothing waits for a person.\n');
  expect(await other.run('list', '--all')).toContain('EXPIRED');
  await other.run('refuse', other.id, '--note', 'late');
  expect(stderr).toContain('it is EXPIRED');
});
