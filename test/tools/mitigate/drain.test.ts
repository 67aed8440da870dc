import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf, stringOf } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/core/kube.ts';
import { openJournalReader } from '../../../src/journal/open.ts';
import { useOwnCluster } from '../../cluster/index.ts';
import { type Answer, type Assistant, startAssistant } from '../../story/client.ts';

const OPEN_POLICY = fileURLToPath(new URL('../../undo/policy.yaml', import.meta.url));

// Alone: a cordoned node is everybody's trouble.
const cluster = await useOwnCluster();
let assistant: Assistant;
let folder = '';
let namespace = '';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stratus-drain-'));
  namespace = await cluster.namespace('drain');
  assistant = await start();
});
afterEach(async () => {
  await assistant.close();
  await cluster.request('DELETE', `/api/v1/namespaces/${namespace}`);
  for (const node of cluster.nodes) await cordon(node, null);
  await cluster.waitFor('the pods to be gone', async () => (await pods()).length === 0);
  rmSync(folder, { recursive: true, force: true });
});

const journal = () => join(folder, 'journal.db');
const start = (env: Record<string, string> = {}) =>
  startAssistant({
    kubeconfig: cluster.kubeconfig(),
    journal: journal(),
    policy: OPEN_POLICY,
    env,
  });

const podSpec = (more: JsonObject = {}): JsonObject => ({
  terminationGracePeriodSeconds: 1,
  containers: [{ name: 'c', image: 'local/web:1' }],
  ...more,
});

function workload(kind: string, name: string, spec: JsonObject, pod: JsonObject = {}): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(pod) },
      ...spec,
    },
  };
}

const budget = (app: string, spec: JsonObject): object => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: app, namespace },
  spec: { selector: { matchLabels: { app } }, ...spec },
});

const on = (node: string) => ({ nodeSelector: { 'kubernetes.io/hostname': node } });

async function pods(app?: string): Promise<KubeObject[]> {
  const selector = app === undefined ? '' : `?labelSelector=app%3D${app}`;
  const { json } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods${selector}`);
  return objectsOf(json.items) as KubeObject[];
}

const nodeOf = (pod: KubeObject) => stringOf(at(pod, 'spec', 'nodeName'));
const isReady = (pod: KubeObject) =>
  pod.metadata.deletionTimestamp === undefined &&
  objectsOf(at(pod, 'status', 'conditions')).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );

async function ready(app: string, count: number): Promise<KubeObject[]> {
  return await cluster.waitFor(`${count} ready pods of ${app}`, async () => {
    const found = await pods(app);
    return found.length === count && found.every(isReady) ? found : undefined;
  });
}

async function allows(app: string, disruptions: number): Promise<void> {
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/${app}`;
  await cluster.waitFor(`the budget to allow ${disruptions}`, async () => {
    const { json } = await cluster.request('GET', path);
    const observed = at(json, 'status', 'observedGeneration');
    return observed === 1 && at(json, 'status', 'disruptionsAllowed') === disruptions;
  });
}

async function cordon(node: string, unschedulable: true | null): Promise<void> {
  await cluster.request('PATCH', `/api/v1/nodes/${node}`, { spec: { unschedulable } });
}

async function isCordoned(node: string): Promise<boolean> {
  const { json, text } = await cluster.request('GET', `/api/v1/nodes/${node}`);
  const cordoned = at(json, 'spec', 'unschedulable') === true;
  if (!cordoned) expect(text).not.toContain('stratus');
  return cordoned;
}

const drain = (name: string, more: JsonObject = {}): Promise<Answer> =>
  assistant.call('mitigate_drain', { name, reason: 'the node is bad', ...more });

function steps(transaction = 'txn-1') {
  const reader = openJournalReader({ path: journal() });
  try {
    return reader.transactions.steps(transaction);
  } finally {
    reader.close();
  }
}

/** A Deployment whose pods all start on one node, and may move to any other. */
async function crowd(app: string, node: string, replicas: number): Promise<KubeObject[]> {
  const others = cluster.nodes.filter((name) => name !== node);
  for (const other of others) await cordon(other, true);
  await cluster.apply(workload('Deployment', app, { replicas }));
  const found = await ready(app, replicas);
  for (const other of others) await cordon(other, null);
  return found;
}

test('the pods of the node go elsewhere, those of a DaemonSet stay, and the gate passes', async () => {
  await cluster.apply(workload('DaemonSet', 'agent', {}));
  await crowd('web', 'node-1', 3);
  await ready('agent', 3);
  const agent = (await pods('agent')).find((pod) => nodeOf(pod) === 'node-1');

  const plan = await drain('node-1', { dry_run: true });
  expect(plan.data.status, plan.text).toBe('planned');
  expect(objectsOf(plan.data.changes)).toHaveLength(4);
  expect(plan.text).toContain('1 of DaemonSets');
  expect(plan.text).toContain('kubectl drain node-1 --ignore-daemonsets --timeout=30s');
  expect(await isCordoned('node-1')).toBe(false);

  const done = await drain('node-1');
  expect(done.data.status, done.text).toBe('committed');
  expect(objectsOf(done.data.changes).map((change) => change.class)).toEqual([
    'exact',
    ...Array.from({ length: 3 }, () => 'compensating'),
  ]);
  const now = await ready('web', 3);
  expect(now.map(nodeOf)).not.toContain('node-1');
  expect(await isCordoned('node-1')).toBe(true);
  const kept = (await pods('agent')).find((pod) => nodeOf(pod) === 'node-1');
  expect(kept?.metadata.uid).toBe(agent?.metadata.uid);
  expect(steps().map(({ verb, state }) => `${verb} ${state}`)).toEqual([
    'patch VERIFIED',
    ...Array.from({ length: 3 }, () => 'evict VERIFIED'),
  ]);

  const again = await drain('node-1');
  expect(again.data.status, again.text).toBe('no_change');
  const undone = await assistant.call('undo_transaction', {
    transaction: 'txn-1',
    reason: 'fixed',
  });
  expect(undone.isError, undone.text).toBe(false);
  expect(await isCordoned('node-1')).toBe(false);
  expect((await pods('web')).map(({ metadata }) => metadata.uid).sort()).toEqual(
    now.map(({ metadata }) => metadata.uid).sort(),
  );
});

test('waits for a budget until replacements are ready, one attempt a step', async () => {
  await crowd('web', 'node-1', 2);
  await cluster.apply(budget('web', { minAvailable: 1 }));
  await allows('web', 1);

  const plan = await drain('node-1', { dry_run: true });
  expect(plan.text).toContain(
    `PodDisruptionBudget ${namespace}/web allows 1 disruptions now, and 2 of its pods are here`,
  );
  const done = await drain('node-1');
  expect(done.data.status, done.text).toBe('committed');
  expect((await ready('web', 2)).map(nodeOf)).not.toContain('node-1');
  const evictions = steps().filter(({ verb }) => verb === 'evict');
  const waited = evictions.filter(({ state }) => state === 'REJECTED');
  expect(waited.length).toBeGreaterThan(0);
  expect(waited[0]).toMatchObject({ httpStatus: 429 });
  expect(evictions.at(-1)).toMatchObject({ state: 'VERIFIED' });
});

test('a budget that blocks too long: the command is taken back and says what is gone', async () => {
  await cluster.apply(workload('Deployment', 'web', { replicas: 2 }, on('node-2')));
  const before = await ready('web', 2);
  await cluster.apply(budget('web', { minAvailable: 1 }));
  await allows('web', 1);

  const failed = await drain('node-2', { timeout_seconds: 5 });
  expect(failed.isError, failed.text).toBe(true);
  expect(failed.text).toContain(`PodDisruptionBudget ${namespace}/web did not let Pod`);
  expect(failed.text).toContain('1 pod had been evicted before');
  expect(failed.text).toContain(`Rule: PodDisruptionBudget ${namespace}/web`);
  expect(failed.text).toContain('Something was changed.');
  expect(await isCordoned('node-2')).toBe(false);
  const after = await ready('web', 2);
  const kept = after.filter(({ metadata }) =>
    before.some((pod) => pod.metadata.uid === metadata.uid),
  );
  expect(kept).toHaveLength(1);
  expect(new Set(steps().map(({ state }) => state))).toEqual(new Set(['UNDONE', 'REJECTED']));
});

test('a budget that allows nothing now refuses before anything is written', async () => {
  await cluster.apply(workload('Deployment', 'web', { replicas: 1 }, on('node-1')));
  await ready('web', 1);
  await cluster.apply(budget('web', { minAvailable: 1 }));
  await allows('web', 0);

  for (const dry_run of [true, false]) {
    const refused = await drain('node-1', { dry_run });
    expect(refused.isError).toBe(true);
    expect(refused.text).toContain('[dry_run_rejected]');
    expect(refused.text).toContain(`Rule: PodDisruptionBudget ${namespace}/web`);
    expect(refused.text).toContain('Nothing was changed.');
  }
  expect(await isCordoned('node-1')).toBe(false);
});

test('bare pods and local data are refused by name, and nothing is written', async () => {
  const volumes = [{ name: 'scratch', emptyDir: {} }];
  await cluster.apply(
    workload('Deployment', 'cache', { replicas: 1 }, { ...on('node-1'), volumes }),
  );
  const [cache] = await ready('cache', 1);
  const local = await drain('node-1');
  expect(local.text).toContain('[irreversible]');
  expect(local.text).toContain(`Pod ${namespace}/${cache?.metadata.name}`);
  expect(local.text).toContain('delete_empty_dir_data true');
  const agreed = await drain('node-1', { delete_empty_dir_data: true, dry_run: true });
  expect(agreed.data.status, agreed.text).toBe('planned');
  expect(agreed.text).toContain('--delete-emptydir-data');

  const bare = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare', namespace } };
  await cluster.apply({ ...bare, spec: podSpec({ nodeName: 'node-1' }) });
  const refused = await drain('node-1', { delete_empty_dir_data: true });
  expect(refused.text).toContain('[irreversible]');
  expect(refused.text).toContain(`Pod ${namespace}/bare`);
  expect(await isCordoned('node-1')).toBe(false);
  await cluster.waitFor('both pods', async () => (await pods()).filter(isReady).length === 2);
});

test('the pod of a Job goes only where its Job starts another one', async () => {
  const job = async (name: string, spec: JsonObject) => {
    const template = {
      metadata: { labels: { app: name } },
      spec: podSpec({ ...on('node-1'), restartPolicy: 'Never' }),
    };
    await cluster.apply({
      ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace } },
      spec: { template, ...spec },
    });
    return await ready(name, 1);
  };
  const conditions = async (name: string) => {
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`;
    return JSON.stringify(at((await cluster.request('GET', path)).json, 'status', 'conditions'));
  };
  const [last] = await job('last-try', { backoffLimit: 0 });
  // A Job that failed never runs again: no undo would bring it back.
  const refused = await drain('node-1');
  expect(refused.text).toContain('[irreversible]');
  expect(refused.text).toContain(`Pod ${namespace}/${last?.metadata.name}`);
  expect(await isCordoned('node-1')).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await conditions('last-try')).toBeUndefined();
  await cluster.request('DELETE', `/apis/batch/v1/namespaces/${namespace}/jobs/last-try`, {
    propagationPolicy: 'Background',
  });
  await cluster.waitFor('its pod to be gone', async () => (await pods()).length === 0);

  await job('patient', { backoffLimit: 3 });
  const planned = await drain('node-1', { dry_run: true });
  expect(planned.data.status, planned.text).toBe('planned');
  expect(planned.text).toContain('begins anew');
});

test('inside a transaction: undo_last takes the drain back, the workload serves on', async () => {
  await crowd('web', 'node-3', 2);
  const begun = await assistant.call('transaction_begin', { reason: 'test', namespaces: ['*'] });
  const transaction = String(begun.data.transaction);
  const done = await drain('node-3', { transaction });
  expect(done.data.status, done.text).toBe('applied');
  expect(await isCordoned('node-3')).toBe(true);
  const undone = await assistant.call('undo_last', { transaction, reason: 'test' });
  expect(undone.isError, undone.text).toBe(false);
  expect(undone.text).toContain('its controller starts a replacement');
  expect(await isCordoned('node-3')).toBe(false);
  const aborted = await assistant.call('transaction_abort', { transaction, reason: 'test' });
  expect(aborted.isError, aborted.text).toBe(false);
  await ready('web', 2);
});

test.each([
  // The first request is the cordon, the second the eviction.
  ['before the eviction left', 'cluster.send.before:2', true],
  ['before its answer was journaled', 'cluster.send.after:2', false],
])('killed %s: the next start takes the drain back', async (_when, point, kept) => {
  const [before] = await crowd('web', 'node-1', 1);
  await assistant.close();
  const doomed = await start({ STRATUS_CRASHPOINT: point });
  await doomed
    .call('mitigate_drain', { name: 'node-1', reason: 'the node is bad' })
    .catch(() => undefined);
  await doomed.exited;
  expect(steps().map(({ verb, state }) => `${verb} ${state}`)).toEqual([
    'patch VERIFIED',
    'evict INTENT',
  ]);

  assistant = await start();
  await cluster.waitFor('the recovery', async () => {
    const open = await assistant.call('transaction_status', { open: true });
    return open.data.total === 0;
  });
  const status = await assistant.call('transaction_status', { transaction: 'txn-1' });
  expect(status.text).toContain('"ABORTED"');
  expect(await isCordoned('node-1')).toBe(false);
  const [after] = await ready('web', 1);
  expect(after?.metadata.uid === before?.metadata.uid).toBe(kept);
  expect(JSON.stringify(after)).not.toContain('stratus');
});
