import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../../../core/json.ts';
import { describeRef, type KubeObject } from '../../../core/kube.ts';
import { stateOf } from '../state.ts';
import type { Relation, Surroundings } from './surroundings.ts';

/** Something a pod needs by name. */
export interface PodReference {
  readonly kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim' | 'ServiceAccount';
  readonly name: string;
  /** Keys that have to be there. */
  readonly keys: ReadonlySet<string>;
  readonly optional: boolean;
  /** `main: env DB_PASSWORD from password`, `volume data at /var/lib/db in main`. */
  readonly how: readonly string[];
}

interface Use {
  readonly how: string;
  readonly key?: string | undefined;
  /** The name, where it isn't in the field `name`. */
  readonly named?: JsonObject[string];
}
type Add = (kind: PodReference['kind'], source: JsonObject, use: Use) => void;

/** The pod spec of a pod or of what makes pods; empty for anything else. */
export function podSpecOf(object: KubeObject): JsonObject {
  if (object.kind === 'Pod') return objectOf(object.spec);
  return objectOf(at(podTemplateOf(object), 'spec'));
}

/** The pod template of a workload, also of a CronJob. */
export function podTemplateOf(object: KubeObject): JsonObject {
  const spec = objectOf(object.spec);
  return objectOf(at(spec, 'jobTemplate', 'spec', 'template') ?? spec.template);
}

/** Everything that a pod spec refers to by name. */
export function podReferences(spec: JsonObject): PodReference[] {
  const found = new Map<string, PodReference>();
  const add: Add = (kind, source, { how, key, named = source.name }) => {
    const name = stringOf(named);
    if (name === undefined || name === '') return;
    const optional = source.optional === true;
    const known = found.get(`${kind}/${name}`);
    const keys = new Set(known?.keys);
    if (key !== undefined && !optional) keys.add(key);
    found.set(`${kind}/${name}`, {
      kind,
      name,
      keys,
      optional: optional && (known?.optional ?? true),
      how: [...new Set([...(known?.how ?? []), how])],
    });
  };
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)];
  for (const container of containers) addVariables(container, add);
  for (const volume of objectsOf(spec.volumes)) {
    const how = mountsOf(volume, containers);
    for (const source of [volume, ...objectsOf(at(volume, 'projected', 'sources'))]) {
      addVolume(source, how, add);
    }
  }
  for (const secret of objectsOf(spec.imagePullSecrets)) {
    add('Secret', secret, { how: 'imagePullSecret' });
  }
  const account = spec.serviceAccountName;
  if (account !== 'default') {
    add('ServiceAccount', {}, { how: 'serviceAccountName', named: account });
  }
  return [...found.values()];
}

function addVariables(container: JsonObject, add: Add): void {
  for (const source of objectsOf(container.envFrom)) {
    const prefix = stringOf(source.prefix);
    const how = `${container.name}: envFrom${prefix ? ` with prefix ${prefix}` : ''}`;
    add('ConfigMap', objectOf(source.configMapRef), { how });
    add('Secret', objectOf(source.secretRef), { how });
  }
  for (const variable of objectsOf(container.env)) {
    for (const [kind, field] of [
      ['ConfigMap', 'configMapKeyRef'],
      ['Secret', 'secretKeyRef'],
    ] as const) {
      const source = objectOf(at(variable, 'valueFrom', field));
      const how = `${container.name}: env ${variable.name} from ${source.key}`;
      add(kind, source, { how, key: stringOf(source.key) });
    }
  }
}

function mountsOf(volume: JsonObject, containers: readonly JsonObject[]): string {
  const mounts = containers.flatMap((container) =>
    objectsOf(container.volumeMounts)
      .filter((mount) => mount.name === volume.name)
      .map((mount) => `at ${mount.mountPath} in ${container.name}`),
  );
  return [`volume ${volume.name}`, mounts.join(', ') || 'not mounted'].join(' ');
}

function addVolume(source: JsonObject, how: string, add: Add): void {
  const config = objectOf(source.configMap);
  const secret = objectOf(source.secret);
  const claim = objectOf(source.persistentVolumeClaim);
  const keys = (it: JsonObject) => objectsOf(it.items).map(({ key }) => stringOf(key));
  for (const key of [undefined, ...keys(config)]) add('ConfigMap', config, { how, key });
  for (const key of [undefined, ...keys(secret)]) {
    add('Secret', secret, { how, key, named: secret.secretName ?? secret.name });
  }
  add('PersistentVolumeClaim', claim, { how, named: claim.claimName });
  const published = objectOf(at(source, 'csi', 'nodePublishSecretRef'));
  add('Secret', published, { how });
}

/** The keys that a reference needs and the object doesn't have. */
export function lackingKeys(keys: ReadonlySet<string>, object: KubeObject): string[] {
  const there = { ...objectOf(object.data), ...objectOf(object.binaryData) };
  return [...keys].filter((key) => there[key] === undefined);
}

/** The reference with what became of it: a missing ConfigMap or key is often the whole story. */
export async function relateReference(
  { kind, name, keys, optional }: PodReference,
  namespace: string,
  around: Surroundings,
): Promise<Relation> {
  const object = await around.get({ apiVersion: 'v1', kind, namespace }, name);
  const subject = { relation: 'refers to', object: describeRef({ kind, namespace, name }) };
  if (object === 'hidden') return { ...subject, state: 'not visible' };
  if (object === undefined)
    return { ...subject, state: optional ? 'missing, optional' : 'MISSING' };
  const lacking = lackingKeys(keys, object);
  const state = lacking.length > 0 ? `LACKS key ${lacking.join(', ')}` : stateOf(object);
  return { ...subject, ...(state ? { state } : {}) };
}

/** The first references of a pod spec, each with its state. */
export async function relatePodReferences(
  spec: JsonObject,
  namespace: string,
  around: Surroundings,
): Promise<Relation[]> {
  // A wrong pod can name hundreds; the first ones tell the story.
  const references = podReferences(spec).slice(0, 20);
  return Promise.all(references.map((it) => relateReference(it, namespace, around)));
}
