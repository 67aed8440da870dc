import { describe, expect, test } from 'vitest';
import type { ClusterReader } from '../../src/cluster/types.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { Json } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { WATCHED_KINDS } from '../../src/severity/kinds.ts';
import { createSeverityMeter } from '../../src/severity/meter.ts';
import { app, measured, NOW, ownedBy, SETTINGS, without } from './objects.ts';

const SCOPE = { namespaces: ['shop'] };

/** A clock that jumps when somebody sleeps. */
function jumpingClock(): Clock {
  let elapsed = 0;
  return {
    now: () => NOW + elapsed,
    monotonic: () => elapsed,
    sleep: async (ms) => {
      elapsed += ms;
    },
  };
}

/** A cluster that serves these objects and nothing else. */
function meterOf(objects: readonly KubeObject[]) {
  const all = WATCHED_KINDS.map(({ kind, group, plural, namespaced }) => ({
    kind,
    group,
    plural,
    namespaced,
    version: 'v1',
    apiVersion: group === '' ? 'v1' : `${group}/v1`,
    verbs: ['list'],
  }));
  const reader = {
    resources: async () => ({ all, failedGroups: [] }),
    listAll: async ({ resource }: { resource: { kind: string } }) => ({
      items: objects.filter((it) => it.kind === resource.kind),
    }),
  } as unknown as ClusterReader;
  return createSeverityMeter({ reader, settings: SETTINGS, clock: jumpingClock() });
}

const uidOf = (it: KubeObject) => it.metadata.uid ?? '';

/** Endpoints name the uid of their pod, as the endpoint slice controller writes them. */
function withUids(objects: readonly KubeObject[]): KubeObject[] {
  const uids = new Map(objects.map((it) => [it.metadata.name, uidOf(it)]));
  return objects.map((it) =>
    it.kind !== 'EndpointSlice'
      ? it
      : {
          ...it,
          endpoints: (it.endpoints as { targetRef: { name: string } }[]).map((endpoint) => ({
            ...endpoint,
            targetRef: { ...endpoint.targetRef, uid: uids.get(endpoint.targetRef.name) ?? '' },
          })) as Json,
        },
  );
}

/** The Deployment is deleted by orphaning: its ReplicaSet and pods are still there, and serve. */
const orphaned = withUids(without(app('catalog'), 'Deployment', 'catalog')).map((it) =>
  it.kind === 'ReplicaSet' ? { ...it, metadata: { ...it.metadata, ownerReferences: [] } } : it,
);
const left = orphaned.filter((it) => ['ReplicaSet', 'Pod'].includes(it.kind)).map(uidOf);
const NO_ENDPOINTS = 'service-endpoints|Service/shop/catalog|NoReadyEndpoints';

describe('objects that are treated as gone', () => {
  test('no longer serve, though the cluster still has them', async () => {
    const meter = meterOf(orphaned);
    expect((await meter.measure(SCOPE)).violations).toEqual([]);
    const { violations, coverage } = await meter.measure(SCOPE, undefined, left);
    expect(violations.map((it) => it.id)).toEqual([NO_ENDPOINTS]);
    expect(coverage.map((it) => it.id)).toEqual(['Service/shop/catalog']);
  });

  test('take with them what only they own', async () => {
    const replicaSet = uidOf(orphaned.find((it) => it.kind === 'ReplicaSet') as KubeObject);
    const owned = orphaned.map((it) =>
      it.kind === 'Pod'
        ? {
            ...it,
            metadata: {
              ...it.metadata,
              ownerReferences: [
                {
                  apiVersion: 'apps/v1',
                  kind: 'ReplicaSet',
                  name: 'catalog-5d9f',
                  uid: replicaSet,
                  controller: true,
                },
              ],
            },
          }
        : it,
    );
    const { violations } = await meterOf(owned).measure(SCOPE, undefined, [replicaSet]);
    expect(violations.map((it) => it.id)).toEqual([NO_ENDPOINTS]);
  });

  test('leave everything else as it is', async () => {
    const other = withUids(app('cart'));
    const { violations, coverage } = await meterOf([...orphaned, ...other]).measure(
      SCOPE,
      undefined,
      left,
    );
    expect(violations.map((it) => it.id)).toEqual([NO_ENDPOINTS]);
    expect(coverage.map((it) => it.id)).toContain('Deployment/shop/cart');
  });

  test('are not waited for, and settling judges the state without them', async () => {
    const young = orphaned.map((it) =>
      it.kind === 'Pod'
        ? {
            ...it,
            metadata: { ...it.metadata, ...ownedBy('ReplicaSet', 'catalog-5d9f') },
            status: { phase: 'Pending' },
          }
        : it,
    );
    const samples: number[] = [];
    const result = await meterOf(young).settle({
      scope: SCOPE,
      touched: [
        { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'catalog' },
        { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'catalog-5d9f-0' },
      ],
      settings: SETTINGS.settle,
      baseline: measured(app('catalog')),
      absent: left,
      onSample: ({ violations }) => samples.push(violations.length),
    });
    expect(result).toMatchObject({ kind: 'stable', ms: 30_000 });
    expect(result.measurement.violations.map((it) => it.id)).toEqual([NO_ENDPOINTS]);
    expect(new Set(samples)).toEqual(new Set([1]));
  });
});
