import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { useBench } from './bench.ts';

const cluster = useCluster();
const bench = useBench(cluster);

const GRACE_MS = 6_500;

const web = { name: 'web', image: 'local/web:1' };

function deployment(namespace: string, spec: object): object {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, ...spec } },
    },
  };
}

async function list(namespace: string, path: string): Promise<JsonObject[]> {
  const { json } = await cluster.request('GET', path.replace('NS', namespace));
  return objectsOf(at(json, 'items'));
}

const PODS = '/api/v1/namespaces/NS/pods';
const SETS = '/apis/apps/v1/namespaces/NS/replicasets';

async function available(namespace: string, count: number): Promise<void> {
  await cluster.waitFor(`${count} available`, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    const { json } = await cluster.request('GET', path);
    return (at(json, 'status', 'availableReplicas') ?? 0) === count;
  });
}

test('pods of a template that was taken back do not start the day that they are admitted', async () => {
  const namespace = await cluster.namespace('refused');
  await cluster.apply(deployment(namespace, { containers: [web] }));
  await available(namespace, 1);
  const level = (value: string | null) =>
    cluster.request('PATCH', `/api/v1/namespaces/${namespace}`, {
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': value } },
    });
  await level('restricted');
  const [pod] = await list(namespace, PODS);
  await cluster.request(
    'DELETE',
    `${PODS.replace('NS', namespace)}/${at(pod, 'metadata', 'name')}`,
  );
  const failing = (count: number) =>
    cluster.waitFor(`${count} refused`, async () => {
      const sets = await list(namespace, SETS);
      return (
        sets.filter((it) => JSON.stringify(it.status).includes('"ReplicaFailure"')).length === count
      );
    });
  await failing(1);

  const transaction = await bench.begun(namespace);
  await bench.call(transaction, 'mitigate_set_container', {
    namespace,
    name: 'web',
    env: { set: [{ name: 'TRIED', value: 'yes' }] },
  });
  await failing(2);
  await bench.aborted(transaction);

  const wanting = (await list(namespace, SETS)).filter((it) => at(it, 'spec', 'replicas') !== 0);
  expect(wanting).toHaveLength(1);
  expect(JSON.stringify(wanting)).not.toContain('TRIED');
  await level(null);
  await available(namespace, 1);
  expect(JSON.stringify(await list(namespace, PODS))).not.toContain('TRIED');
}, 120_000);

test('a claim that pods waited for goes again, and they wait as before', async () => {
  const namespace = await cluster.namespace('waited-for');
  const storageClassName = namespace;
  const shape = { accessModes: ['ReadWriteOnce'], storageClassName };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: namespace },
    spec: {
      ...shape,
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: `/tmp/${namespace}` },
    },
  };
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  await cluster.apply([volume, deployment(namespace, { containers: [web], volumes })]);
  const phases = async () => (await list(namespace, PODS)).map((pod) => at(pod, 'status', 'phase'));
  await cluster.waitFor('a pod that waits', async () => (await phases()).join() === 'Pending');
  // Severity counts it once its grace is over.
  await sleep(GRACE_MS);

  const transaction = await bench.begun(namespace);
  const manifest = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace },
    spec: { ...shape, resources: { requests: { storage: '1Gi' } } },
  };
  await bench.call(transaction, 'mitigate_apply', { manifest, mode: 'create' });
  await available(namespace, 1);
  await bench.aborted(transaction);

  await cluster.waitFor('it to wait again', async () => (await phases()).join() === 'Pending');
  expect(await list(namespace, '/api/v1/namespaces/NS/persistentvolumeclaims')).toEqual([]);
  await cluster.request('DELETE', `/api/v1/persistentvolumes/${namespace}`);
}, 120_000);
