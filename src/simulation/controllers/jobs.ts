import {
  equalJson,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Change } from '../store.ts';
import type { Client } from './client.ts';
import type { Controller } from './loop.ts';
import { claim, isDeleting, isReady, keyOf, ownerKeys, podOf, specOf, splitKey } from './pods.ts';

/** Back-off after a failed pod: 10 s, doubled with each, 10 minutes at most. */
const BACK_OFF_MS = 10_000;
const LONGEST_BACK_OFF_MS = 600_000;

interface Counts {
  readonly active: readonly KubeObject[];
  readonly succeeded: number;
  readonly failed: readonly KubeObject[];
}

/** Runs a Job's pods until enough have succeeded, or too many failed. */
export function jobController(client: Client): Controller {
  return {
    concerns({ kind, object }: Change) {
      if (kind.kind === 'Job') return [keyOf(object)];
      return kind.kind === 'Pod' ? ownerKeys(object, 'Job') : [];
    },
    reconcile(key) {
      const job = client.get('Job', ...splitKey(key));
      if (job === undefined || isDeleting(job)) return undefined;
      const end = endOf(job);
      if (end !== undefined) return expire(client, job, end);
      const pods = claim(client, 'Pod', job);
      const phase = (pod: KubeObject) => objectOf(pod.status).phase;
      const failed = pods.filter((it) => phase(it) === 'Failed');
      const counts: Counts = {
        active: pods.filter(
          (it) => phase(it) !== 'Succeeded' && phase(it) !== 'Failed' && !isDeleting(it),
        ),
        succeeded: pods.filter((it) => phase(it) === 'Succeeded').length,
        failed,
      };
      return work(client, job, counts);
    },
  };
}

function endOf(job: KubeObject): JsonObject | undefined {
  return objectsOf(objectOf(job.status).conditions).find(
    (it) => (it.type === 'Complete' || it.type === 'Failed') && it.status === 'True',
  );
}

function expire(client: Client, job: KubeObject, end: JsonObject): number | undefined {
  const seconds = numberOf(specOf(job).ttlSecondsAfterFinished);
  if (seconds === undefined) return undefined;
  const at = Date.parse(stringOf(end.lastTransitionTime) ?? '') + seconds * 1000;
  if (at > client.now) return at - client.now;
  client.remove(job, 'Foreground');
  return undefined;
}

function work(client: Client, job: KubeObject, counts: Counts): number | undefined {
  const spec = specOf(job);
  const completions = numberOf(spec.completions);
  const parallelism = numberOf(spec.parallelism) ?? 1;
  const enough =
    completions === undefined
      ? counts.succeeded > 0 && counts.active.length === 0
      : counts.succeeded >= completions;
  if (enough) {
    finish(client, job, counts, 'SuccessCriteriaMet', 'Complete', {
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    });
    return undefined;
  }
  const started = Date.parse(stringOf(objectOf(job.status).startTime) ?? '');
  const seconds = numberOf(spec.activeDeadlineSeconds);
  const deadline =
    seconds === undefined || Number.isNaN(started) ? Infinity : started + seconds * 1000;
  const restarts = counts.active.reduce((sum, pod) => sum + restartsOf(pod), 0);
  const limit = numberOf(spec.backoffLimit) ?? 6;
  const tooMany = counts.failed.length > limit || (restarts > 0 && restarts >= limit);
  if (tooMany || deadline <= client.now) {
    for (const pod of counts.active) client.remove(pod);
    finish(
      client,
      job,
      { ...counts, active: [] },
      'FailureTarget',
      'Failed',
      tooMany
        ? {
            reason: 'BackoffLimitExceeded',
            message: 'Job has reached the specified backoff limit',
          }
        : { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' },
    );
    return undefined;
  }
  if (spec.suspend === true) {
    for (const pod of counts.active) client.remove(pod);
    write(client, job, { ...counts, active: [] }, [
      condition(client, 'Suspended', { reason: 'JobSuspended', message: 'Job suspended' }),
    ]);
    return undefined;
  }
  const left = completions === undefined ? parallelism : completions - counts.succeeded;
  const wanted = Math.min(parallelism, left) - counts.active.length;
  const pause = backOff(client, counts);
  const made: KubeObject[] = [];
  if (pause <= 0) for (let at = 0; at < wanted; at += 1) made.push(create(client, job));
  for (const pod of counts.active.slice(0, Math.max(0, -wanted))) client.remove(pod);
  write(client, job, { ...counts, active: [...counts.active, ...made] }, []);
  const next = Math.min(deadline - client.now, pause > 0 ? pause : Infinity);
  return Number.isFinite(next) ? Math.max(1, next) : undefined;
}

function restartsOf(pod: KubeObject): number {
  if (specOf(pod).restartPolicy !== 'OnFailure') return 0;
  const all = objectsOf(objectOf(pod.status).containerStatuses);
  return all.reduce((sum, it) => sum + (numberOf(it.restartCount) ?? 0), 0);
}

/** Milliseconds until the next pod may be made. */
function backOff(client: Client, { failed }: Counts): number {
  if (failed.length === 0) return 0;
  const ends = failed.flatMap((pod) =>
    objectsOf(objectOf(pod.status).containerStatuses).map((it) =>
      Date.parse(stringOf(objectOf(objectOf(it.state).terminated).finishedAt) ?? ''),
    ),
  );
  const last = Math.max(0, ...ends.filter((it) => !Number.isNaN(it)));
  const wait = Math.min(LONGEST_BACK_OFF_MS, BACK_OFF_MS * 2 ** (failed.length - 1));
  return last + wait - client.now;
}

function create(client: Client, job: KubeObject): KubeObject {
  const generateName = `${job.metadata.name}-`;
  const pod = client.create('Pod', job.metadata.namespace, podOf(job, { generateName }));
  const message = `Created pod: ${pod.metadata.name}`;
  client.event(job, { type: 'Normal', reason: 'SuccessfulCreate', message });
  return pod;
}

interface Why {
  readonly reason: string;
  readonly message: string;
}

function condition(client: Client, type: string, why: Why): JsonObject {
  const now = client.machine.timestamp();
  return { type, status: 'True', lastProbeTime: now, lastTransitionTime: now, ...why };
}

function finish(
  client: Client,
  job: KubeObject,
  counts: Counts,
  first: string,
  last: string,
  why: Why,
): void {
  const conditions = [first, last].map((type) => condition(client, type, why));
  write(client, job, counts, conditions);
  const failed = last === 'Failed';
  client.event(job, {
    type: failed ? 'Warning' : 'Normal',
    reason: failed ? why.reason : 'Completed',
    message: failed ? why.message : 'Job completed',
  });
}

function write(client: Client, job: KubeObject, counts: Counts, fresh: JsonObject[]): void {
  const before = objectOf(job.status);
  const known = objectsOf(before.conditions);
  const added = fresh.filter((one) => !known.some((it) => it.type === one.type));
  const resumed = known.filter((it) => it.type !== 'Suspended' || specOf(job).suspend === true);
  const conditions = [...resumed, ...added];
  const isComplete = added.some((it) => it.type === 'Complete');
  const status: JsonObject = {
    ...(specOf(job).suspend === true && before.startTime === undefined
      ? {}
      : { startTime: before.startTime ?? client.machine.timestamp() }),
    ...(counts.active.length > 0 ? { active: counts.active.length } : {}),
    ...(counts.succeeded > 0 ? { succeeded: counts.succeeded } : {}),
    ...(counts.failed.length > 0 ? { failed: counts.failed.length } : {}),
    ready: counts.active.filter(isReady).length,
    terminating: 0,
    uncountedTerminatedPods: {},
    ...(conditions.length > 0 ? { conditions } : {}),
    ...(isComplete ? { completionTime: client.machine.timestamp() } : {}),
  };
  const live = client.get('Job', job.metadata.namespace, job.metadata.name);
  if (live !== undefined && !equalJson(status, before)) client.updateStatus(live, status);
}
