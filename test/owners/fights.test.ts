import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { at, type JsonObject } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { type Assistant, startAssistant } from '../story/client.ts';
import { applier, type Loop, scaler } from './loops.ts';
import { argoTracking, deployment, FLUX_LABELS } from './manifests.ts';

const cluster = useCluster();
const folder = mkdtempSync(join(tmpdir(), 'fights-'));
let namespace = '';
let server: Assistant;

beforeAll(async () => {
  namespace = await cluster.namespace('fights');
  server = await startAssistant({
    kubeconfig: cluster.kubeconfig(),
    journal: join(folder, 'journal.db'),
    policy: fileURLToPath(new URL('./policy.yaml', import.meta.url)),
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const replicasOf = async (name: string) => {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  return at((await cluster.request('GET', path)).json, 'spec', 'replicas');
};

function running(loop: Loop): Loop {
  onTestFinished(() => loop.stop());
  return loop;
}

async function begin(): Promise<string> {
  const { data, text, isError } = await server.call('transaction_begin', {
    reason: 'test',
    namespaces: [namespace],
  });
  expect(isError, text).toBe(false);
  return String(data.transaction);
}

const scale = (transaction: string, name: string, replicas: number) =>
  server.call('mitigate_scale', { namespace, name, replicas, reason: 'test', transaction });

async function commit(transaction: string) {
  for (;;) {
    const answer = await server.call('transaction_commit', { transaction });
    if (answer.data.status !== 'settling') return answer;
  }
}

async function ready(name: string, count: number): Promise<void> {
  await cluster.waitFor(`${count} ready`, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    return at((await cluster.request('GET', path)).json, 'status', 'readyReplicas') === count;
  });
}

async function corrected(loop: Loop, times: number): Promise<void> {
  await cluster.waitFor(`${times} corrections`, async () => loop.corrections() >= times);
}

test('what Argo CD puts back once does not commit, and its own value is already undone', async () => {
  const manifest = deployment(namespace, 'argo', { annotations: argoTracking(namespace, 'argo') });
  const loop = running(applier(cluster, 'argocd-controller', namespace, manifest));
  await ready('argo', 1);
  const transaction = await begin();
  const scaled = await scale(transaction, 'argo', 3);
  expect(scaled.isError, scaled.text).toBe(false);
  expect(scaled.text).toContain('Managed by Argo CD application store: it will put spec.replicas');
  await corrected(loop, 1);
  const { data, text } = await commit(transaction);
  expect(data.status).toBe('undone');
  expect(text).toContain('Reconciler fight: Argo CD application store put spec.replicas');
  expect(text).toContain('change it in git');
  expect(JSON.stringify(data.verdict)).toContain('G5');
  expect(data.undo).toMatchObject({ complete: true });
  const status = await server.call('transaction_status', { transaction });
  expect(status.data.state).toBe('ABORTED');
  expect(status.text).toContain('Reconciler fight:');
  expect(await replicasOf('argo')).toBe(1);
});

test('who puts a field back twice ends the transaction at the next write to it', async () => {
  const manifest = deployment(namespace, 'flux', { labels: FLUX_LABELS });
  const loop = running(applier(cluster, 'kustomize-controller', namespace, manifest));
  await ready('flux', 1);
  const transaction = await begin();
  for (const round of [1, 2]) {
    const scaled = await scale(transaction, 'flux', 3);
    expect(scaled.isError, scaled.text).toBe(false);
    await corrected(loop, round);
  }
  const third = await scale(transaction, 'flux', 3);
  expect(third.isError).toBe(true);
  expect(third.text).toContain('[reconciler_fight]');
  expect(third.text).toContain('Flux Kustomization infra/apps put spec.replicas of Deployment');
  expect(third.text).toContain('(2 times): change it in git');
  const { data } = await server.call('transaction_status', { transaction });
  expect(data.state).toBe('ABORTED');
  expect(await replicasOf('flux')).toBe(1);
});

test('an autoscaler that writes its count back closes the gate, with its bounds as the way', async () => {
  await cluster.apply([deployment(namespace, 'scaled', { replicas: null })]);
  const loop = running(scaler(cluster, namespace, 'scaled', 2));
  await ready('scaled', 2);
  const transaction = await begin();
  const before = loop.corrections();
  await scale(transaction, 'scaled', 4);
  await corrected(loop, before + 1);
  const { data, text } = await commit(transaction);
  expect(data.status).toBe('undone');
  expect(text).toContain('kube-controller-manager put spec.replicas');
  expect(text).toContain('change the bounds of its autoscaler');
  expect(await replicasOf('scaled')).toBe(2);
});

test('what the reconciler does not declare is kept by it, and commits', async () => {
  const { spec, ...rest } = deployment(namespace, 'free', {
    annotations: argoTracking(namespace, 'free'),
  });
  const { replicas: _replicas, ...declared } = spec as JsonObject;
  const manifest = { ...rest, spec: declared };
  running(applier(cluster, 'argocd-controller', namespace, manifest));
  await ready('free', 1);
  const transaction = await begin();
  await scale(transaction, 'free', 2);
  const { data, text } = await commit(transaction);
  expect(data.status, text).toBe('committed');
  expect(await replicasOf('free')).toBe(2);
});

test('writes of ours within what we had reordered are nobody putting it back', async () => {
  const { spec, ...rest } = deployment(namespace, 'ordered');
  const labels = { app: 'ordered' };
  const containers = ['proxy', 'web'].map((name) => ({ name, image: 'local/web:1' }));
  await cluster.apply({
    ...rest,
    spec: { ...(spec as JsonObject), template: { metadata: { labels }, spec: { containers } } },
  });
  await observed('ordered');
  const transaction = await begin();
  const place = { namespace, name: 'ordered', reason: 'test', transaction };
  const path = '/spec/template/spec/containers';
  const patch = [{ op: 'move', from: `${path}/1`, path: `${path}/0` }];
  const moved = { ...place, kind: 'Deployment', type: 'json', patch };
  const calls: [string, JsonObject][] = [
    ['mitigate_patch', moved],
    ...[2, 1, 2].map((tag): [string, JsonObject] => [
      'mitigate_set_container',
      { ...place, container: 'web', image: `local/web:${tag}` },
    ]),
  ];
  for (const [tool, args] of calls) {
    const answer = await server.call(tool, args);
    expect(answer.isError, answer.text).toBe(false);
    // Its controller writes the status: the object is another one than we left.
    await observed('ordered');
  }
  const aborted = await server.call('transaction_abort', { transaction, reason: 'test' });
  expect(aborted.data.state, aborted.text).toBe('ABORTED');
});

async function observed(name: string): Promise<void> {
  await cluster.waitFor('the controller to have seen it', async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const { json } = await cluster.request('GET', path);
    return at(json, 'status', 'observedGeneration') === at(json, 'metadata', 'generation');
  });
}
