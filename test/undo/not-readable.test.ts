import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { kubeconfigAs } from '../cluster/impersonate.ts';
import { useCluster } from '../cluster/index.ts';
import { make } from './barred.ts';
import { type Change, expectRestored, read, useBench } from './bench.ts';

const cluster = useCluster();
const user = `narrow-${randomBytes(3).toString('hex')}`;
const folder = mkdtempSync(join(tmpdir(), 'not-readable-'));
const rbac = 'rbac.authorization.k8s.io';
const role = `/apis/${rbac}/v1/clusterroles/${user}`;
const binding = `/apis/${rbac}/v1/clusterrolebindings/${user}`;
let namespace = '';

const rule = (resources: readonly string[]): JsonObject => ({
  apiGroups: ['*'],
  resources: [...resources],
  verbs: ['*'],
});
const ALL = rule(['*']);
const NO_SETTINGS = rule(['secrets', 'namespaces', 'leases', 'pods', 'services', 'events']);

beforeAll(async () => {
  namespace = await cluster.namespace('not-readable');
  const meta = { apiVersion: `${rbac}/v1`, metadata: { name: user } };
  await cluster.apply([
    { ...meta, kind: 'ClusterRole', rules: [ALL] },
    {
      ...meta,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: user },
      subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
    },
  ]);
});
const bench = useBench(cluster, () => kubeconfigAs(cluster, user, folder, []));
afterAll(async () => {
  for (const url of [binding, role]) await cluster.request('DELETE', url);
  rmSync(folder, { recursive: true, force: true });
});

/** Gives the engine other rights, and waits until they hold. */
async function allowed(what: JsonObject, mayRead: boolean): Promise<void> {
  await cluster.request('PATCH', role, { rules: [what] });
  await cluster.waitFor('the rights to hold', async () => {
    const attributes = { namespace, verb: 'get', resource: 'configmaps' };
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes: attributes },
    };
    const url = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const { json } = await cluster.request('POST', url, review);
    return (Object(json.status).allowed === true) === mayRead;
  });
}

test('an object that may not be read any more keeps no other from being taken back', async () => {
  const settings: ObjectRef = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'hidden' };
  const secret: ObjectRef = { apiVersion: 'v1', kind: 'Secret', namespace, name: 'seen' };
  const [hidden, seen] = [
    await make(cluster, settings, { data: { mode: 'old' } }),
    await make(cluster, secret, { stringData: { mode: 'old' } }),
  ];
  const transaction = await bench.begun(namespace);
  const patch = (fields: JsonObject): Change => ({
    verb: 'patch',
    patchType: 'merge',
    patch: fields,
  });
  await bench.step(transaction, secret, patch({ stringData: { mode: 'ours' } }));
  await bench.step(transaction, settings, patch({ data: { mode: 'ours' } }));
  await allowed(NO_SETTINGS, false);

  const { undo, transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
  expect(undo.objects).toContainEqual(
    expect.objectContaining({
      object: expect.objectContaining({ name: 'hidden' }),
      state: 'UNDO_IMPOSSIBLE',
      how: expect.stringContaining('configmaps'),
    }),
  );
  expectRestored(seen, await read(cluster, secret));

  await allowed(ALL, true);
  await bench.aborted(transaction);
  expectRestored(hidden, await read(cluster, settings));
});
