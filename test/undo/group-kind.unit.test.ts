import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { classify } from '../../src/undo/classify.ts';
import { recreateBody } from '../../src/undo/recreate.ts';
import { object, spec } from './objects.ts';

/** A custom resource with the name of a built-in kind. */
function theirs(kind: string, apiVersion: string, fields: JsonObject = {}): KubeObject {
  return { ...object(kind, fields), apiVersion };
}

const classOf = (
  verb: 'create' | 'patch' | 'delete',
  before: KubeObject | undefined,
  after: KubeObject | undefined,
) => {
  const { kind = '', apiVersion = '' } = before ?? after ?? {};
  return classify({ verb, kind, apiVersion, before, after });
};

test.each([
  ['Pod', 'example.com/v1'],
  ['Job', 'batch.volcano.sh/v1alpha1'],
  ['Service', 'serving.knative.dev/v1'],
  ['StatefulSet', 'apps.kruise.io/v1beta1'],
])('a %s of %s is deleted and created like any custom resource', (kind, apiVersion) => {
  const resource = theirs(kind, apiVersion);
  expect(classOf('delete', resource, undefined)).toEqual({
    class: 'compensating',
    undo: `Creates the ${kind} again with the same spec and status; its uid changes, and what it owned is given back to it.`,
  });
  expect(classOf('create', undefined, resource).class).toBe('exact');
});

test('fields mean what they mean only in the kind they are known of', () => {
  const change = (kind: string, apiVersion: string, before: JsonObject, after: JsonObject) =>
    classOf('patch', theirs(kind, apiVersion, before), theirs(kind, apiVersion, after)).class;
  const [one, three] = [spec({ replicas: 1 }), spec({ replicas: 3 })];
  expect(change('StatefulSet', 'apps/v1', three, one)).toBe('compensating');
  expect(change('StatefulSet', 'apps.kruise.io/v1beta1', three, one)).toBe('exact');
  expect(change('Secret', 'v1', {}, { immutable: true })).toBe('irreversible');
  expect(change('Secret', 'example.com/v1', {}, { immutable: true })).toBe('exact');
  expect(change('HTTPRoute', 'gateway.networking.k8s.io/v1', one, three)).toBe('exact');
  expect(change('PodMetrics', 'metrics.k8s.io/v1beta1', one, three)).toBe('irreversible');
  expect(change('Lease', 'coordination.k8s.io/v1', one, three)).toBe('irreversible');
  expect(change('Lease', 'rent.example.com/v1', one, three)).toBe('exact');
});

test('only a real service account token is created again without its token', () => {
  const fields = { type: 'kubernetes.io/service-account-token', data: { token: 'dA==' } };
  const again = (apiVersion: string) =>
    recreateBody(theirs('Secret', apiVersion, fields), () => undefined, { hasStatus: true }).data;
  expect(again('v1')).toEqual({});
  expect(again('example.com/v1')).toEqual({ token: 'dA==' });
});
