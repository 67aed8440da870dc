import { beforeEach, describe, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf, stringOf } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { useBench } from '../undo/bench.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeEach(async () => {
  namespace = await cluster.namespace('returns');
  const metadata = { name: 'settings', namespace };
  await cluster.apply([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { MODE: 'production' } },
    deployment(2),
  ]);
  await available(2);
});

function deployment(replicas: number): object {
  const labels = { app: 'web' };
  const valueFrom = { configMapKeyRef: { name: 'settings', key: 'MODE' } };
  const containers = [{ name: 'web', image: 'local/web:1', env: [{ name: 'MODE', valueFrom }] }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

async function available(count: number): Promise<void> {
  await cluster.waitFor(`${count} available`, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    const { json } = await cluster.request('GET', path);
    return at(json, 'status', 'availableReplicas') === count;
  });
}

async function pods(): Promise<JsonObject[]> {
  const { json } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods`);
  return objectsOf(at(json, 'items'));
}

const SHARED = { accessModes: ['ReadWriteOnce'], storageClassName: '' };

function volumes(): object[] {
  return ['data-db-0', 'data-db-1'].map((name) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${namespace}-${name}` },
    spec: {
      ...SHARED,
      capacity: { storage: '1Gi' },
      hostPath: { path: `/tmp/${name}` },
      claimRef: { namespace, name },
    },
  }));
}

function statefulSet(): object {
  const labels = { app: 'db' };
  const volumeMounts = [{ name: 'data', mountPath: '/data' }];
  const containers = [{ name: 'db', image: 'local/web:1', volumeMounts }];
  const resources = { requests: { storage: '1Gi' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace },
    spec: {
      replicas: 2,
      serviceName: 'db',
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { ...SHARED, resources } }],
    },
  };
}

/** What admission of many clusters says: a pod without a controller is nobody's. */
function ownedOnly(): object[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const matchLabels = { 'kubernetes.io/metadata.name': namespace };
  const pods = {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE'],
    resources: ['pods'],
  };
  const expression =
    'has(object.metadata.ownerReferences) && size(object.metadata.ownerReferences) > 0';
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: namespace },
      spec: {
        matchConstraints: { namespaceSelector: { matchLabels }, resourceRules: [pods] },
        validations: [{ expression, message: 'a pod needs an owner' }],
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: namespace },
      spec: { policyName: namespace, validationActions: ['Deny'] },
    },
  ];
}

const ADMISSION = '/apis/admissionregistration.k8s.io/v1/validatingadmission';
const nameOf = (object: JsonObject | undefined) => stringOf(at(object, 'metadata', 'name')) ?? '';
const core = (kind: string) => `/api/v1/namespaces/${namespace}/${kind}`;

describe('pods that could not come back stay', () => {
  test('a ConfigMap that they were started with is gone', async () => {
    const transaction = await bench.begun(namespace);
    const [first] = await pods();
    const remove = () =>
      bench.call(transaction, 'mitigate_delete', { kind: 'Pod', name: nameOf(first), namespace });
    const scale = () =>
      bench.call(transaction, 'mitigate_scale', { namespace, name: 'web', replicas: 0 });
    await cluster.request('DELETE', `${core('configmaps')}/settings`);

    await expect(remove()).rejects.toMatchObject({
      code: 'dry_run_rejected',
      message: expect.stringContaining('ConfigMap settings does not exist'),
    });
    await expect(scale()).rejects.toMatchObject({ code: 'dry_run_rejected' });

    const settings = { metadata: { name: 'settings' }, data: { OTHER: 'x' } };
    await cluster.request('POST', core('configmaps'), settings);
    await expect(remove()).rejects.toMatchObject({
      message: expect.stringContaining('ConfigMap settings has no key MODE'),
    });
    await cluster.request('PATCH', `${core('configmaps')}/settings`, { data: { MODE: 'a' } });
    expect((await remove()).changes).toHaveLength(1);
    await available(2);
  });

  test('a level of Pod Security refuses them by now', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.request('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { labels } });
    const transaction = await bench.begun(namespace);
    const [first] = await pods();
    await expect(
      bench.call(transaction, 'mitigate_delete', { kind: 'Pod', name: nameOf(first), namespace }),
    ).rejects.toMatchObject({
      code: 'dry_run_rejected',
      message: expect.stringContaining('violates PodSecurity'),
    });
    await expect(
      bench.call(transaction, 'mitigate_scale', { namespace, name: 'web', replicas: 1 }),
    ).rejects.toMatchObject({ code: 'dry_run_rejected' });

    // The namespace that the transaction works in may be changed itself.
    const level = { 'pod-security.kubernetes.io/enforce': 'baseline' };
    const change = { kind: 'Namespace', name: namespace, labels: level };
    await bench.call(transaction, 'mitigate_set_metadata', change);
    await bench.call(transaction, 'mitigate_scale', { namespace, name: 'web', replicas: 1 });
    await bench.aborted(transaction);
    await available(2);
  });

  test('one that is not ready may go, and a full quota keeps nobody', async () => {
    await cluster.request('POST', core('resourcequotas'), {
      metadata: { name: 'full' },
      spec: { hard: { pods: '2' } },
    });
    await cluster.waitFor('the quota to count', async () => {
      const { json } = await cluster.request('GET', `${core('resourcequotas')}/full`);
      return at(json, 'status', 'used', 'pods') === '2';
    });
    const transaction = await bench.begun(namespace);
    const [first] = await pods();
    await bench.call(transaction, 'mitigate_delete', {
      kind: 'Pod',
      name: nameOf(first),
      namespace,
    });
    await available(2);

    await cluster.request('DELETE', `${core('configmaps')}/settings`);
    const [second] = await pods();
    await cluster.request('DELETE', `${core('pods')}/${nameOf(second)}`);
    const ill = await cluster.waitFor('a pod without its settings', async () =>
      (await pods()).find((pod) => JSON.stringify(pod).includes('CreateContainerConfigError')),
    );
    await bench.call(transaction, 'mitigate_delete', { kind: 'Pod', name: nameOf(ill), namespace });
  });

  test('a replacement has the volumes and the owner that its controller gives it', async () => {
    await cluster.apply([...volumes(), statefulSet(), ...ownedOnly()]);
    await cluster.waitFor('both pods of the StatefulSet to be ready', async () => {
      const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/db`;
      const { json } = await cluster.request('GET', path);
      return at(json, 'status', 'readyReplicas') === 2;
    });
    await cluster.waitFor('pods without an owner to be refused', async () => {
      const containers = [{ name: 'web', image: 'local/web:1' }];
      const pod = { metadata: { name: 'naked' }, spec: { containers } };
      const asked = cluster.request('POST', `${core('pods')}?dryRun=All`, pod);
      return await asked.then(
        () => false,
        (error: unknown) => String(error).includes('a pod needs an owner'),
      );
    });
    const transaction = await bench.begun(namespace);
    const remove = { kind: 'Pod', name: 'db-1', namespace };
    expect((await bench.call(transaction, 'mitigate_delete', remove)).changes).toHaveLength(1);
    const scale = { namespace, name: 'web', replicas: 1 };
    expect((await bench.call(transaction, 'mitigate_scale', scale)).changes).toHaveLength(1);
    await cluster.request('DELETE', `${ADMISSION}policybindings/${namespace}`);
    await cluster.request('DELETE', `${ADMISSION}policies/${namespace}`);
    await bench.aborted(transaction);
    await available(2);
  });
});
