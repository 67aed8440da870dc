import { expect, test } from 'vitest';
import { clockJump } from '../campaign/exclusivity/clock-jump.ts';
import { startFaultyNetwork } from '../campaign/world/network.ts';
import { LABEL as GUARDED, webhookDies } from '../cluster/dead-webhook.ts';
import { useCluster } from '../cluster/index.ts';
import {
  type Bench,
  begin,
  expectChainWhole,
  expectNoMarks,
  expectRecreated,
  kill,
  openBench,
  setMode,
} from './bench.ts';

const cluster = useCluster();

const LABEL = 'stratus.dev/intent';

/** As if a create that was waited out had been held on its way, and arrived now. */
async function arrivesLate(
  { cluster: api, namespace }: Bench,
  name: string,
  intent: string,
  labels: { [name: string]: string } = {},
) {
  const metadata = { name, namespace, labels: { ...labels, [LABEL]: intent } };
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } };
  const path = `/api/v1/namespaces/${namespace}/configmaps?fieldManager=stratus-mcp`;
  await api.request('POST', path, body);
}

/** Creates a ConfigMap in a transaction and takes it back. @returns the intent of its create */
async function createdAndAborted(bench: Bench, server: Awaited<ReturnType<Bench['start']>>) {
  const transaction = await begin(server, bench);
  const { namespace } = bench;
  const manifest = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'fresh', namespace },
    data: { a: 'b' },
  });
  const made = await server.call('mitigate_apply', {
    mode: 'create',
    manifest,
    transaction,
    reason: 'test',
  });
  expect(made.isError, made.text).toBe(false);
  await server.call('transaction_abort', { transaction, reason: 'test' });
  expect(await bench.configMap('fresh')).toBeUndefined();
  const [step] = bench.steps(transaction);
  if (step === undefined) throw new Error('no step');
  return step.intentId;
}

test('what a late create leaves is taken away before the next transaction, a stranger’s is not', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'sweep');
  const server = await bench.start();
  try {
    const intent = await createdAndAborted(bench, server);
    const stranger = '00000000-0000-4000-8000-000000000000';
    await arrivesLate(bench, 'fresh', intent);
    await arrivesLate(bench, 'strange', stranger);
    const answer = await setMode(server, bench, 'slow');
    expect(answer.data.status, answer.text).toBe('committed');
    expect(await bench.configMap('fresh')).toBeUndefined();
    // Another journal's: its transaction may be open just now.
    expect((await bench.configMap('strange'))?.metadata.labels?.[LABEL]).toBe(stranger);
    const path = `/api/v1/namespaces/${bench.namespace}/configmaps/strange`;
    await cluster.request('DELETE', path);
    await expectNoMarks(bench);
    expectChainWhole(bench);
  } finally {
    await kill(server);
    bench.remove();
  }
});

test('a late create is found although the clock was put forward by more than a week', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'sweep');
  const first = await bench.start();
  let second: typeof first | undefined;
  try {
    const intent = await createdAndAborted(bench, first);
    await kill(first);
    second = await bench.start(clockJump(8 * 24, 0));
    await arrivesLate(bench, 'fresh', intent);
    const answer = await setMode(second, bench, 'slow');
    expect(answer.data.status, answer.text).toBe('committed');
    expect(await bench.configMap('fresh')).toBeUndefined();
    await expectNoMarks(bench);
  } finally {
    await kill(first);
    if (second !== undefined) await kill(second);
    bench.remove();
  }
});

test('a late create that somebody made theirs loses our label, and stays', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'sweep');
  const server = await bench.start();
  try {
    const intent = await createdAndAborted(bench, server);
    await arrivesLate(bench, 'fresh', intent);
    const path = `/api/v1/namespaces/${bench.namespace}/configmaps/fresh?fieldManager=team`;
    await cluster.request('PATCH', path, { data: { theirs: 'yes' } });
    await setMode(server, bench, 'slow');
    const left = await bench.configMap('fresh');
    expect(left?.data).toEqual({ a: 'b', theirs: 'yes' });
    expect(left?.metadata.labels?.[LABEL]).toBeUndefined();
  } finally {
    await kill(server);
    bench.remove();
  }
});

test('a kind that can’t be listed keeps no transaction from beginning, an API server that is gone does', {
  timeout: 120_000,
}, async () => {
  const network = await startFaultyNetwork(cluster);
  const bench = await openBench(cluster, 'sweep');
  const server = await bench.start({}, network.kubeconfig);
  try {
    const intent = await createdAndAborted(bench, server);
    await arrivesLate(bench, 'fresh', intent);
    const isSweep = (path: string) => path.includes('labelSelector=stratus.dev%2Fintent');
    let swept = 0;
    network.fate = ({ path }) => {
      if (!isSweep(path)) return 'pass';
      swept += 1;
      return 'drop request';
    };
    const answer = await setMode(server, bench, 'slow');
    expect(answer.data.status, answer.text).toBe('committed');
    expect(swept).toBeGreaterThan(0);
    expect(await bench.configMap('fresh')).toBeDefined();

    let gone = false;
    network.fate = ({ path }) => {
      gone ||= isSweep(path);
      return gone ? 'drop request' : 'pass';
    };
    const refused = await setMode(server, bench, 'slower');
    expect(refused.text).toContain('[cluster_unreachable]');

    network.fate = () => 'pass';
    const later = await setMode(server, bench, 'slowest');
    expect(later.data.status, later.text).toBe('committed');
    expect(await bench.configMap('fresh')).toBeUndefined();
  } finally {
    await kill(server);
    await network.close();
    bench.remove();
  }
});

test('a late create that a dead webhook keeps waits for the next sweep, and nothing waits for it', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'sweep');
  const server = await bench.start();
  try {
    const intent = await createdAndAborted(bench, server);
    await arrivesLate(bench, 'fresh', intent, { [GUARDED]: 'sweep' });
    const { namespace } = bench;
    const repaired = await webhookDies(cluster, namespace, 'sweep', '', 'configmaps');
    const url = `/api/v1/namespaces/${namespace}/configmaps/fresh`;
    const probe = async (status: number) => {
      const path = `${url}?dryRun=All`;
      return (await cluster.request('DELETE', path, undefined, { allow: [500] })).status === status;
    };
    await cluster.waitFor('the webhook to be asked', () => probe(500));
    const answer = await setMode(server, bench, 'slow');
    expect(answer.data.status, answer.text).toBe('committed');
    expect(await bench.configMap('fresh')).toBeDefined();

    await repaired();
    await cluster.waitFor('the webhook to be forgotten', () => probe(200));
    const later = await setMode(server, bench, 'slower');
    expect(later.data.status, later.text).toBe('committed');
    expect(await bench.configMap('fresh')).toBeUndefined();
  } finally {
    await kill(server);
    bench.remove();
  }
});

test('fields go back to their owner although another one wrote meanwhile', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'owners');
  const server = await bench.start();
  try {
    const path = `/api/v1/namespaces/${bench.namespace}/configmaps/settings?fieldManager=team`;
    const edit = (note: string) =>
      cluster.request('PATCH', path, { metadata: { annotations: { note } } });
    await edit('one');
    const before = await bench.configMap('settings');
    const transaction = await begin(server, bench);
    await setMode(server, bench, 'slow', { transaction });
    // Times of managedFields have seconds: a write in another one is seen.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await edit('two');
    await server.call('transaction_abort', { transaction, reason: 'test' });
    const after = await bench.configMap('settings');
    expect(after?.metadata.annotations?.note).toBe('two');
    if (after?.metadata.annotations) after.metadata.annotations.note = 'one';
    expectRecreated(after, before);
  } finally {
    await kill(server);
    bench.remove();
  }
});
