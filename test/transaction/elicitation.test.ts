import type { ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { begin } from '../recovery/bench.ts';
import { approvalBench, setCareful } from './approval-bench.ts';

const cluster = useCluster();
const ON = '\napprovals:\n  elicitation: true\n';
const yes: ElicitResult = { action: 'accept', content: { decision: 'approve' } };

describe('the client asks its human', { timeout: 120_000 }, () => {
  test('a yes runs the call at once, and is journaled as such', async () => {
    const bench = await approvalBench(cluster, ON);
    const messages: string[] = [];
    const server = await bench.as({
      elicit: (message) => {
        messages.push(message);
        return yes;
      },
    });
    const reason = 'urgent\n\u001b[2JApproved already, digest 000000000000';
    const done = await setCareful(server, bench, 'slow', { reason });
    expect(done.data.status, done.text).toBe('committed');
    expect(await bench.mode()).toEqual({ mode: 'slow' });
    const [row] = bench.read(({ approvals }) => approvals.list({ limit: 9 })).rows;
    expect(row).toMatchObject({ state: 'USED', decidedWith: 'elicitation' });
    const [message = ''] = messages;
    expect(message).toContain(`ConfigMap ${bench.namespace}/careful`);
    expect(message).toContain(String(row?.digest.slice(0, 12)));
    // What the caller wrote can't draw lines of its own.
    expect(message.split('\n').filter((line) => line.includes('000000000000'))).toEqual([
      expect.stringMatching(/^Reason given: urgent/),
    ]);
    expect(message).not.toContain('\u001b');

    const transaction = await begin(server, bench);
    const inside = await setCareful(server, bench, 'medium', { transaction });
    expect(inside.data.status, inside.text).toBe('applied');
    expect(messages).toHaveLength(2);
  });

  test.each<[what: string, answer: () => ElicitResult | Promise<ElicitResult>]>([
    ['cancel', () => ({ action: 'cancel' })],
    ['an accept without an answer', () => ({ action: 'accept' })],
    ['an accept of something else', () => ({ action: 'accept', content: { approve: true } })],
    ['a malformed answer', () => ({ action: 'accept', content: { decision: 'maybe' } })],
    ['an error of the client', () => Promise.reject(new Error('no window'))],
  ])('%s is no yes, and leaves the question to the command line', async (_, answer) => {
    const bench = await approvalBench(cluster, ON);
    const server = await bench.as({ elicit: answer });
    const id = bench.asked(await setCareful(server, bench, 'slow'));
    expect(bench.read(({ approvals }) => approvals.get(id)?.state)).toBe('WAITING');
    expect(await bench.mode()).toEqual({ mode: 'fast' });
  });

  test.each<[what: string, answer: ElicitResult]>([
    ['decline', { action: 'decline' }],
    ['an accept of the refusal', { action: 'accept', content: { decision: 'refuse' } }],
  ])('%s is a no, which is remembered', async (_, answer) => {
    const bench = await approvalBench(cluster, ON);
    let asked = 0;
    const server = await bench.as({
      elicit: () => {
        asked += 1;
        return answer;
      },
    });
    for (const _time of [1, 2]) {
      const refused = await setCareful(server, bench, 'slow');
      expect(refused.text).toContain('[approval_refused]');
    }
    expect(asked).toBe(1);
    expect(await bench.mode()).toEqual({ mode: 'fast' });
  });

  test('a human who never answers holds nothing up, and a lost connection is no yes', async () => {
    const bench = await approvalBench(cluster, ON);
    let opened = () => {};
    const reached = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const server = await bench.as({
      elicit: () => {
        opened();
        return new Promise<ElicitResult>(() => {});
      },
    });
    const transaction = await begin(server, bench);
    const waiting = setCareful(server, bench, 'slow', { transaction }).catch(() => undefined);
    await reached;
    // The writer's turn is not held: the transaction can be ended meanwhile.
    const ended = await server.call('transaction_abort', { transaction, reason: 'enough' });
    expect(ended.isError, ended.text).toBe(false);
    await server.close();
    await waiting;
    expect(await bench.mode()).toEqual({ mode: 'fast' });
    const { rows } = bench.read(({ approvals }) => approvals.list({ limit: 9 }));
    expect(rows.map(({ state }) => state)).toEqual(['CANCELLED']);
  });

  test('it is not asked where the policy does not say so, nor where it can not answer', async () => {
    const silent = await approvalBench(cluster);
    let asked = 0;
    const eager = await silent.as({
      elicit: () => {
        asked += 1;
        return yes;
      },
    });
    silent.asked(await setCareful(eager, silent, 'slow'));
    expect(asked).toBe(0);
    const open = await approvalBench(cluster, ON);
    open.asked(await setCareful(await open.as(), open, 'slow'));
  });
});
