import { at, numberOf, objectsOf, stringOf } from '../core/json.ts';
import { describeRef, desiredReplicas, type KubeObject, type ObjectRef } from '../core/kube.ts';
import { isHeadless, matchingPods, selectorOf, slicesOf, targetOf } from './predicates/services.ts';
import { touchedWorkloads } from './touched.ts';
import type { Snapshot } from './types.ts';
import { asOwner, conditionOf, isReady, keyOf, type View, viewOf } from './view.ts';

/**
 * Why what was touched isn't at rest yet, one sentence a reason; empty when it is. Pure. The rules
 * are kubectl's rollout status, hardened. An object that is gone is at rest.
 */
export function unsettledReasons(
  snapshot: Snapshot,
  touched: readonly ObjectRef[],
  ill?: Ill,
  retold?: Ill,
): string[] {
  return unsettledIn(viewOf(snapshot), touched, ill, retold);
}

/** Keys of objects. `ill` had violations before the change: nobody can wait for that to end; `retold` got a
 * template; for `excused` nobody waits. */
export type Ill = ReadonlySet<string>;

export function unsettledIn(
  view: View,
  touched: readonly ObjectRef[],
  ill: Ill = new Set(),
  retold: Ill = new Set(),
  excused: Ill = new Set(),
): string[] {
  const direct = touchedWorkloads(view, touched).direct.filter(
    (it) => !excused.has(keyOf(asOwner(it))),
  );
  return [
    ...touched.flatMap((ref) => outOfScope(view, ref)),
    ...direct.flatMap((it) => [
      ...workloadReasons(view, it, ill),
      ...(retold.has(keyOf(asOwner(it))) ? untriedReasons(it) : []),
    ]),
    ...touched.flatMap((ref) => serviceReasons(view, ref)),
  ];
}

/** Keys of the workloads that are not at rest: what was so before a change is nothing that its undo could end. */
export function restlessIn(view: View): string[] {
  return KINDS.flatMap((kind) => view.list(kind))
    .filter((it) => rulesOf(view, it, new Set()).length > 0)
    .map((it) => keyOf(asOwner(it)));
}

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** The same for workloads that only read something that was touched. */
export function laggingIn(view: View, touched: readonly ObjectRef[]): string[] {
  return touchedWorkloads(view, touched).indirect.flatMap((it) =>
    workloadReasons(view, it, new Set()),
  );
}

function outOfScope(view: View, ref: ObjectRef): string[] {
  const { namespaces } = view.snapshot.scope;
  if (namespaces === 'all' || ref.namespace === undefined || namespaces.includes(ref.namespace)) {
    return [];
  }
  return [`${describeRef(ref)} was touched but lies outside the measured namespaces`];
}

function workloadReasons(view: View, workload: KubeObject, ill: Ill): string[] {
  const name = describeRef(asOwner(workload));
  const reasons = rulesOf(view, workload, ill);
  return reasons.map((reason) => `${name}: ${reason}`);
}

function rulesOf(view: View, workload: KubeObject, ill: Ill): string[] {
  const generation = numberOf(workload.metadata.generation as number | undefined) ?? 0;
  const observed = numberOf(at(workload, 'status', 'observedGeneration')) ?? 0;
  if (workload.kind === 'Pod') {
    const ended = at(workload, 'status', 'phase') === 'Succeeded';
    return ended || isReady(workload) ? [] : ['it is not ready'];
  }
  if (!['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].includes(workload.kind)) return [];
  if (observed < generation) return ['its controller has not seen the change yet'];
  if (workload.kind === 'Deployment')
    return deploymentRules(workload, ill.has(keyOf(asOwner(workload))));
  if (workload.kind === 'StatefulSet') return statefulSetRules(view, workload);
  if (workload.kind === 'DaemonSet') return daemonSetRules(workload);
  return counted(workload, desiredReplicas(workload), ['replicas', 'availableReplicas']);
}

/** `2 of 3 updatedReplicas` for each count of the status that isn't as wanted. */
function counted(workload: KubeObject, wanted: number, fields: readonly string[]): string[] {
  return fields.flatMap((field) => {
    const count = numberOf(at(workload, 'status', field)) ?? 0;
    return count === wanted ? [] : [`${field} is ${count}, wanted ${wanted}`];
  });
}

function deploymentRules(deployment: KubeObject, wasIll: boolean): string[] {
  const desired = desiredReplicas(deployment);
  if (at(deployment, 'spec', 'paused') === true) return pausedRules(deployment, desired, wasIll);
  const reasons = counted(deployment, desired, [
    'updatedReplicas',
    'replicas',
    'availableReplicas',
  ]);
  const progressing = conditionOf(deployment, 'Progressing');
  if (progressing !== undefined && progressing.reason !== 'NewReplicaSetAvailable') {
    reasons.push(`its rollout says ${progressing.reason}`);
  }
  return reasons;
}

/**
 * Nothing moves by itself any more. A template that no pod has yet was never tried, so it can't be judged; nor
 * can one whose pods are not available, unless it was so before: then the pause is the repair.
 */
function pausedRules(deployment: KubeObject, desired: number, wasIll: boolean): string[] {
  const count = (field: string) => numberOf(at(deployment, 'status', field)) ?? 0;
  if (desired > 0 && count('updatedReplicas') === 0) {
    return ['its rollout is paused and holds the change back'];
  }
  const wanted = Math.max(desired, count('replicas'));
  const available = count('availableReplicas');
  return wasIll || available >= wanted
    ? []
    : [`its rollout is paused while ${wanted - available} of ${wanted} pods are not available`];
}

/**
 * A strategy that waits for somebody to delete pods, or a partition above them all, holds a template back: what no
 * pod has was never tried, so it can't be judged. One pod of it that is well is a trial.
 */
function untriedReasons(set: KubeObject): string[] {
  const count = (field: string) => numberOf(at(set, 'status', field)) ?? 0;
  const [wanted, tried] =
    set.kind === 'DaemonSet'
      ? [count('desiredNumberScheduled'), count('updatedNumberScheduled')]
      : [desiredReplicas(set), count('updatedReplicas')];
  if (!['StatefulSet', 'DaemonSet'].includes(set.kind) || wanted === 0 || tried > 0) return [];
  const name = describeRef(asOwner(set));
  return [`${name}: its update strategy holds the change back; no pod has the new template yet`];
}

/** The counts alone pass a pod that is stuck in an old revision, so each pod is asked. */
function statefulSetRules(view: View, set: KubeObject): string[] {
  const desired = desiredReplicas(set);
  const reasons = counted(set, desired, ['replicas', 'readyReplicas']);
  if (at(set, 'spec', 'updateStrategy', 'type') === 'OnDelete') return reasons;
  const partition = numberOf(at(set, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')) ?? 0;
  const update = stringOf(at(set, 'status', 'updateRevision'));
  const current = stringOf(at(set, 'status', 'currentRevision'));
  if (partition === 0 && desired > 0 && update !== current) {
    reasons.push(`revision ${update} has not replaced ${current} yet`);
  }
  for (const pod of view.podsOf(asOwner(set))) {
    const ordinal = Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? 0);
    const revision = pod.metadata.labels?.['controller-revision-hash'];
    if (ordinal >= partition && revision !== update) {
      reasons.push(`pod ${pod.metadata.name} still runs revision ${revision}`);
    } else if (!isReady(pod)) reasons.push(`pod ${pod.metadata.name} is not ready`);
  }
  return reasons;
}

function daemonSetRules(set: KubeObject): string[] {
  const desired = numberOf(at(set, 'status', 'desiredNumberScheduled')) ?? 0;
  const isOnDelete = at(set, 'spec', 'updateStrategy', 'type') === 'OnDelete';
  return counted(set, desired, [
    ...(isOnDelete ? [] : ['updatedNumberScheduled']),
    'numberAvailable',
  ]);
}

/** A Service is at rest when its EndpointSlices say what its selector and ports ask for. */
function serviceReasons(view: View, ref: ObjectRef): string[] {
  if (ref.kind !== 'Service' || !view.known('EndpointSlice', ref.namespace)) return [];
  const service = view.find('Service', ref.namespace, ref.name);
  if (service === undefined || selectorOf(service) === undefined) return [];
  const slices = slicesOf(view.list('EndpointSlice'), ref.namespace, ref.name);
  const listed = new Set(
    slices
      .flatMap((slice) => objectsOf(slice.endpoints))
      .map((endpoint) => stringOf(at(endpoint, 'targetRef', 'name'))),
  );
  const wanted = matchingPods(view, service).filter(
    (pod) => stringOf(at(pod, 'status', 'podIP')) && at(pod, 'status', 'phase') === 'Running',
  );
  const missing = wanted.filter((pod) => !listed.has(pod.metadata.name));
  const foreign = [...listed].filter((name) => {
    const pod = name === undefined ? undefined : view.find('Pod', ref.namespace, name);
    return pod === undefined || !matchingPods(view, service).includes(pod);
  });
  const isLate =
    missing.length + foreign.length > 0 || (!isHeadless(service) && hasOldPorts(service, slices));
  return isLate ? [`${describeRef(ref)}: its EndpointSlices are not up to date`] : [];
}

function hasOldPorts(service: KubeObject, slices: readonly KubeObject[]): boolean {
  const wanted = objectsOf(at(service, 'spec', 'ports'));
  return slices.some((slice) =>
    objectsOf(slice.ports).some((port) => {
      const source = wanted.find((it) => (it.name ?? '') === (port.name ?? ''));
      const target = source && Number(targetOf(source));
      return source === undefined || (!Number.isNaN(target) && port.port !== target);
    }),
  );
}
