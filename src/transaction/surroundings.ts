import type { LiveObject, ObjectKey, ResourceInfo } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { groupKind } from '../undo/group-kind.ts';
import { TOKEN_TYPE } from '../undo/recreate.ts';
import type { Surroundings } from '../undo/surroundings.ts';
import { resolveFresh } from './live.ts';
import type { EngineParts } from './parts.ts';

type Look = (
  parts: EngineParts,
  object: KubeObject,
  options: { signal?: AbortSignal },
) => Promise<Surroundings>;

/** Reads what decides whether the delete of an object can be taken back. Changes nothing. */
export async function surroundingsOf(
  parts: EngineParts,
  key: ObjectKey,
  base: LiveObject,
  signal?: AbortSignal,
): Promise<Surroundings> {
  const look = LOOKS[groupKind(key.resource.apiVersion, key.resource.kind)];
  if (look === undefined) return {};
  try {
    return await look(parts, base.object, signal === undefined ? {} : { signal });
  } catch (error) {
    if (!(error instanceof StratusError) || !UNREADABLE.includes(error.code)) throw error;
    return { unread: `what depends on it could not be read (${error.message})` };
  }
}

const UNREADABLE: readonly string[] = ['forbidden', 'unknown_resource', 'cluster_error'];

const LOOKS: Readonly<Record<string, Look>> = {
  PersistentVolumeClaim: async (parts, claim, options) => {
    const { name, namespace = '' } = claim.metadata;
    const users = (await listOf(parts, 'pods', { namespace }, options)).filter((pod) =>
      claimsOf(pod).includes(name),
    );
    const volumeName = stringOf(at(claim, 'spec', 'volumeName'));
    const volume =
      volumeName === undefined ? undefined : await volumeOf(parts, volumeName, options);
    return { users: names(users), ...(volume === undefined ? {} : { volume }) };
  },
  ServiceAccount: async (parts, { metadata }, options) => {
    const { name, namespace = '' } = metadata;
    const fieldSelector = `type=${TOKEN_TYPE}`;
    const secrets = await listOf(parts, 'secrets', { namespace, fieldSelector }, options);
    const tokens = secrets.filter(
      (one) => one.metadata.annotations?.['kubernetes.io/service-account.name'] === name,
    );
    return { tokens: names(tokens) };
  },
  Node: async (parts, { metadata }, options) => {
    const fieldSelector = `spec.nodeName=${metadata.name}`;
    const pods = await listOf(parts, 'pods', { fieldSelector }, options);
    return { users: names(pods.filter((pod) => !staysWithNode(pod) && !hasEnded(pod))) };
  },
  'CustomResourceDefinition.apiextensions.k8s.io': async (parts, definition, options) => {
    const group = stringOf(at(definition, 'spec', 'group'));
    const plural = stringOf(at(definition, 'spec', 'names', 'plural'));
    const find = (all: readonly ResourceInfo[]) =>
      all.find((one) => one.group === group && one.plural === plural);
    const resource =
      find((await parts.reader.resources(options)).all) ??
      find((await parts.reader.resources({ ...options, fresh: true })).all);
    if (resource === undefined)
      return { unread: 'no version of it is served, so its objects can not be counted' };
    const { items } = await parts.reader.listAll({ resource, metadataOnly: true }, options);
    const held = items.filter(({ metadata: { finalizers } }) => {
      return Array.isArray(finalizers) && finalizers.length > 0;
    });
    return { instances: { count: items.length, held: names(held, resource.kind) } };
  },
};

async function listOf(
  parts: EngineParts,
  word: string,
  where: { namespace?: string; fieldSelector?: string },
  options: { signal?: AbortSignal },
): Promise<readonly KubeObject[]> {
  const resource = await resolveFresh(parts.reader, (all) => all.resolve(word), options.signal);
  return (await parts.reader.listAll({ resource, ...where }, options)).items;
}

async function volumeOf(
  parts: EngineParts,
  name: string,
  options: { signal?: AbortSignal },
): Promise<KubeObject | undefined> {
  const resource = await resolveFresh(
    parts.reader,
    (all) => all.resolveKind('v1', 'PersistentVolume'),
    options.signal,
  );
  return (await parts.reader.get({ resource, name }, options))?.object;
}

/** A claim stays in use until the pod has ended. */
function claimsOf(pod: KubeObject): string[] {
  if (hasEnded(pod)) return [];
  return objectsOf(at(pod, 'spec', 'volumes')).flatMap((volume) => {
    const name = stringOf(at(volume, 'persistentVolumeClaim', 'claimName'));
    if (name !== undefined) return [name];
    return volume.ephemeral === undefined ? [] : [`${pod.metadata.name}-${stringOf(volume.name)}`];
  });
}

function hasEnded(pod: KubeObject): boolean {
  const phase = at(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

function staysWithNode({ metadata }: KubeObject): boolean {
  return (
    metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined ||
    objectsOf(metadata.ownerReferences).some(({ kind }) => kind === 'DaemonSet')
  );
}

function names(objects: readonly KubeObject[], kind?: string): string[] {
  return objects.map((object) => `${kind ?? object.kind ?? 'Pod'}/${object.metadata.name}`);
}
