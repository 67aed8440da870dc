import { cloneJson, equalJson, type JsonObject, objectOf } from '../../core/json.ts';
import type { KubeMetadata, KubeObject } from '../../core/kube.ts';
import { ignoredFor, updated } from '../fields/manage.ts';
import type { KindDefinition, Subresource } from '../kinds.ts';
import { applyDefaults } from '../rules/defaults.ts';
import { withSkeleton } from '../rules/skeleton.ts';
import { problemsOf } from '../rules/validate.ts';
import { admitUpdate } from './admit.ts';
import { checkAddress, readObject } from './body.ts';
import { conflict, invalid, MODIFIED, notFound } from './error.ts';
import type { Machine } from './machine.ts';
import { address } from './prepare.ts';
import type { Target, WriteOptions, Written } from './types.ts';

/** PUT of an object or of its status. @throws ApiError. */
export function updateObject(
  machine: Machine,
  target: Target,
  body: JsonObject,
  options: WriteOptions,
): Written {
  const { kind, namespace, name } = target;
  const live = machine.store.get(kind, namespace, name);
  if (live === undefined) throw notFound(kind, name);
  const { object, warnings } = readObject(kind, body, options);
  checkAddress(target, object);
  const next = replaceLive(machine, kind, live, object, options);
  return { code: 200, object: next, warnings };
}

/** Fields that the server alone writes. */
const SERVER_METADATA = [
  'uid',
  'creationTimestamp',
  'generation',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'namespace',
  'name',
  'generateName',
] as const;

/**
 * Puts an object in the place of the live one, as far as the request may: what belongs to the server
 * or to another subresource stays. `owners` are given by an apply, which knows them.
 */
export function replaceLive(
  machine: Machine,
  kind: KindDefinition,
  live: KubeObject,
  wanted: KubeObject,
  options: WriteOptions,
  applied = false,
): KubeObject {
  const { name } = live.metadata;
  checkPreconditions(kind, live, wanted);
  const { subresource } = options;
  const draft = cloneJson(wanted) as KubeObject;
  keepServerMetadata(draft, live);
  keepOther(kind, draft, live, subresource);
  applyDefaults(kind.kind, draft);
  const typed = withSkeleton(kind.kind, draft) as KubeObject;
  if (kind.kind === 'Service' && subresource === undefined) keepAddress(machine, typed, live);
  admitUpdate(machine, kind, typed, live);
  if (kind.counted && subresource !== 'status' && changedSpec(kind.kind, typed, live)) {
    typed.metadata.generation = Number(live.metadata.generation ?? 0) + 1;
  }
  const problems = problemsOf(kind, typed, live);
  if (problems.length > 0) throw invalid(kind, name, problems);
  const type = { kind: 'object', name: kind.schema } as const;
  const writer = {
    manager: options.manager,
    apiVersion: kind.apiVersion,
    subresource: subresource ?? '',
    time: subresource === 'scale' ? undefined : machine.timestamp(),
  };
  const ignored = ignoredFor(subresource ?? '', kind.subresources.includes('status'));
  const next = applied ? typed : updated(type, live, typed, writer, ignored);
  const same = equalJson(comparable(next), comparable(live));
  if (same) return live;
  if (options.dryRun) return withVersion(next, live);
  if (isGone(next)) return machine.store.remove(kind, next);
  return machine.store.put(kind, next);
}

/** @throws ApiError 409 where the request names another version or another object. */
export function checkPreconditions(
  kind: KindDefinition,
  live: KubeObject,
  wanted: { readonly metadata: JsonObject },
): void {
  const { uid, resourceVersion } = wanted.metadata;
  const { name } = live.metadata;
  if (uid && uid !== live.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${String(uid)}, UID in object meta: ${live.metadata.uid}`;
    throw conflict(kind, name, why);
  }
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(kind, name, MODIFIED);
  }
}

function keepServerMetadata(draft: KubeObject, live: KubeObject): void {
  const metadata: JsonObject = { ...draft.metadata };
  for (const field of SERVER_METADATA) {
    if (live.metadata[field] === undefined) delete metadata[field];
    else metadata[field] = live.metadata[field];
  }
  draft.metadata = metadata as KubeMetadata;
}

/** A status write leaves the spec alone, and any other leaves the status. */
function keepOther(
  kind: KindDefinition,
  draft: KubeObject,
  live: KubeObject,
  subresource: Subresource | undefined,
): void {
  const keep = (field: string) => {
    if (live[field] === undefined) delete draft[field];
    else draft[field] = live[field];
  };
  if (subresource === 'status') {
    for (const field of Object.keys({ ...draft, ...live })) {
      if (!['apiVersion', 'kind', 'metadata', 'status'].includes(field)) keep(field);
    }
    const { annotations, managedFields, resourceVersion } = draft.metadata;
    const kept = kind.kind === 'Node' || kind.kind === 'Pod' ? draft.metadata : live.metadata;
    draft.metadata = {
      ...kept,
      ...(annotations === undefined ? {} : { annotations }),
      ...(managedFields === undefined ? {} : { managedFields }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    return;
  }
  if (kind.subresources.includes('status')) keep('status');
}

/** A Service keeps its address while it may have one. */
function keepAddress(machine: Machine, draft: KubeObject, live: KubeObject): void {
  const [spec, was] = [objectOf(draft.spec), objectOf(live.spec)];
  if (spec.type === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      delete spec[field];
    }
    return;
  }
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
    if (was[field] !== undefined) spec[field] ??= was[field];
  }
  address(machine, spec);
}

function changedSpec(kind: string, next: KubeObject, live: KubeObject): boolean {
  if (kind !== 'EndpointSlice' && kind !== 'PriorityClass') {
    return !equalJson(next.spec, live.spec);
  }
  const rest = ({ metadata, ...fields }: KubeObject): JsonObject => ({
    ...fields,
    labels: metadata.labels,
  });
  return !equalJson(rest(next), rest(live));
}

/** Everything but the version and the times of owners: a write that changes nothing else is none. */
function comparable(object: KubeObject): JsonObject {
  const { resourceVersion: _version, managedFields, ...metadata } = object.metadata;
  const owners = Array.isArray(managedFields)
    ? managedFields.map((entry) => ({ ...objectOf(entry), time: undefined }))
    : [];
  return { ...object, metadata: { ...metadata, managedFields: owners } };
}

function withVersion(next: KubeObject, live: KubeObject): KubeObject {
  const { resourceVersion } = live.metadata;
  if (resourceVersion === undefined) return next;
  return { ...next, metadata: { ...next.metadata, resourceVersion } };
}

/** Being deleted, and nothing holds it any more. */
function isGone({ metadata }: KubeObject): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  const held = Array.isArray(metadata.finalizers) && metadata.finalizers.length > 0;
  return !held && Number(metadata.deletionGracePeriodSeconds ?? 0) === 0;
}
