import { readFileSync } from 'node:fs';
import type { ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { approvalBench } from './approval-bench.ts';

const cluster = useCluster();
const OLD = 'c4nary-before-9f3a';
const NEW = 'c4nary-after-71be';

test('values of secrets are in the digest and nowhere else', { timeout: 120_000 }, async () => {
  const bench = await approvalBench(cluster, '\napprovals:\n  elicitation: true\n');
  const { namespace, journal } = bench;
  await cluster.apply({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'careful', namespace } },
    stringData: { password: OLD },
  });
  const messages: string[] = [];
  const server = await bench.as({
    elicit: (message): ElicitResult => {
      messages.push(message);
      return { action: 'cancel' };
    },
  });
  const set = (value: string) =>
    server.call('mitigate_patch', {
      ...{ kind: 'Secret', name: 'careful', namespace },
      patch: { stringData: { password: value } },
      reason: `the password=${value} leaked`,
    });
  const asked = await set(NEW);
  const id = bench.asked(asked);
  // The same plan but for a value that nobody is shown is another plan.
  expect(bench.asked(await set(`${NEW}x`))).not.toBe(id);
  await server.close();
  const shown = [
    bench.cli('show', id),
    bench.cli('show', id, '--json'),
    bench.cli('list', '--all'),
  ];
  expect(messages).toHaveLength(2);
  expect(shown.every(({ code }) => code === 0)).toBe(true);
  const files = ['', '-wal'].flatMap((suffix) => {
    try {
      return [readFileSync(`${journal}${suffix}`, 'latin1')];
    } catch {
      return [];
    }
  });
  const told = {
    ...{ answer: asked.text, log: server.stderr(), message: messages.join() },
    ...{ shown: shown.map(({ out }) => out).join(), journal: files.join() },
  };
  for (const value of [OLD, NEW].flatMap((text) => [text, btoa(text)])) {
    const leaks = Object.entries(told).filter(([, text]) => text.includes(value));
    expect(leaks.map(([where, text]) => [where, around(text, value)])).toEqual([]);
  }
});

function around(text: string, value: string): string {
  const at = text.indexOf(value);
  return text.slice(Math.max(0, at - 200), at + 50);
}
