import { beforeAll, describe, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import { recreatedForm } from '../../src/undo/recreate.ts';
import { useOwnCluster } from '../cluster/index.ts';
import { createAs, mustRead, read, urlOf, useBench } from '../undo/bench.ts';

// Alone: its transactions are on all namespaces.
const cluster = await useOwnCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('recreate');
});

const REMOVE = { verb: 'delete' } as const;
const ref = (kind: string, name: string, apiVersion = 'v1', place?: string): ObjectRef => ({
  apiVersion,
  kind,
  ...(place === '' ? {} : { namespace: place ?? namespace }),
  name,
});

async function make(object: ObjectRef, rest: JsonObject): Promise<KubeObject> {
  const { apiVersion, kind, name } = object;
  const { metadata = {}, ...body } = rest;
  const place = object.namespace === undefined ? {} : { namespace: object.namespace };
  const manifest = {
    apiVersion,
    kind,
    metadata: { name, ...place, ...(metadata as object) },
    ...body,
  };
  await createAs(cluster, 'kubectl-create', object, manifest as JsonObject);
  return await mustRead(cluster, object);
}

/** Deletes it in a transaction, waits until it is gone, aborts, and compares. */
async function thereAndBack(object: ObjectRef, scope = namespace): Promise<KubeObject> {
  const before = await mustRead(cluster, object);
  const transaction = await bench.begun(scope);
  await bench.step(transaction, object, REMOVE);
  await cluster.waitFor(
    'it to go',
    async () => (await read(cluster, object))?.metadata.uid !== before.metadata.uid,
  );
  await bench.aborted(transaction);
  const after = await mustRead(cluster, object);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  const options = { hasStatus: true };
  expect(recreatedForm(after, options)).toEqual(recreatedForm(before, options));
  expect(JSON.stringify(after)).not.toContain('stratus');
  return after;
}

async function refused(object: ObjectRef, words: RegExp, scope = namespace): Promise<void> {
  const transaction = await bench.begun(scope);
  await expect(bench.step(transaction, object, REMOVE)).rejects.toMatchObject({
    code: 'irreversible',
    message: expect.stringMatching(words),
  });
  await bench.abort(transaction);
}

const CLAIM = {
  accessModes: ['ReadWriteOnce'],
  storageClassName: '',
  resources: { requests: { storage: '1Gi' } },
};
const CONTAINERS = [{ name: 'web', image: 'local/web:1' }];

async function boundClaim(
  name: string,
  policy: string,
): Promise<{ claim: ObjectRef; volume: ObjectRef }> {
  const volume = ref('PersistentVolume', `${namespace}-${name}`, 'v1', '');
  const claim = ref('PersistentVolumeClaim', name);
  await make(volume, {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: policy,
      storageClassName: '',
      hostPath: { path: `/tmp/${name}` },
    },
  });
  await make(claim, { spec: { ...CLAIM, volumeName: volume.name } });
  await cluster.waitFor(
    'the claim to be bound',
    async () => at(await mustRead(cluster, claim), 'status', 'phase') === 'Bound',
  );
  return { claim, volume };
}

describe('a Service', () => {
  test('comes back with its addresses and ports', async () => {
    const object = ref('Service', 'front');
    const before = await make(object, { spec: { type: 'NodePort', ports: [{ port: 80 }] } });
    const after = await thereAndBack(object);
    expect(at(after, 'spec', 'clusterIP')).toBe(at(before, 'spec', 'clusterIP'));
    expect(at(after, 'spec', 'ports')).toEqual(at(before, 'spec', 'ports'));
  });

  test('is not numbered anew when somebody took its port: the conflict names who', async () => {
    const object = ref('Service', 'robbed');
    const before = await make(object, { spec: { type: 'NodePort', ports: [{ port: 80 }] } });
    const nodePort = objectsOf(at(before, 'spec', 'ports'))[0]?.nodePort ?? 0;
    const transaction = await bench.begun(namespace);
    await bench.step(transaction, object, REMOVE);
    const thief = ref('Service', 'thief');
    await cluster.waitFor('the port to be free', async () => {
      await make(thief, { spec: { type: 'NodePort', ports: [{ port: 80, nodePort }] } });
      return true;
    });
    const { undo, transaction: view } = await bench.abort(transaction);
    expect(view.state).toBe('ABORT_INCOMPLETE');
    expect(undo.objects).toMatchObject([
      {
        state: 'UNDO_CONFLICT',
        conflicts: [{ path: 'spec.ports.nodePort', note: `Service ${namespace}/thief has it now` }],
      },
    ]);
    expect(await read(cluster, object)).toBeUndefined();
    await cluster.request('DELETE', urlOf(thief));
    expect((await bench.abort(transaction)).transaction.state).toBe('ABORTED');
    expect(at(await mustRead(cluster, object), 'spec', 'ports', 0, 'nodePort')).toBe(nodePort);
  });
});

describe('a Job', () => {
  const spec = (more: JsonObject) => ({
    spec: { ...more, template: { spec: { restartPolicy: 'Never', containers: CONTAINERS } } },
  });
  test('that has not run comes back', async () => {
    const object = ref('Job', 'later', 'batch/v1');
    await make(object, spec({ suspend: true }));
    await thereAndBack(object);
  });
  test('that has run would run again', async () => {
    const object = ref('Job', 'now', 'batch/v1');
    await make(object, spec({}));
    await cluster.waitFor(
      'it to start',
      async () => at(await mustRead(cluster, object), 'status', 'startTime') !== undefined,
    );
    await refused(object, /run its work once more/);
  });
});

describe('a claim', () => {
  test('with a retained volume is bound to the same volume again', async () => {
    const { claim, volume } = await boundClaim('kept', 'Retain');
    const before = await mustRead(cluster, volume);
    const after = await thereAndBack(claim);
    expect(after.status).toMatchObject({ phase: 'Bound' });
    const now = await mustRead(cluster, volume);
    expect(now.metadata.uid).toBe(before.metadata.uid);
    expect(now).toMatchObject({
      spec: { claimRef: { uid: `${after.metadata.uid}` }, persistentVolumeReclaimPolicy: 'Retain' },
      status: { phase: 'Bound' },
    });
    expect(JSON.stringify(now)).not.toContain('stratus');
  });
  test('whose volume would be deleted is refused', async () => {
    const { claim } = await boundClaim('lost', 'Delete');
    await refused(claim, /reclaim policy of its volume .* is Delete/);
  });
  test('that a pod uses is refused, with the name of the pod', async () => {
    const { claim } = await boundClaim('used', 'Retain');
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'used' } }];
    await make(ref('Pod', 'user'), { spec: { containers: CONTAINERS, volumes } });
    await refused(claim, /Pod\/user use it/);
  });
});

describe('a bare pod', () => {
  test('comes back with the same spec, on its node', async () => {
    const object = ref('Pod', 'bare');
    await make(object, { spec: { containers: CONTAINERS } });
    await cluster.waitFor(
      'it to run',
      async () => at(await mustRead(cluster, object), 'status', 'phase') === 'Running',
    );
    await thereAndBack(object);
  });
  test('goes to another node when its own takes no pods any more', async () => {
    const object = ref('Pod', 'moved');
    await make(object, { spec: { containers: CONTAINERS } });
    const name = await cluster.waitFor('a node', async () => {
      return at(await mustRead(cluster, object), 'spec', 'nodeName') as string | undefined;
    });
    const cordon = (unschedulable: boolean | null) =>
      cluster.request('PATCH', `/api/v1/nodes/${name}`, { spec: { unschedulable } });
    const transaction = await bench.begun(namespace);
    await bench.step(transaction, object, REMOVE);
    await cordon(true);
    try {
      await bench.aborted(transaction);
      const again = await cluster.waitFor('another node', async () => {
        return at(await mustRead(cluster, object), 'spec', 'nodeName') as string | undefined;
      });
      expect(again).not.toBe(name);
    } finally {
      await cordon(null);
    }
  });
  test('with state of its own is refused', async () => {
    const object = ref('Pod', 'scratch');
    await make(object, {
      spec: { containers: CONTAINERS, volumes: [{ name: 'tmp', emptyDir: {} }] },
    });
    await refused(object, /local state would be lost \(volumes tmp\)/);
  });
});

test('a token Secret gets a new token, and its ServiceAccount comes back before it', async () => {
  const account = ref('ServiceAccount', 'robot');
  const secret = ref('Secret', 'robot-token');
  await make(account, {});
  const annotations = { 'kubernetes.io/service-account.name': 'robot' };
  await make(secret, { metadata: { annotations }, type: 'kubernetes.io/service-account-token' });
  const token = async () =>
    at(await mustRead(cluster, secret), 'data', 'token') as string | undefined;
  const before = await cluster.waitFor('a token', token);
  await refused(account, /Secret\/robot-token/);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, secret, REMOVE);
  await bench.step(transaction, account, REMOVE);
  await bench.aborted(transaction);
  expect(await cluster.waitFor('a new token', token)).not.toBe(before);
  expect(
    (await mustRead(cluster, secret)).metadata.annotations?.['kubernetes.io/service-account.uid'],
  ).toBe((await mustRead(cluster, account)).metadata.uid);
});

test('what Kubernetes injects into every namespace is no target', async () => {
  await refused(ref('ConfigMap', 'kube-root-ca.crt'), /puts it into every namespace/);
  await refused(ref('ServiceAccount', 'default'), /puts it into every namespace/);
});

test('a ReplicationController adopts its pods again', async () => {
  const object = ref('ReplicationController', 'old');
  const labels = { app: 'old' };
  await make(object, {
    spec: {
      replicas: 2,
      selector: labels,
      template: { metadata: { labels }, spec: { containers: CONTAINERS } },
    },
  });
  const pods = async () => {
    const { json } = await cluster.request(
      'GET',
      `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dold`,
    );
    return objectsOf(json.items)
      .map((pod) => `${at(pod, 'metadata', 'uid')}`)
      .sort();
  };
  await cluster.waitFor('two pods', async () => (await pods()).length === 2);
  const before = await pods();
  const { metadata } = await thereAndBack(object);
  expect(await pods()).toEqual(before);
  await cluster.waitFor('the adoption', async () => {
    const { text } = await cluster.request(
      'GET',
      `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dold`,
    );
    return text.includes(`${metadata.uid}`);
  });
});

describe('a definition', () => {
  const group = () => `${namespace}.example.com`;
  const definition = () =>
    ref('CustomResourceDefinition', `gears.${group()}`, 'apiextensions.k8s.io/v1', '');
  const gear = (name: string) => ref('Gear', name, `${group()}/v1`);
  const status = { phase: 'turning' };

  test('and its object come back together, the status too', async () => {
    await make(definition(), {
      spec: {
        group: group(),
        scope: 'Namespaced',
        names: { kind: 'Gear', plural: 'gears', singular: 'gear' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: {
              openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        ],
      },
    });
    const object = gear('first');
    await cluster.waitFor('the kind to be served', async () => {
      await make(object, { spec: { teeth: 12 } });
      return true;
    });
    await cluster.request('PATCH', `${urlOf(object)}/status`, { status });
    await refused(definition(), /its 1 objects go with it/, '*');
    const transaction = await bench.begun('*');
    await bench.step(transaction, object, REMOVE);
    await bench.step(transaction, definition(), REMOVE);
    await cluster.waitFor(
      'the definition to go',
      async () => (await read(cluster, definition())) === undefined,
    );
    await bench.aborted(transaction);
    expect(await mustRead(cluster, object)).toMatchObject({ spec: { teeth: 12 }, status });
  });
});
