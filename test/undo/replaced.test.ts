import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import { mitigateTools } from '../../src/tools/mitigate/index.ts';
import type { MitigateTool } from '../../src/tools/types.ts';
import type { Live } from '../../src/transaction/types.ts';
import { useCluster } from '../cluster/index.ts';
import { CALLER, createAs, expectRestored, mustRead, read, useBench } from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('undo-replaced');
});

interface Fixed {
  readonly kind: string;
  readonly apiVersion: string;
  readonly object: JsonObject;
  /** A patch that the API server takes from nobody. */
  readonly patch: JsonObject;
  /** The object as it is wanted. */
  readonly wanted: JsonObject;
  /** Its pods have to be there all the time. */
  readonly pods?: number;
}

const template = (app: string): JsonObject => ({
  metadata: { labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'web', image: 'local/web:1', ports: [{ containerPort: 8080 }] }],
  },
});
const roleRef = (name: string) => ({
  apiGroup: 'rbac.authorization.k8s.io',
  kind: 'Role',
  name,
});
const set = (serviceName: string): JsonObject => ({
  spec: {
    replicas: 2,
    serviceName,
    selector: { matchLabels: { app: 'set' } },
    template: template('set'),
  },
});
const FIXED: readonly Fixed[] = [
  {
    kind: 'RoleBinding',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    object: { roleRef: roleRef('one'), subjects: [] },
    patch: { roleRef: roleRef('two') },
    wanted: { roleRef: roleRef('two'), subjects: [] },
  },
  {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    object: { immutable: true, data: { a: 'b' } },
    patch: { data: { a: 'c' } },
    wanted: { immutable: true, data: { a: 'c' } },
  },
  {
    kind: 'StatefulSet',
    apiVersion: 'apps/v1',
    object: set('one'),
    patch: { spec: { serviceName: 'two' } },
    wanted: set('two'),
    pods: 2,
  },
  {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    object: {
      spec: { replicas: 2, selector: { matchLabels: { app: 'd' } }, template: template('d') },
    },
    patch: { spec: { selector: { matchLabels: { app: 'd', tier: 'x' } } } },
    wanted: {
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'd', tier: 'x' } },
        template: { ...template('d'), metadata: { labels: { app: 'd', tier: 'x' } } },
      },
    },
    pods: 2,
  },
];

test.each(FIXED)(
  'what is fixed in a $kind is changed by delete and create in one batch, and comes back',
  async ({ kind, apiVersion, object, patch, wanted, pods }) => {
    const name = `${kind.toLowerCase()}-${randomBytes(3).toString('hex')}`;
    const ref: ObjectRef = { apiVersion, kind, namespace, name };
    await createAs(cluster, 'kubectl-create', ref, full(object, ref));
    if (pods !== undefined) await atRest(ref, pods);
    const before = await mustRead(cluster, ref);
    const podsBefore = await podUids(before);
    const transaction = await bench.begun(namespace, [ref]);
    await expect(
      bench.call(transaction, 'mitigate_patch', { ...target(ref), type: 'merge', patch }),
    ).rejects.toMatchObject({
      code: 'dry_run_rejected',
      next: expect.stringContaining('in one mitigate_batch'),
    });
    const { commands } = await bench.engine.steps(
      transaction,
      [
        request('mitigate_delete', target(ref)),
        request('mitigate_apply', { mode: 'create', manifest: full(wanted, ref) }),
      ],
      CALLER,
    );
    expect(commands.map((one) => one?.changes[0]?.class)).toEqual(['compensating', 'exact']);
    const [field = ''] = Object.keys(patch);
    expect((await mustRead(cluster, ref))[field]).toMatchObject(wanted[field] as JsonObject);
    await bench.aborted(transaction);
    if (pods !== undefined) await atRest(ref, pods);
    expectRestored(before, await read(cluster, ref), { recreated: true });
    expect(await podUids(await mustRead(cluster, ref))).toEqual(podsBefore);
  },
);

test('a StatefulSet created anew of a template that hangs: the pod of it does not outlive the undo', async () => {
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: 'hung' };
  const ofImage = (image: string): JsonObject => {
    const containers = [{ name: 'web', image }];
    return full(
      {
        spec: {
          replicas: 2,
          serviceName: 'hung',
          selector: { matchLabels: { app: 'hung' } },
          template: {
            metadata: { labels: { app: 'hung' } },
            spec: { terminationGracePeriodSeconds: 1, containers },
          },
        },
      },
      ref,
    );
  };
  await createAs(cluster, 'kubectl-create', ref, ofImage('local/web:1'));
  await atRest(ref, 2);
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begun(namespace, [ref]);
  await bench.engine.steps(
    transaction,
    [
      request('mitigate_delete', target(ref)),
      request('mitigate_apply', { mode: 'create', manifest: ofImage('local/web:nope') }),
    ],
    CALLER,
  );
  const image = async () => {
    const path = `/api/v1/namespaces/${namespace}/pods/hung-1`;
    const { json } = await cluster.request('GET', path, undefined, { allow: [404] });
    return at(json, 'spec', 'containers', 0, 'image');
  };
  await cluster.waitFor('a pod of the new template', async () => {
    return (await image()) === 'local/web:nope';
  });
  await bench.aborted(transaction);
  await atRest(ref, 2);
  expectRestored(before, await read(cluster, ref), { recreated: true });
  expect(await image()).toBe('local/web:1');
});

function target({ apiVersion, kind, name }: ObjectRef): JsonObject {
  return { kind: `${apiVersion} ${kind}`, name, namespace };
}

function request(name: string, args: JsonObject) {
  const tool = mitigateTools(systemClock).find((it) => it.name === name) as MitigateTool;
  const given = tool.input.parse({ reason: 'test', ...args });
  return { tool: name, reads: tool.reads(given), plan: (live: Live) => tool.plan(given, live) };
}

/** Pods of its selector, as the API server has them. */
async function podUids(object: KubeObject): Promise<string[]> {
  const labels = at(object, 'spec', 'selector', 'matchLabels') as Record<string, string>;
  if (labels === undefined) return [];
  const { json } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods`);
  return objectsOf(json.items)
    .filter((pod) => at(pod, 'metadata', 'labels', 'app') === labels.app)
    .map((pod) => String(at(pod, 'metadata', 'uid')))
    .sort();
}

async function atRest(ref: ObjectRef, pods: number): Promise<void> {
  await cluster.waitFor(`${ref.name} at rest`, async () => {
    const object = await mustRead(cluster, ref);
    const { status } = object;
    return (
      at(status, 'observedGeneration') === object.metadata.generation &&
      at(status, 'readyReplicas') === pods &&
      (await podUids(object)).length === pods
    );
  });
}
