import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { createObject } from '../api/create.ts';
import { deleteObject, deleteOptionsOf } from '../api/delete.ts';
import { notAllowed, notSimulated } from '../api/error.ts';
import type { Machine } from '../api/machine.ts';
import type { KindDefinition } from '../kinds.ts';
import { tableOf } from '../tables/table.ts';
import { listPage } from './list.ts';
import { isDryRun, isTrue, writeOptions } from './options.ts';
import { json, metadataOf, type Reply, written } from './reply.ts';
import { objectBody, type Request } from './request.ts';
import type { Route } from './route.ts';
import { testOf } from './select.ts';
import { watchReply } from './watch.ts';

/** Answers a request for a collection. @throws ApiError. */
export function serveCollection(machine: Machine, route: Route, request: Request): Reply {
  const { kind } = route;
  const { method, query } = request;
  if (method === 'GET' && isTrue(query.get('watch'))) {
    if (request.accept.includes('as=Table')) throw notSimulated('a watch of tables');
    const partial = request.accept.includes('as=PartialObjectMetadata');
    return watchReply(machine, route, query, partial);
  }
  if (method === 'GET') return sendPage(machine, route, request);
  if (method === 'POST') {
    if (kind.namespaced && route.namespace === undefined) throw notAllowed();
    const target = { kind, namespace: route.namespace, name: '' };
    const options = writeOptions(kind, request);
    return written(createObject(machine, target, objectBody(request), options));
  }
  if (method === 'DELETE' && kind.verbs.includes('deletecollection')) {
    const options = deleteOptionsOf(objectBody(request), isDryRun(kind, query));
    const test = testOf(kind, query);
    const found = machine.store.list(kind, route.namespace).filter(test);
    const gone = found.map(
      (it) =>
        deleteObject(
          machine,
          { kind, namespace: it.metadata.namespace, name: it.metadata.name },
          options,
        ).object,
    );
    return json(200, listOf(kind, gone, {}));
  }
  throw notAllowed();
}

function sendPage(machine: Machine, route: Route, { query, accept }: Request): Reply {
  const { kind } = route;
  const { items, metadata } = listPage(machine, route, query);
  if (accept.includes('as=Table')) {
    const include = query.get('includeObject') ?? 'Metadata';
    const now = machine.clock.now();
    return json(200, tableOf(kind, items, metadata, include, now));
  }
  if (accept.includes('as=PartialObjectMetadataList')) {
    return json(200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map(metadataOf),
    });
  }
  return json(200, listOf(kind, items, metadata));
}

function listOf(
  kind: KindDefinition,
  items: readonly KubeObject[],
  metadata: JsonObject,
): JsonObject {
  return {
    kind: `${kind.kind}List`,
    apiVersion: kind.apiVersion,
    metadata,
    items: items.map(({ kind: _kind, apiVersion: _version, ...rest }) => rest),
  };
}
