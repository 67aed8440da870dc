import { cloneJson, type JsonObject, objectOf } from '../../core/json.ts';
import type { KubeMetadata, KubeObject } from '../../core/kube.ts';
import { ignoredFor, updated } from '../fields/manage.ts';
import type { KindDefinition } from '../kinds.ts';
import { applyDefaults } from '../rules/defaults.ts';
import { skeletonOf, withSkeleton } from '../rules/skeleton.ts';
import { problemsOf } from '../rules/validate.ts';
import { admitCreate } from './admit.ts';
import { checkAddress, readObject } from './body.ts';
import { ApiError, alreadyExists, invalid } from './error.ts';
import type { Machine } from './machine.ts';
import { prepareCreate } from './prepare.ts';
import type { Target, WriteOptions, Written } from './types.ts';

/** POST of an object. @throws ApiError. */
export function createObject(
  machine: Machine,
  target: Target,
  body: JsonObject,
  options: WriteOptions,
): Written {
  const { kind } = target;
  const { object, warnings } = readObject(kind, body, options);
  checkAddress(target, object);
  if (object.metadata.resourceVersion) {
    // The API server answers this mistake without a reason.
    const why = 'resourceVersion should not be set on objects to be created';
    throw new ApiError(500, '', why);
  }
  const fresh = newObject(machine, target, object);
  const ignored = ignoredFor('', kind.subresources.includes('status'));
  const writer = {
    manager: options.manager,
    apiVersion: kind.apiVersion,
    subresource: '',
    time: machine.timestamp(),
  };
  const type = { kind: 'object', name: kind.schema } as const;
  const owned = updated(type, emptyObject(kind), asTyped(kind, fresh), writer, ignored);
  return { code: 201, object: store(machine, kind, owned, options), warnings };
}

/** An object that an apply creates: its fields have their owner already. */
export function createApplied(
  machine: Machine,
  target: Target,
  object: KubeObject,
  options: WriteOptions,
): KubeObject {
  const fresh = asTyped(target.kind, newObject(machine, target, object));
  const { managedFields } = object.metadata;
  const metadata = { ...fresh.metadata, ...(managedFields === undefined ? {} : { managedFields }) };
  return store(machine, target.kind, { ...fresh, metadata }, options);
}

/** What the server adds after the owners are known: addresses, selectors, what admission fills in. */
function store(
  machine: Machine,
  kind: KindDefinition,
  owned: KubeObject,
  options: WriteOptions,
): KubeObject {
  const draft = cloneJson(owned) as KubeObject;
  const { namespace, name } = draft.metadata;
  prepareCreate(machine, kind.kind, draft);
  admitCreate(machine, kind, draft);
  const problems = problemsOf(kind, draft, undefined);
  if (problems.length > 0) throw invalid(kind, name ?? '', problems);
  if (machine.store.get(kind, namespace, name) !== undefined) throw alreadyExists(kind, name);
  return options.dryRun ? draft : machine.store.put(kind, draft);
}

/** With the server's own metadata, defaults and preparation of its kind. */
function newObject(machine: Machine, target: Target, object: KubeObject): KubeObject {
  const { kind } = target;
  const draft = cloneJson(object) as KubeObject;
  const { metadata } = draft;
  const { generateName } = metadata;
  const name =
    metadata.name ||
    target.name ||
    (typeof generateName === 'string' ? `${generateName}${machine.suffix()}` : '');
  const kept: JsonObject = {};
  for (const field of ['generateName', 'labels', 'annotations', 'ownerReferences', 'finalizers']) {
    if (metadata[field] !== undefined) kept[field] = metadata[field];
  }
  const full: JsonObject = {
    name,
    ...kept,
    ...(kind.namespaced ? { namespace: target.namespace ?? '' } : {}),
    uid: machine.newId(),
    creationTimestamp: machine.timestamp(),
    ...(kind.counted ? { generation: 1 } : {}),
  };
  draft.metadata = full as KubeMetadata;
  if (kind.subresources.includes('status') && kind.kind !== 'Node') delete draft.status;
  applyDefaults(kind.kind, draft);
  return draft;
}

function asTyped(kind: KindDefinition, object: KubeObject): KubeObject {
  return withSkeleton(kind.kind, object) as KubeObject;
}

/** What an object of the kind is before anybody wrote to it. */
export function emptyObject(kind: KindDefinition): KubeObject {
  const skeleton = skeletonOf(kind.kind);
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    ...skeleton,
    metadata: objectOf(skeleton.metadata),
  } as KubeObject;
}
