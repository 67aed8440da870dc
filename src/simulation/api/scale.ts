import { type Json, type JsonObject, numberOf, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { decode, WrongType } from '../rules/decode.ts';
import { badRequest, conflict, notFound, notSimulated } from './error.ts';
import type { Machine } from './machine.ts';
import { type PatchKind, patched } from './patch.ts';
import type { Target, WriteOptions, Written } from './types.ts';
import { checkPreconditions, replaceLive } from './update.ts';

/** GET of a Scale. @throws ApiError 404. */
export function readScale(machine: Machine, target: Target): KubeObject {
  const { kind, namespace, name } = target;
  const live = machine.store.get(kind, namespace, name);
  if (live === undefined) throw notFound(kind, name);
  return scaleOf(live);
}

/** PUT or PATCH of a Scale. @throws ApiError. */
export function writeScale(
  machine: Machine,
  target: Target,
  body: Json,
  type: PatchKind | undefined,
  options: WriteOptions,
): Written {
  const { kind, namespace, name } = target;
  const live = machine.store.get(kind, namespace, name);
  if (live === undefined) throw notFound(kind, name);
  if (type === 'apply') throw notSimulated('server-side apply of a scale');
  const before = scaleOf(live);
  const raw = type === undefined ? objectOf(body) : patched(target, type, before, body, 'Scale');
  const wanted = decoded(raw, options);
  checkPreconditions(kind, live, { metadata: objectOf(wanted.metadata) });
  if (type === undefined && objectOf(wanted.metadata).name !== name) {
    throw conflict(kind, name, `the name of the object does not match the name on the URL`);
  }
  const replicas = numberOf(objectOf(wanted.spec).replicas) ?? 0;
  const next: KubeObject = { ...live, spec: { ...objectOf(live.spec), replicas } };
  const object = replaceLive(machine, kind, live, next, { ...options, subresource: 'scale' });
  return { code: 200, object: scaleOf(object), warnings: [] };
}

function decoded(raw: JsonObject, { validation }: WriteOptions): JsonObject {
  try {
    const { value, unknown } = decode('Scale', raw);
    if (unknown.length > 0 && validation === 'Strict') {
      const fields = unknown.map((path) => `unknown field "${path}"`).join(', ');
      throw badRequest(
        `Scale in version "v1" cannot be handled as a Scale: strict decoding error: ${fields}`,
      );
    }
    return value;
  } catch (error) {
    if (error instanceof WrongType) throw badRequest(error.message);
    throw error;
  }
}

function scaleOf(live: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = live.metadata;
  const [spec, status] = [objectOf(live.spec), objectOf(live.status)];
  const replicas = numberOf(spec.replicas) ?? 0;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      creationTimestamp,
    },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberOf(status.replicas) ?? 0,
      selector: Object.entries(objectOf(objectOf(spec.selector).matchLabels))
        .map(([key, value]) => `${key}=${String(value)}`)
        .sort()
        .join(','),
    },
  };
}
