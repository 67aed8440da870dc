import type { Violation } from '../../severity/types.ts';

const LOGGED = new Set([
  'Pod',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
]);
const CRASHED = /crash|restart|oom|terminated|exit|job-failed/i;
const ROUTED = new Set(['Service', 'Ingress']);
const ROLLED = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/** The call that tells most about a violation, ready to be made. */
export function nextStep(
  violation: Pick<Violation, 'predicate' | 'object' | 'reason' | 'pods'>,
): string {
  const { predicate, reason } = violation;
  const { kind, namespace, name } = violation.object;
  const words = `${predicate} ${reason}`;
  const place = namespace === undefined ? {} : { namespace };
  const [pod = kind === 'Pod' ? name : undefined] = violation.pods ?? [];
  if (predicate === 'pod-unschedulable' && pod !== undefined) {
    return call('observe_capacity', { ...place, pod });
  }
  if (CRASHED.test(words) && LOGGED.has(kind)) {
    const whose = kind === 'Pod' ? { pod: name } : { workload: `${kind}/${name}` };
    const before = /crash|restart|oom/i.test(words) ? { previous: true } : {};
    return call('observe_logs', { ...place, ...whose, ...before });
  }
  if (ROUTED.has(kind)) return call('observe_related', { kind, name, ...place });
  if (predicate === 'rollout-stuck' && ROLLED.has(kind)) {
    return call('observe_rollout', { kind, name, ...place });
  }
  // It shows the warnings about pods and ReplicaSets too, which their owner's own events lack.
  return call('observe_describe', { kind, name, ...place });
}

/** A call as the reader of an answer can copy it. */
export function call(tool: string, args: Record<string, unknown>): string {
  return `${tool} ${JSON.stringify(args)}`;
}
