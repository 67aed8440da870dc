import { expect, test } from 'vitest';
import type { LiveObject } from '../../src/cluster/types.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type Lookup, missingNeeds } from '../../src/transaction/needs.ts';

const there = (data: JsonObject, metadata: JsonObject = {}) =>
  ({ object: { data, metadata } }) as unknown as LiveObject;

/** ConfigMap and Secret `full` hold `a`; the claim `data` is there, `going` is being deleted. */
const look: Lookup = async (kind, name) => {
  if (name === 'hidden') return 'unread';
  if (kind === 'PersistentVolumeClaim') {
    if (name === 'going') return there({}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    return name === 'data' ? there({}) : undefined;
  }
  return name === 'full' ? there({ a: '1' }) : undefined;
};

const env = (reference: JsonObject): JsonObject => ({
  containers: [{ env: [{ name: 'X', valueFrom: reference }] }],
});
const volume = (source: JsonObject): JsonObject => ({ volumes: [{ name: 'v', ...source }] });

test.each<[JsonObject, string | undefined]>([
  [{}, undefined],
  [env({ configMapKeyRef: { name: 'full', key: 'a' } }), undefined],
  [env({ configMapKeyRef: { name: 'full', key: 'b' } }), 'ConfigMap full has no key b'],
  [env({ configMapKeyRef: { name: 'full', key: 'b', optional: true } }), undefined],
  [env({ secretKeyRef: { name: 'none', key: 'a' } }), 'Secret none does not exist'],
  [env({ secretKeyRef: { name: 'hidden', key: 'a' } }), undefined],
  [env({ fieldRef: { fieldPath: 'metadata.name' } }), undefined],
  [
    { initContainers: [{ envFrom: [{ secretRef: { name: 'none' } }] }] },
    'Secret none does not exist',
  ],
  [{ containers: [{ envFrom: [{ configMapRef: { name: 'none', optional: true } }] }] }, undefined],
  [volume({ configMap: { name: 'full', items: [{ key: 'b' }] } }), 'ConfigMap full has no key b'],
  [volume({ secret: { secretName: 'none' } }), 'Secret none does not exist'],
  [
    volume({ projected: { sources: [{ configMap: { name: 'none' } }] } }),
    'ConfigMap none does not exist',
  ],
  [volume({ persistentVolumeClaim: { claimName: 'data' } }), undefined],
  [
    volume({ persistentVolumeClaim: { claimName: 'none' } }),
    'PersistentVolumeClaim none does not exist',
  ],
  [
    volume({ persistentVolumeClaim: { claimName: 'going' } }),
    'PersistentVolumeClaim going is being deleted',
  ],
  [volume({ emptyDir: {} }), undefined],
])('what a pod of %j misses is %s', async (spec, missing) => {
  expect(await missingNeeds(spec, look)).toBe(missing);
});
