import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { deleteObject, deleteOptionsOf } from '../api/delete.ts';
import { notAllowed, notFound } from '../api/error.ts';
import type { Machine } from '../api/machine.ts';
import { patchObject } from '../api/patch.ts';
import { updateObject } from '../api/update.ts';
import type { KindDefinition } from '../kinds.ts';
import { tableOf } from '../tables/table.ts';
import { checkForce, isDryRun, writeOptions } from './options.ts';
import { json, metadataOf, type Reply, written } from './reply.ts';
import { objectBody, patchBody, patchKindOf, type Request } from './request.ts';
import type { Route } from './route.ts';

/** Kinds whose DELETE answers with the object, and not with a Status. */
const RETURNED = new Set([
  'Pod',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'ResourceQuota',
  'Service',
  'ServiceAccount',
]);

/** Answers a request for one object. @throws ApiError. */
export function serveOne(machine: Machine, route: Route, request: Request): Reply {
  const { kind, namespace, name = '' } = route;
  const { method, query, accept } = request;
  const target = { kind, namespace, name };
  if (method === 'GET') {
    const object = machine.store.get(kind, namespace, name);
    if (object === undefined) throw notFound(kind, name);
    if (accept.includes('as=Table')) {
      const { resourceVersion } = object.metadata;
      const include = query.get('includeObject') ?? 'Metadata';
      const now = machine.clock.now();
      return json(200, tableOf(kind, [object], { resourceVersion }, include, now));
    }
    const partial = accept.includes('as=PartialObjectMetadata');
    return json(200, partial ? metadataOf(object) : object);
  }
  if (method === 'DELETE') {
    const options = deleteOptionsOf(objectBody(request), isDryRun(kind, query));
    const grace = query.get('gracePeriodSeconds');
    const propagation = query.get('propagationPolicy') ?? options.propagation;
    const { object, gone } = deleteObject(machine, target, {
      ...options,
      ...(grace === null ? {} : { grace: Number(grace) }),
      propagation,
    });
    const answer = gone && !RETURNED.has(kind.kind) ? deletedStatus(kind, object) : object;
    return json(200, answer);
  }
  const options = writeOptions(kind, request);
  if (method === 'PUT') {
    return written(updateObject(machine, target, objectBody(request), options));
  }
  if (method === 'PATCH') {
    const type = patchKindOf(request);
    checkForce(type, request);
    return written(patchObject(machine, target, type, patchBody(request), options));
  }
  throw notAllowed();
}

function deletedStatus({ group, plural }: KindDefinition, { metadata }: KubeObject): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: metadata.name,
      ...(group === '' ? {} : { group }),
      kind: plural,
      uid: metadata.uid,
    },
  };
}
