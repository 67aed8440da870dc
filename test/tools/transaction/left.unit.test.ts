import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { transactionsCommand } from '../../../src/cli/transactions.ts';
import { leftPayload } from '../../../src/tools/transaction/left.ts';
import type { StepView, TransactionView } from '../../../src/transaction/types.ts';

const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' };

function step(state: StepView['state'], error?: string): StepView {
  return {
    ...{ seq: 1, command: 1, tool: 'mitigate_patch', verb: 'patch', object, class: 'exact' },
    ...{ state, kubectl: 'kubectl patch …', residual: [], conflicts: [] },
    ...(error === undefined ? {} : { error }),
  };
}

function view(state: TransactionView['state'], steps: StepView[], mine = false): TransactionView {
  return {
    ...{ id: 'txn-7', state, reason: 'test', actor: 'me', openedAt: 0, deadlineAt: 0 },
    ...{ namespaces: ['shop'], bounds: {} as TransactionView['bounds'], steps, mine },
  };
}

const textOf = (seen: TransactionView) => JSON.stringify(leftPayload(seen));

test.each([
  [
    'a conflict',
    step('UNDO_CONFLICT'),
    'transactions resolve txn-7 --object ConfigMap/shop/settings',
  ],
  [
    'a refusal',
    step('UNDO_IMPOSSIBLE', '422 Invalid: immutable'),
    'kubectl get ConfigMap settings -n shop',
  ],
  [
    'no permission',
    step('UNDO_IMPOSSIBLE', '403 Forbidden: cannot update resource'),
    'can-i update',
  ],
  [
    'a terminating object',
    step('UNDO_IMPOSSIBLE', 'it is still terminating'),
    'metadata.finalizers',
  ],
  ['a lost key', step('UNDO_IMPOSSIBLE', "The images of txn-7 can't be opened"), 'key file'],
  ['an unknown outcome', step('UNKNOWN'), 'no clear answer'],
  [
    'an outcome that could not be found out',
    step('UNKNOWN', '403 Forbidden: cannot patch resource'),
    'can-i update',
  ],
])('%s is shown with what resolves it', (_what, one, word) => {
  const text = textOf(view('ABORT_INCOMPLETE', [one]));
  expect(text).toContain(word);
  expect(text).toContain('transaction_abort with transaction');
  expect(text).toContain('stratus-mcp transactions accept txn-7 --note');
});

/** What a shell makes of a line that somebody pasted. */
const words = (line: string) =>
  execFileSync('bash', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');

test('a command can be pasted as the answer has it: the words around it are a comment', () => {
  const ends = ['it is still terminating', '403 Forbidden: cannot update resource', '422 Invalid'];
  const seen = [
    step('UNDO_CONFLICT'),
    ...ends.map((error) => step('UNDO_IMPOSSIBLE', error)),
  ].flatMap((one) => {
    const { needs_human } = leftPayload(view('ABORT_INCOMPLETE', [one]));
    return (needs_human as { resolve: string[] }[]).flatMap(({ resolve }) => resolve);
  });
  const lines = seen.filter((line) => /^(stratus-mcp|kubectl) /.test(line)).map(words);
  expect(lines.length).toBeGreaterThan(6);
  for (const [program, group, name, ...rest] of lines) {
    if (program === 'kubectl') {
      expect(rest.join(' ')).not.toContain('then');
      continue;
    }
    expect(group).toBe('transactions');
    const command = transactionsCommand().commands.find((one) => one.name() === name);
    expect(command?.parseOptions(rest)).toEqual({ operands: ['txn-7'], unknown: [] });
  }
});

test('a transaction that a dead process left in the middle of its undo says so', () => {
  expect(textOf(view('ABORTING', [step('UNDO_INTENT')]))).toContain('has not ended');
  expect(leftPayload(view('ABORTING', [step('UNDO_INTENT')], true))).toEqual({});
});

test('of a committed transaction that is half undone the other tool tries again', () => {
  expect(textOf(view('UNDO_INCOMPLETE', [step('UNDO_CONFLICT')]))).toContain(
    'undo_transaction with',
  );
});

test('where only severity is worse, that is what is shown', () => {
  expect(textOf(view('ABORT_INCOMPLETE', [step('UNDONE')]))).toContain('severity is not');
});

test('what needs nobody shows nothing', () => {
  expect(leftPayload(view('COMMITTED', [step('VERIFIED')]))).toEqual({});
  expect(leftPayload(view('ABORTED', [step('UNDONE')]))).toEqual({});
});
