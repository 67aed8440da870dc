import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { autoscalersOf, ruling } from '../../src/undo/owners/autoscalers.ts';

const WEB = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

function hpa(spec: JsonObject = {}, metadata: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { scaleTargetRef: WEB, minReplicas: 2, maxReplicas: 5, ...spec },
  };
}

function scaledObject(spec: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'queue', namespace: 'shop' },
    spec: { scaleTargetRef: { name: 'web' }, minReplicaCount: 1, maxReplicaCount: 4, ...spec },
  };
}

const says = (replicas: number, hpas: KubeObject[], keda: KubeObject[] = []) =>
  autoscalersOf(WEB, hpas, keda).map((it) => ruling(it, replicas));

test('a count that is set by hand is overruled, and what to change instead is said', () => {
  expect(says(4, [hpa()])[0]?.text).toContain('owns the count (2..5) and may overrule this');
  expect(says(8, [hpa()])[0]?.text).toContain('keeps it within 2..5 and will overrule this');
  expect(says(1, [hpa()])[0]?.text).toContain('mitigate_scale with min_replicas');
  // Without minReplicas the API server's default is 1.
  expect(says(1, [hpa({ minReplicas: null })])[0]?.text).toContain('(1..5)');
});

test('scaled to nothing it stands still', () => {
  expect(says(0, [hpa()])).toEqual([
    { overrules: false, text: expect.stringContaining('stands still') },
  ]);
});

test('one of another workload says nothing', () => {
  expect(says(4, [hpa({ scaleTargetRef: { ...WEB, kind: 'StatefulSet' } })])).toEqual([]);
  expect(says(4, [hpa({ scaleTargetRef: { ...WEB, name: 'api' } })])).toEqual([]);
  expect(says(4, [hpa({ scaleTargetRef: { ...WEB, apiVersion: 'example.com/v1' } })])).toEqual([]);
  expect(says(4, [], [scaledObject({ scaleTargetRef: { name: 'api' } })])).toEqual([]);
});

test('KEDA is one owner, with and without the autoscaler that it makes', () => {
  const ownerReferences = [{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'queue' }];
  const made = hpa({}, { name: 'keda-hpa-queue', ownerReferences });
  for (const hpas of [[made], []]) {
    const [only, ...more] = says(9, hpas, [scaledObject()]);
    expect(more).toEqual([]);
    expect(only?.text).toContain('KEDA ScaledObject queue');
    expect(only?.text).toContain('maxReplicaCount');
  }
  // KEDA scales up from nothing by itself.
  expect(says(0, [made], [scaledObject()])[0]?.overrules).toBe(true);
});
