import { describe, expect, test } from 'vitest';
import { at } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { begin, kill } from '../recovery/bench.ts';
import { approvalBench, setCareful } from './approval-bench.ts';

const cluster = useCluster();

describe('an approved plan', { timeout: 120_000 }, () => {
  test('runs once when the call is repeated; the next time it asks again', async () => {
    const bench = await approvalBench(cluster);
    const server = await bench.as();
    const planned = await setCareful(server, bench, 'slow', { dry_run: true });
    expect(planned.data.status, planned.text).toBe('planned');
    expect(bench.read(({ approvals }) => approvals.list({ limit: 9 }).total)).toBe(0);

    const first = await setCareful(server, bench, 'slow');
    const id = bench.asked(first);
    expect(first.text).toContain('Rule: ask-for-careful');
    expect(first.text).toContain(`stratus-mcp approvals approve ${id} --journal ${bench.journal}`);
    expect(first.text).toContain('repeat this very call');
    expect(bench.rows()).toEqual([]);
    // Asking again is the same question.
    expect(bench.asked(await setCareful(server, bench, 'slow'))).toBe(id);

    const list = bench.cli('list');
    expect(list.out).toContain(id);
    const shown = bench.cli('show', id);
    expect(shown.out).toContain('orders are slow');
    expect(shown.out).toContain('-  mode: fast');
    expect(shown.out).toContain('+  mode: slow');
    expect(shown.out).toContain('ask-for-careful');
    bench.approve(id);
    expect(bench.cli('approve', id, '--yes', '--digest', 'x').err).toContain('is APPROVED');

    const done = await setCareful(server, bench, 'slow');
    expect(done.data.status, done.text).toBe('committed');
    expect(await bench.mode()).toEqual({ mode: 'slow' });
    expect(bench.read(({ approvals }) => approvals.get(id)?.state)).toBe('USED');

    await cluster.request('PATCH', `/api/v1/namespaces/${bench.namespace}/configmaps/careful`, {
      data: { mode: 'fast' },
    });
    expect(bench.asked(await setCareful(server, bench, 'slow'))).not.toBe(id);

    // The audit log tells who said so, to tools too.
    const found = await server.call('audit_query', { kinds: ['policy'], decision: 'ask' });
    expect(found.text).toMatch(new RegExp(`approved ${id} by command line`));
  });

  test('belongs to one assistant, whatever its version', async () => {
    const bench = await approvalBench(cluster);
    const one = await bench.as({ clientName: 'one', clientVersion: '1.0' });
    const id = bench.asked(await setCareful(one, bench, 'slow'));
    await one.close();
    bench.approve(id);
    const other = await bench.as({ clientName: 'other', clientVersion: '1.0' });
    expect(bench.asked(await setCareful(other, bench, 'slow'))).not.toBe(id);
    const later = await bench.as({ clientName: 'one', clientVersion: '2.0' });
    const done = await setCareful(later, bench, 'slow');
    expect(done.data.status, done.text).toBe('committed');
  });

  test('is worth nothing once the object is another one', async () => {
    const bench = await approvalBench(cluster);
    const server = await bench.as();
    const id = bench.asked(await setCareful(server, bench, 'slow'));
    const path = `/api/v1/namespaces/${bench.namespace}/configmaps/careful`;
    // What the plan doesn't touch may change: a label here, a status on a busy object.
    await cluster.request('PATCH', path, { metadata: { labels: { seen: 'yes' } } });
    expect(bench.asked(await setCareful(server, bench, 'slow'))).toBe(id);
    bench.approve(id);
    await cluster.request('PATCH', path, { data: { mode: 'medium' } });
    const next = bench.asked(await setCareful(server, bench, 'slow'));
    expect(next).not.toBe(id);
    // An unanswered question about the same is not left for a person to fall for.
    await cluster.request('PATCH', path, { data: { mode: 'strange' } });
    const last = bench.asked(await setCareful(server, bench, 'slow'));
    const states = bench.read(({ approvals }) =>
      [next, last].map((it) => approvals.get(it)?.state),
    );
    expect(states).toEqual(['CANCELLED', 'WAITING']);
    expect(await bench.mode()).toEqual({ mode: 'strange' });
  });

  test('refused is told with the note, and expired asks again', async () => {
    const bench = await approvalBench(cluster);
    const server = await bench.as();
    const id = bench.asked(await setCareful(server, bench, 'slow'));
    expect(bench.cli('refuse', id, '--note', 'not before the sale').code).toBe(0);
    const refused = await setCareful(server, bench, 'slow');
    expect(refused.text).toContain('[approval_refused]');
    expect(refused.text).toContain('not before the sale');
    expect(refused.text).toContain('Nothing was changed.');
    const other = bench.asked(await setCareful(server, bench, 'medium'));
    bench.approve(other);
    const hour = 3_600_000;
    const late = bench.read(
      ({ approvals }) => {
        approvals.expire();
        return approvals.get(other)?.state;
      },
      () => Date.now() + hour,
    );
    expect(late).toBe('EXPIRED');
    expect(bench.asked(await setCareful(server, bench, 'medium'))).not.toBe(other);
    expect(await bench.mode()).toEqual({ mode: 'fast' });
  });
});

describe('inside a transaction', { timeout: 120_000 }, () => {
  test('the question shows in the status with the deadline, and goes with the transaction', async () => {
    const bench = await approvalBench(cluster);
    const server = await bench.as();
    const transaction = await begin(server, bench);
    const asked = await setCareful(server, bench, 'slow', { transaction });
    const id = bench.asked(asked);
    expect(asked.text).toContain(`${transaction} does not wait`);
    const status = await server.call('transaction_status', { transaction });
    expect(at(status.data, 'approvals', 0, 'approval'), status.text).toBe(id);
    bench.approve(id);
    const done = await setCareful(server, bench, 'slow', { transaction });
    expect(done.data.status, done.text).toBe('applied');
    const second = bench.asked(await setCareful(server, bench, 'medium', { transaction }));
    const ended = await server.call('transaction_abort', { transaction, reason: 'test' });
    expect(ended.isError, ended.text).toBe(false);
    expect(bench.read(({ approvals }) => approvals.get(second)?.state)).toBe('CANCELLED');
    expect(await bench.mode()).toEqual({ mode: 'fast' });
  });

  test('a batch needs one approval for all that it does', async () => {
    const bench = await approvalBench(cluster);
    const server = await bench.as();
    const { namespace } = bench;
    const patch = (name: string, mode: string) => ({
      tool: 'mitigate_patch',
      arguments: { kind: 'ConfigMap', name, namespace, patch: { data: { mode } } },
    });
    const batch = (mode: string) =>
      server.call('mitigate_batch', {
        commands: [patch('settings', mode), patch('careful', mode)],
        reason: 'both at once',
      });
    const id = bench.asked(await batch('slow'));
    const shown = bench.cli('show', id).out;
    expect(shown).toContain('ConfigMap');
    expect(shown.match(/\+ {2}mode: slow/g)).toHaveLength(2);
    bench.approve(id);
    // Another batch with the same asking command is another plan.
    expect(bench.asked(await batch('medium'))).not.toBe(id);
    const done = await batch('slow');
    expect(done.data.status, done.text).toBe('committed');
    expect(await bench.mode()).toEqual({ mode: 'slow' });
  });
});

test('of two servers that repeat the approved call at once, one runs it', {
  timeout: 120_000,
}, async () => {
  const bench = await approvalBench(cluster);
  const servers = await Promise.all([bench.as(), bench.as()]);
  const [first] = servers;
  const id = bench.asked(await setCareful(first, bench, 'slow'));
  bench.approve(id);
  const answers = await Promise.all(servers.map((server) => setCareful(server, bench, 'slow')));
  const done = answers.filter(({ data }) => data.status === 'committed');
  expect(done, answers.map(({ text }) => text).join('\n')).toHaveLength(1);
  expect(bench.read(({ approvals }) => approvals.get(id)?.state)).toBe('USED');
  const intents = bench.rows().flatMap((row) => bench.steps(row.id));
  expect(intents).toHaveLength(1);
});

describe('used up before anything runs', { timeout: 120_000 }, () => {
  test.each([
    ['before it is used', 'journal.approval.use.before', 'APPROVED'],
    ['between its use and the intent', 'journal.approval.use.after', 'USED'],
    ['at the intent', 'journal.addStep.before', 'USED'],
  ])('a server killed %s has done nothing', async (_, point, state) => {
    const bench = await approvalBench(cluster);
    const server = await bench.as();
    const id = bench.asked(await setCareful(server, bench, 'slow'));
    bench.approve(id);
    await server.close();
    const doomed = await bench.as({ env: { STRATUS_CRASHPOINT: point } });
    await setCareful(doomed, bench, 'slow').catch(() => undefined);
    await kill(doomed);
    expect(bench.read(({ approvals }) => approvals.get(id)?.state)).toBe(state);
    expect(await bench.mode()).toEqual({ mode: 'fast' });
    const again = await bench.as();
    const answer = await setCareful(again, bench, 'slow');
    if (state === 'USED') expect(bench.asked(answer)).not.toBe(id);
    else expect(answer.data.status, answer.text).toBe('committed');
  });
});
