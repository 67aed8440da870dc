import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { begin } from '../recovery/bench.ts';
import { approvalBench } from './approval-bench.ts';

const cluster = useCluster();

const pod = { containers: [{ name: 'web', image: 'registry.k8s.io/pause:3.10' }] };
const template = { metadata: { labels: { app: 'careful' } }, spec: pod };
const metadata = { name: 'careful' };
const ports = [{ port: 80, targetPort: 8080 }];

/** What an API server fills in anew at each dry run must not make each call another plan. */
const CALLS: readonly [what: string, tool: string, args: JsonObject][] = [
  [
    'a rollout restart, which is stamped with the time',
    'mitigate_rollout',
    { action: 'restart', kind: 'Deployment', name: 'careful' },
  ],
  [
    'a new Service, whose address and port are allocated',
    'mitigate_apply',
    manifest('v1', 'Service', { type: 'NodePort', selector: { app: 'careful' }, ports }),
  ],
  [
    'a new Pod, whose token volume is named at random',
    'mitigate_apply',
    manifest('v1', 'Pod', pod),
  ],
  [
    'a new Job, whose pods are selected by its uid',
    'mitigate_apply',
    manifest('batch/v1', 'Job', { template: { spec: { ...pod, restartPolicy: 'Never' } } }),
  ],
  ['a delete', 'mitigate_delete', { kind: 'Deployment', name: 'careful' }],
];

function manifest(apiVersion: string, kind: string, spec: JsonObject): JsonObject {
  return { mode: 'create', manifest: JSON.stringify({ apiVersion, kind, metadata, spec }) };
}

test('the repeated call is the same plan', { timeout: 120_000 }, async () => {
  const bench = await approvalBench(cluster);
  const { namespace } = bench;
  await cluster.apply({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...metadata, namespace } },
    spec: { replicas: 1, selector: { matchLabels: { app: 'careful' } }, template },
  });
  const server = await bench.as();
  const call = (tool: string, args: JsonObject) =>
    server.call(tool, { ...args, namespace, reason: 'test' });
  const ask = async () => {
    const ids: string[] = [];
    for (const [, tool, args] of CALLS) ids.push(bench.asked(await call(tool, args)));
    return ids;
  };
  const ids = await ask();
  expect(new Set(ids).size).toBe(CALLS.length);
  // The clock of a restart has seconds.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const again = await ask();
  expect(CALLS.map(([what], i) => [what, again[i]])).toEqual(
    CALLS.map(([what], i) => [what, ids[i]]),
  );
  const [restart = '', service = ''] = ids;
  for (const id of [restart, service]) bench.approve(id);
  const transaction = await begin(server, bench);
  for (const [, tool, args] of CALLS.slice(0, 2)) {
    const done = await call(tool, { ...args, transaction });
    expect(done.data.status, done.text).toBe('applied');
  }
  expect(bench.read(({ approvals }) => approvals.get(restart))).toMatchObject({
    ...{ state: 'USED', transaction },
  });
});
