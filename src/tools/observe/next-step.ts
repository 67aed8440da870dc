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
const CRASHED = /crash|restart|oom|terminated|exit|not ?ready|probe/i;
const PLACED = /unschedul|schedul|failedcreate|quota|forbidden|mount|replica ?failure/i;

/** The call that tells most about a violation, ready to be made. */
export function nextStep(violation: Pick<Violation, 'predicate' | 'object' | 'reason'>): string {
  const { kind, namespace, name } = violation.object;
  const words = `${violation.predicate} ${violation.reason}`;
  const place = namespace === undefined ? {} : { namespace };
  if (CRASHED.test(words) && LOGGED.has(kind)) {
    const whose = kind === 'Pod' ? { pod: name } : { workload: `${kind}/${name}` };
    const before = /crash|restart|oom/i.test(words) ? { previous: true } : {};
    return call('observe_logs', { ...place, ...whose, ...before });
  }
  if (PLACED.test(words)) return call('observe_events', { kind, name, ...place });
  return call('observe_describe', { kind, name, ...place });
}

/** A call as the reader of an answer can copy it. */
export function call(tool: string, args: Record<string, unknown>): string {
  return `${tool} ${JSON.stringify(args)}`;
}
