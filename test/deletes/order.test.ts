import { beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useOwnCluster } from '../cluster/index.ts';
import { type Change, expectRestored, mustRead, read, useBench } from '../undo/bench.ts';
import { make } from './bench.ts';

// Alone: its transactions are on all namespaces.
const cluster = await useOwnCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('order');
});

const REMOVE: Change = { verb: 'delete' };
const merge = (patch: JsonObject): Change => ({ verb: 'patch', patchType: 'merge', patch });
const settings = (name: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});

/** A webhook of the namespace's ConfigMaps that nobody answers, and that refuses then. */
const deadWebhook = (name: string): JsonObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name },
  webhooks: [
    {
      name: 'dead.example.com',
      clientConfig: { url: 'https://127.0.0.1:9/none' },
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      failurePolicy: 'Fail',
      timeoutSeconds: 1,
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      rules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] },
      ],
    },
  ],
});
const webhookRef = (name: string): ObjectRef => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  name,
});

test('a pod comes back after the pod security that would refuse it is as before', async () => {
  const pod: ObjectRef = { apiVersion: 'v1', kind: 'Pod', namespace, name: 'loose' };
  const place: ObjectRef = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  await make(cluster, pod, { spec: { containers: [{ name: 'web', image: 'local/web:1' }] } });
  const before = await mustRead(cluster, place);
  const transaction = await bench.begun('*');
  await bench.step(transaction, pod, REMOVE);
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await bench.step(transaction, place, merge({ metadata: { labels } }));
  await bench.aborted(transaction);
  expectRestored(before, await mustRead(cluster, place));
  expect(await read(cluster, pod)).toBeDefined();
});

test('a dead webhook that we made goes before anything else is taken back', async () => {
  const name = `${namespace}-made`;
  const object = settings('blocked');
  const before = await make(cluster, object, { data: { mode: 'fast' } });
  const transaction = await bench.begun('*');
  await bench.step(transaction, object, merge({ data: { mode: 'slow' } }));
  const manifest = deadWebhook(name);
  await bench.step(transaction, webhookRef(name), { verb: 'create', manifest });
  // The API server hears of it by a watch: until then it would not show the trouble.
  await cluster.waitFor('the webhook to refuse', async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
    const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'probe' } };
    return (await cluster.request('POST', path, probe, { allow: [500] })).status === 500;
  });
  await bench.aborted(transaction);
  expectRestored(before, await mustRead(cluster, object));
  expect(await read(cluster, webhookRef(name))).toBeUndefined();
});

test('a dead webhook that we removed comes back after everything else', async () => {
  const name = `${namespace}-removed`;
  const object = settings('freed');
  const before = await make(cluster, object, { data: { mode: 'fast' } });
  await make(cluster, webhookRef(name), { webhooks: deadWebhook(name).webhooks ?? [] });
  try {
    const transaction = await bench.begun('*');
    await bench.step(transaction, webhookRef(name), REMOVE);
    await cluster.waitFor('the change to be possible', async () => {
      await bench.step(transaction, object, merge({ data: { mode: 'slow' } }));
      return true;
    });
    await bench.aborted(transaction);
    expectRestored(before, await mustRead(cluster, object));
    expect(await read(cluster, webhookRef(name))).toBeDefined();
  } finally {
    await cluster.request(
      'DELETE',
      `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${name}`,
      undefined,
      { allow: [404] },
    );
  }
});
