import { StratusError } from '../../core/errors.ts';
import { at, type Json, type JsonObject, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';

/** Where a kind keeps its pod template (or itself, for a Pod). */
const POD_SPEC_PATHS: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};
const TEMPLATE_PATH: readonly string[] = ['spec', 'template', 'spec'];

export interface Container {
  readonly name: string;
  /** `containers` or `initContainers`. */
  readonly list: 'containers' | 'initContainers';
  readonly spec: JsonObject;
}

/** The path to the pod spec inside an object of the kind. @throws StratusError for objects that run no pods. */
export function podSpecPath(object: KubeObject): readonly string[] {
  const path = POD_SPEC_PATHS[object.kind] ?? TEMPLATE_PATH;
  if (objectsOf(at(object, ...path, 'containers')).length > 0) return path;
  throw new StratusError('invalid_arguments', `A ${object.kind} has no containers.`, {
    next: 'Name a Deployment, StatefulSet, DaemonSet, ReplicaSet, CronJob or Pod.',
  });
}

/**
 * The container that a call means; the only one when it names none.
 * @throws StratusError invalid_arguments that lists the containers there are.
 */
export function containerOf(object: KubeObject, name: string | undefined): Container {
  const all = containersOf(object);
  const regular = all.filter(({ list }) => list === 'containers');
  if (name === undefined && regular.length === 1 && regular[0] !== undefined) return regular[0];
  const found = all.find((container) => container.name === name);
  if (found !== undefined) return found;
  const names = all.map((container) => container.name).join(', ');
  throw new StratusError(
    'invalid_arguments',
    name === undefined
      ? `${object.kind} ${object.metadata.name} has several containers: ${names}.`
      : `${object.kind} ${object.metadata.name} has no container "${name}". It has: ${names}.`,
    { next: 'Name one of them as container.' },
  );
}

function containersOf(object: KubeObject): Container[] {
  const path = podSpecPath(object);
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    objectsOf(at(object, ...path, list)).map((spec) => ({
      name: stringOf(spec.name) ?? '',
      list,
      spec,
    })),
  );
}

/** A strategic merge patch of one container: lists of containers merge by name. */
export function containerPatch(object: KubeObject, container: Container, fields: JsonObject): Json {
  const entry = { name: container.name, ...fields };
  return nest(podSpecPath(object), { [container.list]: [entry] });
}

/** `['spec', 'x'], v` → `{spec: {x: v}}`. */
function nest(path: readonly string[], value: Json): Json {
  return path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
}
