import { arrayOf, type JsonObject, numberOf, objectOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { KindDefinition } from '../kinds.ts';
import { notFound, preconditionFailed } from './error.ts';
import type { Machine } from './machine.ts';
import type { Target } from './types.ts';

export interface DeleteOptions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  /** Seconds; the pod's own when absent. */
  readonly grace?: number | undefined;
  readonly propagation?: string | undefined;
  readonly dryRun: boolean;
}

export interface Deleted {
  readonly object: KubeObject;
  /** The object is gone, and doesn't just wait for its end. */
  readonly gone: boolean;
}

export function deleteOptionsOf(body: JsonObject, dryRun: boolean): DeleteOptions {
  const preconditions = objectOf(body.preconditions);
  const orphan = body.orphanDependents;
  const propagation =
    stringOf(body.propagationPolicy) ??
    (orphan === true ? 'Orphan' : orphan === false ? 'Background' : undefined);
  return {
    uid: stringOf(preconditions.uid),
    resourceVersion: stringOf(preconditions.resourceVersion),
    grace: numberOf(body.gracePeriodSeconds),
    propagation,
    dryRun: dryRun || arrayOf(body.dryRun).includes('All'),
  };
}

/** DELETE of one object. @throws ApiError. */
export function deleteObject(machine: Machine, target: Target, options: DeleteOptions): Deleted {
  const { kind, namespace, name } = target;
  const live = machine.store.get(kind, namespace, name);
  if (live === undefined) throw notFound(kind, name);
  check(kind, live, options);
  const grace = graceOf(kind, live, options.grace);
  const before = arrayOf(live.metadata.finalizers).map(String);
  const deleting = live.metadata.deletionTimestamp !== undefined;
  const finalizers = deleting ? before : withPropagation(before, options.propagation);
  const waits = grace > 0 || finalizers.length > 0 || kind.kind === 'Namespace';
  if (!waits) {
    if (options.dryRun) return { object: live, gone: true };
    const { finalizers: _finalizers, ...metadata } = live.metadata;
    const last = { ...live, metadata: { ...metadata, name } };
    return { object: machine.store.remove(kind, last), gone: true };
  }
  const known = numberOf(live.metadata.deletionGracePeriodSeconds) ?? 0;
  if (deleting && grace >= known) return { object: live, gone: false };
  const marked = mark(machine, kind, live, grace, finalizers);
  if (options.dryRun) return { object: marked, gone: false };
  return { object: machine.store.put(kind, marked), gone: false };
}

function check(kind: KindDefinition, live: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion, name } = live.metadata;
  if (options.uid !== undefined && options.uid !== uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw preconditionFailed(kind, name, why);
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw preconditionFailed(kind, name, why);
  }
}

/** Only a pod on a node is given time to end. */
function graceOf(kind: KindDefinition, live: KubeObject, wanted: number | undefined): number {
  if (kind.kind !== 'Pod') return 0;
  const spec = objectOf(live.spec);
  const phase = objectOf(live.status).phase;
  if (!spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  const grace = wanted ?? numberOf(spec.terminationGracePeriodSeconds) ?? 30;
  return Math.max(0, grace);
}

function withPropagation(finalizers: string[], propagation: string | undefined): string[] {
  if (propagation === undefined) return finalizers;
  const rest = finalizers.filter((it) => it !== 'orphan' && it !== 'foregroundDeletion');
  if (propagation === 'Orphan') return [...rest, 'orphan'];
  if (propagation === 'Foreground') return [...rest, 'foregroundDeletion'];
  return rest;
}

function mark(
  machine: Machine,
  kind: KindDefinition,
  live: KubeObject,
  grace: number,
  finalizers: string[],
): KubeObject {
  const at = new Date(machine.clock.now() + grace * 1000);
  const generation = numberOf(live.metadata.generation);
  const metadata = {
    ...live.metadata,
    deletionTimestamp: `${at.toISOString().slice(0, 19)}Z`,
    deletionGracePeriodSeconds: grace,
    ...(generation === undefined || live.metadata.deletionTimestamp !== undefined
      ? {}
      : { generation: generation + 1 }),
    ...(finalizers.length > 0 ? { finalizers } : {}),
  };
  const marked: KubeObject = { ...live, metadata };
  if (kind.kind !== 'Namespace') return marked;
  return { ...marked, status: { ...objectOf(live.status), phase: 'Terminating' } };
}
