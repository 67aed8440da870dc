import type { ObjectKey } from '../cluster/types.ts';
import type { ObjectRef } from '../core/kube.ts';
import type { StepRow } from '../journal/types.ts';

/** How answers name an object that is addressed by its URL. */
export function refOfKey({ resource, namespace, name }: ObjectKey): ObjectRef {
  const { apiVersion, kind } = resource;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** How answers name the object of a journaled step. */
export function refOfStep({ apiVersion, kind, name, namespace }: StepRow): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === null ? {} : { namespace }) };
}
