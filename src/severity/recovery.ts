import type { ObjectRef } from '../core/kube.ts';
import type { Measurement, Violation } from './types.ts';

/** Kinds whose violations concern themselves and their family, nothing else in the namespace. */
const FAMILY = [
  'Pod',
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
];

/**
 * Violations of `now` that are new or have risen in value against `before` and that the touched
 * objects may have caused: after an undo they say that it left something worse, while unrelated drift
 * doesn't. A workload answers for itself and its family (its owner, what it made); any other kind (a
 * ConfigMap, a Service, a quota, a custom resource) for its namespace; a cluster-scoped object for
 * everything. Pure. Unknowns aren't looked at: the caller has to refuse to conclude from them.
 */
export function worseForTouched(
  before: Measurement,
  now: Measurement,
  touched: readonly ObjectRef[],
): readonly Violation[] {
  const values = new Map(before.violations.map((it) => [it.id, it.value]));
  return now.violations.filter(
    (it) => it.value > (values.get(it.id) ?? 0) && touched.some((ref) => concerns(ref, it)),
  );
}

function concerns(ref: ObjectRef, { object }: Violation): boolean {
  if (ref.namespace === undefined) return true;
  if (ref.namespace !== object.namespace) return false;
  if (!FAMILY.includes(ref.kind)) return true;
  if (!FAMILY.includes(object.kind)) return false;
  if (ref.kind === object.kind) return ref.name === object.name;
  return isMadeBy(ref.name, object.name) || isMadeBy(object.name, ref.name);
}

/** Controllers cut the stem of a name they generate here and add five characters (63 in all). */
const STEM_LENGTH = 58;

/** A measurement knows no owners, but `catalog-5d9f-x2x` was made by `catalog-5d9f`, by `catalog`. */
function isMadeBy(child: string, parent: string): boolean {
  if (parent.length >= STEM_LENGTH) return child.startsWith(parent.slice(0, STEM_LENGTH));
  return child.startsWith(parent) && /^(-[a-z0-9]+){1,2}$/.test(child.slice(parent.length));
}
