import { type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import { parseQuantity } from '../../core/quantity.ts';

/** A pod's requests or limits of one resource, in billionths: the containers' sum, or the largest init container. */
export function podResource(spec: JsonObject, part: 'requests' | 'limits', name: string): bigint {
  const of = (container: JsonObject): bigint => {
    const value = objectOf(objectOf(container.resources)[part])[name];
    return value === undefined ? 0n : (parseQuantity(String(value)) ?? 0n);
  };
  const sum = objectsOf(spec.containers).reduce((total, it) => total + of(it), 0n);
  const most = objectsOf(spec.initContainers).map(of);
  return [sum, ...most].reduce((a, b) => (a > b ? a : b));
}

/** Containers that say nothing of a resource that a quota counts. */
export function silentContainers(
  spec: JsonObject,
  part: 'requests' | 'limits',
  name: string,
): string[] {
  return [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)]
    .filter((it) => objectOf(objectOf(it.resources)[part])[name] === undefined)
    .map((it) => stringOf(it.name) ?? '');
}

/** What a quota's key counts of pods; undefined for a key that counts something else. */
export function countedResource(
  key: string,
): { readonly part: 'requests' | 'limits'; readonly name: string } | undefined {
  if (key === 'cpu' || key === 'memory') return { part: 'requests', name: key };
  const [part, name] = key.split('.', 2);
  if ((part !== 'requests' && part !== 'limits') || name === undefined) return undefined;
  return name === 'cpu' || name === 'memory' || name === 'ephemeral-storage'
    ? { part, name }
    : undefined;
}
