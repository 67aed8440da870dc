import { describe, expect, test } from 'vitest';
import type { ObjectRef } from '../../src/core/kube.ts';
import { worseForTouched } from '../../src/severity/recovery.ts';
import type { Measurement, Violation } from '../../src/severity/types.ts';
import { measured } from './objects.ts';

function violation(kind: string, name: string, value = 1, namespace = 'shop'): Violation {
  const where = namespace === '' ? {} : { namespace };
  return {
    id: `made-up|${kind}/${namespace}/${name}|Test`,
    predicate: 'made-up',
    object: { kind, ...where, name },
    reason: 'Test',
    weight: 8,
    value,
    message: 'ill',
  };
}

const state = (...violations: Violation[]): Measurement => ({ ...measured([]), violations });
const ref = (kind: string, name: string, namespace: string | undefined = 'shop'): ObjectRef => ({
  apiVersion: 'v1',
  kind,
  name,
  ...(namespace === undefined ? {} : { namespace }),
});
const node: ObjectRef = { apiVersion: 'v1', kind: 'Node', name: 'n1' };

/** Names of what is worse for that object when all of these are new. */
const worse = (touched: ObjectRef, ...violations: Violation[]) =>
  worseForTouched(state(), state(...violations), [touched]).map(
    ({ object }) => `${object.kind}/${object.name}`,
  );

describe('what is worse after an undo', () => {
  const catalog = ref('Deployment', 'catalog');

  test('is new or has risen, not what was there or fell', () => {
    const ill = (value: number) => violation('Deployment', 'catalog', value);
    expect(worseForTouched(state(), state(ill(0.5)), [catalog])).toEqual([ill(0.5)]);
    expect(worseForTouched(state(ill(0.5)), state(ill(0.75)), [catalog])).toEqual([ill(0.75)]);
    expect(worseForTouched(state(ill(0.5)), state(ill(0.5)), [catalog])).toEqual([]);
    expect(worseForTouched(state(ill(0.5)), state(ill(0.25)), [catalog])).toEqual([]);
  });

  test('concerns a workload and its family, not its neighbours', () => {
    const all = [
      violation('Deployment', 'catalog'),
      violation('ReplicaSet', 'catalog-5d9f'),
      violation('Pod', 'catalog-5d9f-x2x'),
      violation('Deployment', 'catalog-worker'),
      violation('Pod', 'catalog-worker-77b-qqq'),
      violation('Deployment', 'cart'),
      violation('Service', 'cart'),
      violation('Node', 'n1', 1, ''),
      violation('Deployment', 'catalog', 1, 'billing'),
    ];
    const own = ['Deployment/catalog', 'ReplicaSet/catalog-5d9f', 'Pod/catalog-5d9f-x2x'];
    expect(worse(catalog, ...all)).toEqual(own);
    expect(worse(ref('Pod', 'catalog-5d9f-x2x'), ...all)).toEqual(own);
  });

  test('finds the Deployment of a pod whose name was cut', () => {
    const name = 'a'.repeat(60);
    const pod = `${name.slice(0, 58)}x2x4z`;
    expect(worse(ref('Pod', pod), violation('Deployment', name))).toHaveLength(1);
  });

  test.each([
    'ConfigMap',
    'Secret',
    'Service',
    'Ingress',
    'PersistentVolumeClaim',
    'NetworkPolicy',
    'ResourceQuota',
    'LimitRange',
    'HorizontalPodAutoscaler',
    'PodDisruptionBudget',
    'Widget',
  ])('concerns the whole namespace when a %s was touched', (kind) => {
    const here = violation('Deployment', 'cart');
    const there = violation('Deployment', 'cart', 1, 'billing');
    expect(worse(ref(kind, 'anything'), here, there)).toEqual(['Deployment/cart']);
  });

  test('concerns everything when a cluster-scoped object was touched', () => {
    const all = [violation('Deployment', 'cart', 1, 'billing'), violation('Node', 'n2', 1, '')];
    expect(worse(node, ...all)).toHaveLength(2);
  });
});
