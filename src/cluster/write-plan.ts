import { StratusError } from '../core/errors.ts';
import { at, isObject, type Json, parseJson, stringifyJson } from '../core/json.ts';
import { collectionPath, objectPath, queryString } from './paths.ts';
import type { Mutation } from './transport.ts';
import type { PatchType, SendOptions, WriteRequest } from './types.ts';

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  // JSON is YAML.
  apply: 'application/apply-patch+yaml',
};

/**
 * The HTTP request of a write. A DELETE with a body ignores its query, `dryRun=All` included, so
 * everything about a delete stands in its body and it has no query.
 * @throws StratusError internal for a request that must not be sent: it can't name its object
 * exactly, or lacks the preconditions it owes.
 */
export function writePlan(
  request: WriteRequest,
  options: SendOptions,
  dryRun: boolean,
): Omit<Mutation, 'what'> {
  const { auditId, fieldManager } = options;
  if (request.verb === 'delete') {
    return {
      method: 'DELETE',
      path: objectPath(request.key),
      contentType: 'application/json',
      body: deleteOptions(request, dryRun),
      auditId,
    };
  }
  if (request.verb === 'evict') {
    return {
      method: 'POST',
      path:
        objectPath(request.key, 'eviction') +
        queryString({ fieldManager, dryRun: dryRun ? 'All' : undefined }),
      contentType: 'application/json',
      body: eviction(request, dryRun),
      auditId,
    };
  }
  const query = queryString({
    fieldManager,
    fieldValidation: 'Strict',
    dryRun: dryRun ? 'All' : undefined,
    force:
      request.verb === 'patch' && request.patchType === 'apply' && request.force === true
        ? true
        : undefined,
  });
  const { body } = request;
  switch (request.verb) {
    case 'create': {
      checkIdentity(request, bodyOf(request));
      const { resource, namespace } = request.key;
      // Refuses what the collection's URL can't show: a bad name, a missing namespace.
      objectPath(request.key);
      const path = collectionPath(resource, namespace) + query;
      return { method: 'POST', path, contentType: 'application/json', body, auditId };
    }
    case 'replace': {
      const object = bodyOf(request);
      // A subresource has a kind of its own (Scale).
      if (request.subresource === undefined) checkIdentity(request, object);
      // What is only rehearsed stores nothing: there a controller's write in between needn't count.
      for (const field of dryRun ? ['uid'] : ['uid', 'resourceVersion']) {
        if (!at(object, 'metadata', field)) {
          throw refused(request, `a replace needs metadata.${field} as its precondition`);
        }
      }
      const path = objectPath(request.key, request.subresource) + query;
      return { method: 'PUT', path, contentType: 'application/json', body, auditId };
    }
    case 'patch': {
      if (request.force && request.patchType !== 'apply') {
        throw refused(request, 'only server-side apply can be forced');
      }
      if (request.patchType === 'apply' && request.subresource === undefined) {
        checkIdentity(request, bodyOf(request));
      }
      const path = objectPath(request.key, request.subresource) + query;
      const contentType = PATCH_TYPES[request.patchType];
      return { method: 'PATCH', path, contentType, body, auditId };
    }
  }
}

function deleteOptions(
  request: Extract<WriteRequest, { verb: 'delete' }>,
  dryRun: boolean,
): string {
  return stringifyJson({
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: preconditionsOf(request),
    propagationPolicy: request.propagationPolicy,
    ...(dryRun ? { dryRun: ['All'] } : {}),
  });
}

/** The dry run stands in the body as well as in the query: either alone keeps the pod. */
function eviction(request: Extract<WriteRequest, { verb: 'evict' }>, dryRun: boolean): string {
  const { key, gracePeriodSeconds } = request;
  if (key.resource.kind !== 'Pod' || key.resource.group !== '') {
    throw refused(request, 'only pods can be evicted');
  }
  return stringifyJson({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: key.name, namespace: key.namespace ?? '' },
    deleteOptions: {
      preconditions: preconditionsOf(request),
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(dryRun ? { dryRun: ['All'] } : {}),
    },
  });
}

function preconditionsOf(request: Extract<WriteRequest, { verb: 'delete' | 'evict' }>) {
  const { uid, resourceVersion } = request.preconditions;
  if (!uid || !resourceVersion) {
    throw refused(request, 'needs uid and resourceVersion as its preconditions');
  }
  return { uid, resourceVersion };
}

function bodyOf(request: Exclude<WriteRequest, { verb: 'delete' | 'evict' }>): Json {
  let body: Json;
  try {
    body = parseJson(request.body);
  } catch {
    throw refused(request, 'its body is not JSON');
  }
  if (!isObject(body)) throw refused(request, 'its body is not a JSON object');
  return body;
}

/** What is decided about (the key) and what is sent (the body) must be the same object. */
function checkIdentity(request: WriteRequest, body: Json): void {
  const { resource, namespace, name } = request.key;
  const pairs: [string, Json | undefined, string | undefined][] = [
    ['apiVersion', at(body, 'apiVersion'), resource.apiVersion],
    ['kind', at(body, 'kind'), resource.kind],
    ['metadata.name', at(body, 'metadata', 'name'), name],
  ];
  const bodyNamespace = at(body, 'metadata', 'namespace');
  if (resource.namespaced && bodyNamespace !== undefined) {
    pairs.push(['metadata.namespace', bodyNamespace, namespace]);
  }
  for (const [field, inBody, inKey] of pairs) {
    if (inBody !== inKey) {
      throw refused(request, `its body has ${field} ${JSON.stringify(inBody)}, not "${inKey}"`);
    }
  }
}

function refused(request: WriteRequest, why: string): StratusError {
  const { resource, name } = request.key;
  return new StratusError('internal', `A ${request.verb} of ${resource.kind} ${name}: ${why}.`);
}
