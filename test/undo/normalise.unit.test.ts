import { describe, expect, test } from 'vitest';
import { type JsonObject, parseJson, stringifyJson } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { denormalise, normalise } from '../../src/undo/normalise.ts';
import { recreateBody } from '../../src/undo/recreate.ts';
import { configMap, owns } from './objects.ts';

const WITH_STATUS = { hasStatus: true };

const stored = (): KubeObject =>
  configMap(
    { mode: 'old' },
    {
      generation: 3,
      selfLink: '/x',
      managedFields: [owns('flux', ['mode'])],
      labels: { app: 'web', 'stratus.dev/intent': 'i' },
      annotations: {
        'example.com/a': '1',
        'stratus.dev/fence': '4',
        'deployment.kubernetes.io/revision': '7',
      },
      finalizers: ['example.com/f'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'uid-0' }],
    },
    { status: { phase: 'Ready' } },
  );

describe('what an undo promises to bring back', () => {
  test('is all but what the server and controllers number, and our marks', () => {
    expect(normalise(stored(), WITH_STATUS)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'app',
        namespace: 'shop',
        uid: 'uid-1',
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'web' },
        annotations: { 'example.com/a': '1' },
        finalizers: ['example.com/f'],
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'uid-0' }],
      },
      data: { mode: 'old' },
    });
  });
  test('status is data where there is no status subresource', () => {
    expect(normalise(stored(), { hasStatus: false }).status).toEqual({ phase: 'Ready' });
  });
  test('identity goes too where the object was created again', () => {
    const { metadata } = normalise(stored(), { ...WITH_STATUS, ignoreIdentity: true });
    expect(metadata).not.toHaveProperty('uid');
    expect(metadata).not.toHaveProperty('creationTimestamp');
  });
  test('labels that were ours alone leave no empty map', () => {
    const only = configMap({}, { labels: { 'stratus.dev/intent': 'i' } });
    expect(normalise(only, WITH_STATUS).metadata).not.toHaveProperty('labels');
  });
  test('the given object is not touched, large numbers are not rounded', () => {
    const text =
      '{"apiVersion":"v1","kind":"X","metadata":{"name":"x","generation":1},"n":9007199254740993}';
    const object = parseJson(text) as KubeObject;
    expect(stringifyJson(normalise(object, WITH_STATUS))).toBe(
      '{"apiVersion":"v1","kind":"X","metadata":{"name":"x"},"n":9007199254740993}',
    );
    expect(stringifyJson(object)).toBe(text);
  });
});

test('a restore carries the live version, status and numbers, and no mark of ours', () => {
  const live = configMap(
    { mode: 'new' },
    {
      resourceVersion: '99',
      generation: 8,
      labels: { 'stratus.dev/intent': 'i' },
      annotations: { 'deployment.kubernetes.io/revision': '9', 'stratus.dev/fence': '4' },
      managedFields: [owns('stratus-mcp', ['mode'])],
    },
    { status: { phase: 'Late' } },
  );
  const body = denormalise(normalise(stored(), WITH_STATUS), live, WITH_STATUS);
  expect(body).toMatchObject({
    metadata: { uid: 'uid-1', resourceVersion: '99', generation: 8, labels: { app: 'web' } },
    data: { mode: 'old' },
    status: { phase: 'Late' },
  });
  expect(body.metadata.annotations).toEqual({
    'example.com/a': '1',
    'deployment.kubernetes.io/revision': '9',
  });
  expect(body.metadata).not.toHaveProperty('managedFields');
  expect(normalise(body, WITH_STATUS)).toEqual(normalise(stored(), WITH_STATUS));
});

describe('the body that creates an object again', () => {
  test('carries nothing that the server sets', () => {
    const { metadata, status } = recreateBody(stored(), (uid) => uid, WITH_STATUS);
    expect(status).toBeUndefined();
    expect(Object.keys(metadata).sort()).toEqual(
      ['annotations', 'finalizers', 'labels', 'name', 'namespace', 'ownerReferences'].sort(),
    );
  });
  test('keeps the status of a custom resource only where a create takes it', () => {
    const custom = { ...stored(), apiVersion: 'example.com/v1', status: { phase: 'Late' } };
    const statusOf = (hasStatus: boolean, object: KubeObject) =>
      recreateBody(object, (uid) => uid, { hasStatus }).status;
    expect(statusOf(false, custom)).toEqual({ phase: 'Late' });
    expect(statusOf(true, custom)).toBeUndefined();
    expect(statusOf(false, { ...custom, apiVersion: 'v1' })).toBeUndefined();
  });
  test('points at the owner that is alive, never at a dead one', () => {
    expect(
      recreateBody(stored(), () => 'uid-new', WITH_STATUS).metadata.ownerReferences,
    ).toMatchObject([{ uid: 'uid-new' }]);
    expect(recreateBody(stored(), () => undefined, WITH_STATUS).metadata).not.toHaveProperty(
      'ownerReferences',
    );
  });
  test('a Service asks for the very same addresses', () => {
    const spec: JsonObject = { clusterIP: '10.0.0.7', ports: [{ port: 80, nodePort: 30007 }] };
    expect(
      recreateBody({ ...stored(), kind: 'Service', spec }, (uid) => uid, WITH_STATUS).spec,
    ).toEqual(spec);
  });
  test('a token of a service account is made anew', () => {
    const secret = {
      ...stored(),
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      data: { token: 'x', 'ca.crt': 'y', namespace: 'z' },
    };
    expect(recreateBody(secret, (uid) => uid, WITH_STATUS).data).toEqual({ namespace: 'z' });
  });
});
