import { describe, expect, test } from 'vitest';
import type { WriteRequest } from '../../src/cluster/types.ts';
import { writePlan } from '../../src/cluster/write-plan.ts';
import { AS_COMMAND, CONFIG_MAPS, DEPLOYMENTS, resource } from './fixtures.ts';

const key = { resource: CONFIG_MAPS, namespace: 'shop', name: 'settings' };
const path = '/api/v1/namespaces/shop/configmaps';
const object = (metadata: object = {}) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', ...metadata },
  });
const deletion: WriteRequest = {
  verb: 'delete',
  key,
  preconditions: { uid: 'u-1', resourceVersion: '7' },
  propagationPolicy: 'Orphan',
};

test('a delete has everything in its body and no query at all, dry or not', () => {
  for (const dryRun of [true, false]) {
    const plan = writePlan(deletion, AS_COMMAND, dryRun);
    expect(plan.path).toBe(`${path}/settings`);
    expect(JSON.parse(plan.body)).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u-1', resourceVersion: '7' },
      propagationPolicy: 'Orphan',
      ...(dryRun ? { dryRun: ['All'] } : {}),
    });
  }
});

test('a dry run differs from the real thing in one parameter', () => {
  const request: WriteRequest = { verb: 'create', key, body: object() };
  const real = writePlan(request, AS_COMMAND, false);
  const dry = writePlan(request, AS_COMMAND, true);
  expect(real.path).toBe(`${path}?fieldManager=stratus-mcp&fieldValidation=Strict`);
  expect(dry.path).toBe(`${path}?fieldManager=stratus-mcp&fieldValidation=Strict&dryRun=All`);
  expect({ ...dry, path: '' }).toEqual({ ...real, path: '' });
});

test.each([
  ['json', 'application/json-patch+json', '[]'],
  ['merge', 'application/merge-patch+json', '{}'],
  ['strategic', 'application/strategic-merge-patch+json', '{}'],
  ['apply', 'application/apply-patch+yaml', object()],
] as const)('a %s patch is %s', (patchType, contentType, body) => {
  const plan = writePlan({ verb: 'patch', key, patchType, body }, AS_COMMAND, false);
  expect(plan).toMatchObject({ method: 'PATCH', contentType, body });
  expect(plan.path).not.toContain('force');
});

test('force is said for server-side apply alone', () => {
  const apply = { verb: 'patch', key, patchType: 'apply', body: object(), force: true } as const;
  expect(writePlan(apply, AS_COMMAND, false).path).toContain('&force=true');
  const merge = { ...apply, patchType: 'merge' } as const;
  expect(() => writePlan(merge, AS_COMMAND, false)).toThrow('only server-side apply');
});

test('a scale goes to the subresource', () => {
  const deployment = { resource: DEPLOYMENTS, namespace: 'shop', name: 'web' };
  const plan = writePlan(
    { verb: 'patch', key: deployment, subresource: 'scale', patchType: 'merge', body: '{}' },
    AS_COMMAND,
    false,
  );
  expect(plan.path).toMatch(/^\/apis\/apps\/v1\/namespaces\/shop\/deployments\/web\/scale\?/);
});

describe('an eviction', () => {
  const pods = resource('pods', 'Pod', 'v1');
  const eviction: WriteRequest = {
    verb: 'evict',
    key: { resource: pods, namespace: 'shop', name: 'web-0' },
    preconditions: { uid: 'u-1', resourceVersion: '7' },
    gracePeriodSeconds: 5,
  };

  test('is posted to the pod with its preconditions and its grace', () => {
    const plan = writePlan(eviction, AS_COMMAND, false);
    expect(plan).toMatchObject({
      method: 'POST',
      path: '/api/v1/namespaces/shop/pods/web-0/eviction?fieldManager=stratus-mcp',
    });
    expect(JSON.parse(plan.body)).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'web-0', namespace: 'shop' },
      deleteOptions: {
        preconditions: { uid: 'u-1', resourceVersion: '7' },
        gracePeriodSeconds: 5,
      },
    });
  });

  test('says in its query and in its body that it is only a dry run', () => {
    const plan = writePlan(eviction, AS_COMMAND, true);
    expect(plan.path).toMatch(/[?&]dryRun=All$/);
    expect(JSON.parse(plan.body)).toMatchObject({ deleteOptions: { dryRun: ['All'] } });
  });

  test.each<[string, WriteRequest, string]>([
    [
      'without uid',
      { ...eviction, preconditions: { uid: '', resourceVersion: '7' } },
      'preconditions',
    ],
    ['of something else than a pod', { ...eviction, key }, 'only pods'],
  ])('%s is not sent', (_what, request, why) => {
    expect(() => writePlan(request, AS_COMMAND, false)).toThrow(why);
  });
});

const replace = (body: string): WriteRequest => ({ verb: 'replace', key, body });

test.each<[string, WriteRequest, string]>([
  ['a replace without uid', replace(object({ resourceVersion: '7' })), 'metadata.uid'],
  ['a replace without resourceVersion', replace(object({ uid: 'u' })), 'metadata.resourceVersion'],
  ['a replace of another name', replace(object({ name: 'other' })), 'metadata.name "other"'],
  ['a create in another namespace', { verb: 'create', key, body: object({ namespace: 'x' }) }, 'x'],
  ['a create of another kind', { verb: 'create', key, body: '{"apiVersion":"v1"}' }, 'kind'],
  ['a create of a list', { verb: 'create', key, body: '[]' }, 'not a JSON object'],
  ['a create of no JSON', { verb: 'create', key, body: 'a: 1' }, 'not JSON'],
  [
    'a delete without uid',
    { ...deletion, preconditions: { uid: '', resourceVersion: '7' } },
    'preconditions',
  ],
  // Without a name, a delete would go to the whole collection.
  ['a delete without a name', { ...deletion, key: { ...key, name: '' } }, 'name'],
  ['a delete of ".."', { ...deletion, key: { ...key, name: '..' } }, 'name'],
  ['a delete of a path', { ...deletion, key: { ...key, name: 'a/../b' } }, 'name'],
  [
    'a delete without a namespace',
    { ...deletion, key: { resource: CONFIG_MAPS, name: 'settings' } },
    'namespace',
  ],
])('%s is not sent', (_what, request, why) => {
  expect(() => writePlan(request, AS_COMMAND, false)).toThrow(why);
});

test('a replace that is only rehearsed needs no resourceVersion, but still the uid', () => {
  const rehearsed = writePlan(replace(object({ uid: 'u' })), AS_COMMAND, true);
  expect(rehearsed.path).toContain('dryRun=All');
  expect(() => writePlan(replace(object({})), AS_COMMAND, true)).toThrow('metadata.uid');
});

test('names are escaped in the URL', () => {
  const roles = resource('clusterroles', 'ClusterRole', 'rbac.authorization.k8s.io/v1', {
    namespaced: false,
  });
  const plan = writePlan(
    { ...deletion, key: { resource: roles, name: 'system:node?x' } } as WriteRequest,
    AS_COMMAND,
    false,
  );
  expect(plan.path).toBe('/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode%3Fx');
});
