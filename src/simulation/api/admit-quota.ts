import { type JsonObject, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { NANO, parseQuantity } from '../../core/quantity.ts';
import { groupResource, type KindDefinition, kindNamed } from '../kinds.ts';
import { binary, decimal } from '../rules/quantity.ts';
import { countedResource, podResource, silentContainers } from '../rules/usage.ts';
import { forbidden } from './error.ts';
import type { Machine } from './machine.ts';

/** @throws ApiError 403 where an object would go beyond a ResourceQuota of its namespace. */
export function checkQuota(machine: Machine, kind: KindDefinition, object: KubeObject): void {
  const { namespace, name } = object.metadata;
  for (const quota of machine.store.list(kindNamed('ResourceQuota'), namespace)) {
    const hard = objectOf(objectOf(quota.spec).hard);
    const silent = kind.kind === 'Pod' ? unsaid(hard, objectOf(object.spec)) : [];
    const title = quota.metadata.name;
    if (silent.length > 0) {
      throw forbidden(kind, name, `failed quota: ${title}: must specify ${silent.join('; ')}`);
    }
    const used = usedOf(machine, quota);
    const over = Object.keys(hard).filter((key) => {
      const more = amountOf(key, kind, object);
      const limit = parseQuantity(String(hard[key])) ?? 0n;
      return more > 0n && (used.get(key) ?? 0n) + more > limit;
    });
    if (over.length === 0) continue;
    const text = (values: (key: string) => bigint) =>
      over.map((key) => `${key}=${quantityText(key, values(key))}`).join(',');
    const requested = text((key) => amountOf(key, kind, object));
    const present = text((key) => used.get(key) ?? 0n);
    const limited = over.map((key) => `${key}=${String(hard[key])}`).join(',');
    const why = `exceeded quota: ${title}, requested: ${requested}, used: ${present}, limited: ${limited}`;
    throw forbidden(kind, name, why);
  }
}

function unsaid(hard: JsonObject, spec: JsonObject): string[] {
  return Object.keys(hard)
    .sort()
    .flatMap((key) => {
      const counted = countedResource(key);
      if (counted === undefined) return [];
      const names = silentContainers(spec, counted.part, counted.name);
      return names.length > 0 ? [`${key} for: ${names.join(',')}`] : [];
    });
}

/** What of a quota's keys is used now, by all objects of its namespace. */
export function usedOf({ store }: Machine, quota: KubeObject): Map<string, bigint> {
  const { namespace } = quota.metadata;
  const used = new Map<string, bigint>();
  for (const key of Object.keys(objectOf(objectOf(quota.spec).hard))) {
    const kind = countedKind(key);
    const objects = kind === undefined ? [] : store.list(kind, namespace);
    const total = objects
      .filter((it) => !isOver(it))
      .reduce((sum, it) => sum + amountOf(key, kind, it), 0n);
    used.set(key, total);
  }
  return used;
}

/** A pod that has ended uses nothing. */
function isOver({ kind, status }: KubeObject): boolean {
  const { phase } = objectOf(status);
  return kind === 'Pod' && (phase === 'Succeeded' || phase === 'Failed');
}

const COUNTED = ['Pod', 'Service', 'ConfigMap', 'Secret', 'PersistentVolumeClaim'].map(kindNamed);

function countedKind(key: string): KindDefinition | undefined {
  if (countedResource(key) !== undefined) return kindNamed('Pod');
  const name = key.replace(/^count\//, '');
  const more = ['Deployment', 'ReplicaSet', 'StatefulSet', 'Job'].map(kindNamed);
  return [...COUNTED, ...more].find((it) => groupResource(it) === name);
}

function amountOf(key: string, kind: KindDefinition | undefined, object: KubeObject): bigint {
  const counted = countedResource(key);
  if (counted === undefined) return kind !== undefined && countedKind(key) === kind ? NANO : 0n;
  if (kind?.kind !== 'Pod') return 0n;
  return podResource(objectOf(object.spec), counted.part, counted.name);
}

export function quantityText(key: string, value: bigint): string {
  return key.endsWith('memory') || key.endsWith('storage') ? binary(value) : decimal(value);
}
