import type { LiveObject } from '../../cluster/types.ts';
import { at, type JsonObject, numberOf, objectsOf, stringOf } from '../../core/json.ts';
import { controllerOf, groupOf } from '../../core/kube.ts';

/** The API server's default of spec.backoffLimit. */
const BACKOFF_LIMIT = 6;
const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const FAILING = ['FailJob', 'FailIndex'];

/** Pods of Jobs, by what their removal means to the Job. */
export interface JobPods {
  /** Their run begins anew in another pod. */
  readonly startAnew: readonly LiveObject[];
  /** The Job would fail for good, or nobody knows. */
  readonly last: readonly LiveObject[];
}

/**
 * A Job counts a pod that is removed while it runs as a failed try, and a Job that has failed never runs again. `jobs` is undefined
 * where they could not be read.
 */
export function podsOfJobs(
  pods: readonly LiveObject[],
  jobs: readonly LiveObject[] | undefined,
): JobPods {
  const startAnew: LiveObject[] = [];
  const last: LiveObject[] = [];
  const removed = new Map<string, number>();
  for (const pod of pods) {
    const uid = jobOf(pod);
    if (uid === undefined) continue;
    const job = jobs?.find((one) => one.uid === uid);
    const count = (removed.get(uid) ?? 0) + 1;
    removed.set(uid, count);
    if (job !== undefined && survives(job, pod, count)) startAnew.push(pod);
    else last.push(pod);
  }
  return { startAnew, last };
}

function jobOf({ object }: LiveObject): string | undefined {
  const controller = controllerOf(object);
  const isJob =
    controller?.kind === 'Job' && groupOf(stringOf(controller.apiVersion) ?? '') === 'batch';
  return isJob ? (stringOf(controller.uid) ?? '') : undefined;
}

/** `count`: pods of the Job removed so far, this one included. */
function survives({ object: job }: LiveObject, pod: LiveObject, count: number): boolean {
  const rules = objectsOf(at(job, 'spec', 'podFailurePolicy', 'rules'));
  const ignored = rules.findIndex((rule) => rule.action === 'Ignore' && isForEvictions(rule));
  const fatal = rules.findIndex((rule) => FAILING.includes(String(rule.action)));
  if (ignored >= 0 && (fatal < 0 || ignored < fatal)) return true;
  // By what its containers end with, which nobody knows before.
  if (fatal >= 0) return false;
  const perIndex = numberOf(at(job, 'spec', 'backoffLimitPerIndex'));
  if (perIndex !== undefined) {
    return Number(pod.object.metadata.annotations?.[INDEX_FAILURES] ?? 0) < perIndex;
  }
  const failed = numberOf(at(job, 'status', 'failed')) ?? 0;
  return failed + count <= (numberOf(at(job, 'spec', 'backoffLimit')) ?? BACKOFF_LIMIT);
}

function isForEvictions(rule: JsonObject): boolean {
  return objectsOf(rule.onPodConditions).some(
    ({ type, status = 'True' }) => type === 'DisruptionTarget' && status === 'True',
  );
}
