import { at, numberOf, stringOf } from '../../core/json.ts';
import { desiredReplicas, type KubeObject } from '../../core/kube.ts';
import { type Context, type Finding, isFlapping, type Predicate } from '../predicate.ts';
import { shorten } from '../text.ts';
import { asOwner, conditionOf, isReady, keyOf, makerOf, type View } from '../view.ts';

/** Workloads with replicas that no other watched workload stands for. */
export function replicated(view: View): KubeObject[] {
  return [
    ...view.list('Deployment'),
    ...view.list('StatefulSet'),
    ...view.list('ReplicaSet').filter((it) => makerOf(it) === undefined),
  ];
}

/** Available replicas, without those that crash again and again and look ready just now. */
function availableReplicas(context: Context, workload: KubeObject): number {
  const reported =
    numberOf(at(workload, 'status', 'availableReplicas')) ??
    (workload.kind === 'StatefulSet' ? numberOf(at(workload, 'status', 'readyReplicas')) : 0) ??
    0;
  if (context.flapping.size === 0) return reported;
  const flapping = context.view
    .podsOf(asOwner(workload))
    .filter((pod) => isReady(pod) && isFlapping(context, pod));
  return Math.max(0, reported - flapping.length);
}

function shortfall(context: Context): Finding[] {
  return replicated(context.view).flatMap((workload) => {
    const desired = desiredReplicas(workload);
    const missing = desired - availableReplicas(context, workload);
    if (missing <= 0) return [];
    const message = `${desired - missing} of ${desired} replicas are available`;
    return [
      { object: asOwner(workload), reason: 'Unavailable', value: missing / desired, message },
    ];
  });
}

function outage(context: Context): Finding[] {
  return replicated(context.view).flatMap((workload) => {
    const desired = desiredReplicas(workload);
    if (desired === 0 || availableReplicas(context, workload) > 0) return [];
    const message = `none of ${desired} replicas is available`;
    return [{ object: asOwner(workload), reason: 'Outage', value: 1, message }];
  });
}

function daemonSets({ view }: Context): Finding[] {
  return view.list('DaemonSet').flatMap((set) => {
    const object = asOwner(set);
    const desired = numberOf(at(set, 'status', 'desiredNumberScheduled')) ?? 0;
    const available = numberOf(at(set, 'status', 'numberAvailable')) ?? 0;
    const misplaced = numberOf(at(set, 'status', 'numberMisscheduled')) ?? 0;
    const findings: Finding[] = [];
    if (available < desired) {
      const value = (desired - available) / desired;
      const message = `available on ${available} of ${desired} nodes`;
      findings.push({ object, reason: 'Unavailable', value, message });
    }
    if (misplaced > 0) {
      const value = misplaced / Math.max(desired, misplaced);
      const message = `runs on ${misplaced} nodes where it should not`;
      findings.push({ object, reason: 'Misscheduled', value, message });
    }
    return findings;
  });
}

function rolloutStuck({ view }: Context): Finding[] {
  return view.list('Deployment').flatMap((deployment) => {
    const progressing = conditionOf(deployment, 'Progressing');
    if (progressing?.status !== 'False') return [];
    const reason = progressing.reason || 'NotProgressing';
    return [
      { object: asOwner(deployment), reason, value: 1, message: shorten(progressing.message) },
    ];
  });
}

/** Pods that can't even be created: a quota, a webhook or Pod Security refuses them. */
function replicaFailure({ view }: Context): Finding[] {
  const findings = new Map<string, Finding>();
  const report = (workload: KubeObject, reason: string, message: string) => {
    const object = view.ownerOf(workload);
    const key = `${keyOf(object)}|${reason}`;
    if (!findings.has(key)) {
      findings.set(key, { object, reason, value: 1, message: shorten(message) });
    }
  };
  for (const { workload, condition } of failureConditions(view)) {
    report(workload, condition.reason || 'FailedCreate', condition.message);
  }
  for (const { workload, message } of failedCreates(view)) {
    report(workload, 'FailedCreate', message);
  }
  return [...findings.values()];
}

/** What the API server said when it refused pods of workloads that still lack them. */
export function refusedCreates(view: View): { namespace: string | undefined; message: string }[] {
  return [
    ...failedCreates(view),
    ...failureConditions(view).map(({ workload, condition }) => ({
      workload,
      message: condition.message,
    })),
  ].map(({ workload, message }) => ({ namespace: workload.metadata.namespace, message }));
}

function failureConditions(view: View) {
  return [...view.list('Deployment'), ...view.list('ReplicaSet')].flatMap((workload) => {
    const condition = conditionOf(workload, 'ReplicaFailure');
    return condition?.status === 'True' ? [{ workload, condition }] : [];
  });
}

/** Workloads that lack pods and have an event that says why. */
function failedCreates(view: View): { workload: KubeObject; message: string }[] {
  return view.list('Event').flatMap((event) => {
    if (event.reason !== 'FailedCreate') return [];
    const kind = stringOf(at(event, 'involvedObject', 'kind')) ?? '';
    const name = stringOf(at(event, 'involvedObject', 'name')) ?? '';
    const workload = view.find(kind, event.metadata.namespace, name);
    // An event outlives its cause by an hour.
    if (workload === undefined || !lacksPods(workload)) return [];
    const uid = stringOf(at(event, 'involvedObject', 'uid'));
    if (uid !== undefined && uid !== workload.metadata.uid) return [];
    return [{ workload, message: stringOf(event.message) ?? '' }];
  });
}

function lacksPods(workload: KubeObject): boolean {
  const status = (field: string) => numberOf(at(workload, 'status', field)) ?? 0;
  switch (workload.kind) {
    case 'ReplicaSet':
    case 'StatefulSet':
      return status('replicas') < desiredReplicas(workload);
    case 'DaemonSet':
      return status('currentNumberScheduled') < status('desiredNumberScheduled');
    case 'Job':
      return (
        status('active') === 0 &&
        at(workload, 'spec', 'suspend') !== true &&
        conditionOf(workload, 'Complete')?.status !== 'True' &&
        conditionOf(workload, 'Failed')?.status !== 'True'
      );
    default:
      return false;
  }
}

export const workloadPredicates: readonly Predicate[] = [
  { id: 'outage', weight: 20, find: outage },
  { id: 'shortfall', weight: 10, find: shortfall },
  { id: 'rollout-stuck', weight: 8, find: rolloutStuck },
  { id: 'replica-failure', weight: 8, find: replicaFailure },
  { id: 'daemonset', weight: 6, find: daemonSets },
];
