import type { LiveObject } from '../cluster/types.ts';
import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../core/json.ts';

type Kind = 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim';

/** An object of its namespace that a pod can't start without. */
interface Need {
  readonly kind: Kind;
  readonly name: string;
  /** Keys that have to be in it. */
  readonly keys: readonly string[];
}

export type Lookup = (kind: Kind, name: string) => Promise<LiveObject | undefined | 'unread'>;

/** The first thing that a pod of this spec needs and that isn't there; what can't be read counts as there. */
export async function missingNeeds(spec: JsonObject, look: Lookup): Promise<string | undefined> {
  const needs = [...volumeNeeds(spec), ...environmentNeeds(spec)];
  const found = await Promise.all(
    needs.map(async (need) => problemOf(need, await look(need.kind, need.name))),
  );
  return found.find((it) => it !== undefined);
}

function problemOf(
  { kind, name, keys }: Need,
  live: LiveObject | undefined | 'unread',
): string | undefined {
  if (live === 'unread') return undefined;
  if (live === undefined) return `${kind} ${name} does not exist`;
  if (live.object.metadata.deletionTimestamp !== undefined)
    return `${kind} ${name} is being deleted`;
  const held = ['data', 'binaryData', 'stringData'].flatMap((field) =>
    Object.keys(objectOf(at(live.object, field))),
  );
  const missing = keys.find((key) => !held.includes(key));
  return missing === undefined ? undefined : `${kind} ${name} has no key ${missing}`;
}

function volumeNeeds(spec: JsonObject): Need[] {
  return objectsOf(spec.volumes).flatMap((volume): Need[] => {
    const claim = stringOf(at(volume, 'persistentVolumeClaim', 'claimName'));
    if (claim !== undefined) return [{ kind: 'PersistentVolumeClaim', name: claim, keys: [] }];
    return [volume, ...objectsOf(at(volume, 'projected', 'sources'))].flatMap((source) => [
      ...files('ConfigMap', at(source, 'configMap')),
      ...files('Secret', at(source, 'secret')),
    ]);
  });
}

function files(kind: Kind, value: unknown): Need[] {
  const source = objectOf(value as JsonObject);
  const name = stringOf(source.name) ?? stringOf(source.secretName);
  if (name === undefined || source.optional === true) return [];
  return [{ kind, name, keys: objectsOf(source.items).flatMap((it) => stringOf(it.key) ?? []) }];
}

function environmentNeeds(spec: JsonObject): Need[] {
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)];
  return containers.flatMap((container) => [
    ...objectsOf(container.envFrom).flatMap((source) => [
      ...reference('ConfigMap', at(source, 'configMapRef')),
      ...reference('Secret', at(source, 'secretRef')),
    ]),
    ...objectsOf(container.env).flatMap((variable) => [
      ...reference('ConfigMap', at(variable, 'valueFrom', 'configMapKeyRef')),
      ...reference('Secret', at(variable, 'valueFrom', 'secretKeyRef')),
    ]),
  ]);
}

function reference(kind: Kind, value: unknown): Need[] {
  const { name, key, optional } = objectOf(value as JsonObject);
  const named = stringOf(name);
  if (named === undefined || optional === true) return [];
  const wanted = stringOf(key);
  return [{ kind, name: named, keys: wanted === undefined ? [] : [wanted] }];
}
