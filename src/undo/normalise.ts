import { cloneJson, isObject, type JsonObject } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { isMark } from './marks.ts';
import { dropConditionTaints, keepConditionTaints } from './taints.ts';

/** Written by the server alone; a restore can't set them. */
const SERVER_METADATA = ['resourceVersion', 'generation', 'managedFields', 'selfLink'] as const;

/** Annotations that controllers number by themselves. */
const CONTROLLER_ANNOTATIONS = [
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deployment.kubernetes.io/revision-history',
  'deprecated.daemonset.template.generation',
] as const;

/** Metadata that differs after a delete and a recreate although the object is the same to its users. */
const IDENTITY_METADATA = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

export function isIgnoredAnnotation(name: string): boolean {
  return isMark(name) || CONTROLLER_ANNOTATIONS.some((known) => known === name);
}

export interface NormaliseOptions {
  /** True when the resource has a status subresource: its status is then the controllers' business. */
  readonly hasStatus: boolean;
  /** Leaves out what a recreate changes by nature. */
  readonly ignoreIdentity?: boolean;
}

/** The part of an object that an undo promises to bring back. The fewer rules, the stronger the promise. */
export function normalise(object: KubeObject, options: NormaliseOptions): KubeObject {
  const copy = cloneJson(object);
  const metadata: JsonObject = copy.metadata;
  for (const field of SERVER_METADATA) delete metadata[field];
  if (options.ignoreIdentity) for (const field of IDENTITY_METADATA) delete metadata[field];
  if (options.hasStatus) delete copy.status;
  dropKeys(metadata, 'annotations', isIgnoredAnnotation);
  dropKeys(metadata, 'labels', isMark);
  dropConditionTaints(copy);
  return copy;
}

function dropKeys(metadata: JsonObject, field: string, ignored: (name: string) => boolean): void {
  const map = metadata[field];
  if (!isObject(map)) return;
  for (const name of Object.keys(map)) if (ignored(name)) delete map[name];
  if (Object.keys(map).length === 0) delete metadata[field];
}

/**
 * Puts back what {@link normalise} left out, from the live object: a body for PUT needs its uid and resourceVersion,
 * and the controllers' annotations stay as they are now. Marks of ours are not put back.
 */
export function denormalise(
  normalised: KubeObject,
  live: KubeObject,
  options: NormaliseOptions,
): KubeObject {
  const copy = cloneJson(normalised);
  const metadata: JsonObject = copy.metadata;
  // Without managedFields in the body the server goes on from its own.
  for (const field of ['resourceVersion', 'generation']) {
    const value = live.metadata[field];
    if (value !== undefined) metadata[field] = value;
  }
  if (options.hasStatus && live.status !== undefined) copy.status = live.status;
  keepConditionTaints(copy, live);
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(live.metadata.annotations ?? {})) {
    if (isIgnoredAnnotation(name) && !isMark(name)) kept[name] = value;
  }
  if (Object.keys(kept).length > 0) {
    metadata.annotations = {
      ...(isObject(metadata.annotations) ? metadata.annotations : {}),
      ...kept,
    };
  }
  return copy;
}
