import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../../../core/json.ts';
import { describeRef } from '../../../core/kube.ts';
import { stateOf } from '../state.ts';
import type { Relation, Surroundings } from './surroundings.ts';

/** Something a pod needs by name. */
interface PodReference {
  readonly kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim' | 'ServiceAccount';
  readonly name: string;
  /** Keys that have to be there. */
  readonly keys: ReadonlySet<string>;
  readonly optional: boolean;
}

/** Everything that a pod spec refers to by name. */
export function podReferences(spec: JsonObject): PodReference[] {
  const found = new Map<string, { -readonly [K in keyof PodReference]: PodReference[K] }>();
  const add = (
    kind: PodReference['kind'],
    source: JsonObject,
    key?: string,
    named = source.name,
  ) => {
    const name = stringOf(named);
    if (name === undefined || name === '') return;
    const optional = source.optional === true;
    const known = found.get(`${kind}/${name}`) ?? { kind, name, keys: new Set(), optional: true };
    const keys = new Set(known.keys);
    if (key !== undefined && !optional) keys.add(key);
    found.set(`${kind}/${name}`, { ...known, keys, optional: known.optional && optional });
  };
  for (const container of [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)]) {
    for (const source of objectsOf(container.envFrom)) {
      add('ConfigMap', objectOf(source.configMapRef));
      add('Secret', objectOf(source.secretRef));
    }
    for (const variable of objectsOf(container.env)) {
      const config = objectOf(at(variable, 'valueFrom', 'configMapKeyRef'));
      const secret = objectOf(at(variable, 'valueFrom', 'secretKeyRef'));
      add('ConfigMap', config, stringOf(config.key));
      add('Secret', secret, stringOf(secret.key));
    }
  }
  for (const volume of objectsOf(spec.volumes)) {
    for (const source of [volume, ...objectsOf(at(volume, 'projected', 'sources'))]) {
      addVolume(source, add);
    }
  }
  for (const secret of objectsOf(spec.imagePullSecrets)) add('Secret', secret);
  if (stringOf(spec.serviceAccountName) !== 'default')
    add('ServiceAccount', {}, undefined, spec.serviceAccountName);
  return [...found.values()];
}

function addVolume(
  source: JsonObject,
  add: (
    kind: PodReference['kind'],
    source: JsonObject,
    key?: string,
    named?: JsonObject[string],
  ) => void,
): void {
  const config = objectOf(source.configMap);
  const secret = objectOf(source.secret);
  const claim = objectOf(source.persistentVolumeClaim);
  const keys = (it: JsonObject) => objectsOf(it.items).map(({ key }) => stringOf(key));
  for (const key of [undefined, ...keys(config)]) add('ConfigMap', config, key);
  for (const key of [undefined, ...keys(secret)])
    add('Secret', secret, key, secret.secretName ?? secret.name);
  add('PersistentVolumeClaim', claim, undefined, claim.claimName);
}

/** The references with what became of them: a missing ConfigMap or key is often the whole story. */
export async function relatePodReferences(
  spec: JsonObject,
  namespace: string,
  around: Surroundings,
): Promise<Relation[]> {
  // A wrong pod can name hundreds; the first ones tell the story.
  const references = podReferences(spec).slice(0, 20);
  return Promise.all(
    references.map(async ({ kind, name, keys, optional }) => {
      const object = await around.get({ apiVersion: 'v1', kind, namespace }, name);
      const subject = { relation: 'refers to', object: describeRef({ kind, namespace, name }) };
      if (object === 'hidden') return { ...subject, state: 'not visible' };
      if (object === undefined)
        return { ...subject, state: optional ? 'missing, optional' : 'MISSING' };
      const there = { ...objectOf(object.data), ...objectOf(object.binaryData) };
      const lacking = [...keys].filter((key) => there[key] === undefined);
      const state = lacking.length > 0 ? `LACKS key ${lacking.join(', ')}` : stateOf(object);
      return { ...subject, ...(state ? { state } : {}) };
    }),
  );
}
