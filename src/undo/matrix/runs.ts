import { at, equalJson, isObject, type Json, type JsonObject, objectsOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import {
  changed,
  changedBeyond,
  lowered,
  REFUSED,
  SAME,
  type Update,
  type UpdateRow,
} from './types.ts';

const JOB = ['Job.batch'];
const CRON_JOB = ['CronJob.batch'];
const POD = ['Pod'];
const PUT_BACK = 'Puts the changed fields back; what others changed meanwhile is kept.';

const ONCE = ['ttlSecondsAfterFinished', 'activeDeadlineSeconds', 'backoffLimit', 'completions'];

/** Pods, and what starts them at a time or until they are done. */
export const RUN_ROWS: readonly UpdateRow[] = [
  {
    id: 'pod-mirror',
    verb: 'update',
    kinds: POD,
    what: 'a mirror pod',
    holds: ({ before }) =>
      before.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined,
    class: 'irreversible',
    undo: 'a mirror pod is the kubelet’s picture of a file on its node',
    verified: REFUSED,
  },
  {
    id: 'pod-spec',
    verb: 'update',
    kinds: POD,
    what: '`spec` besides images (activeDeadlineSeconds, tolerations, scheduling gates…)',
    holds: (update) => !equalJson(withoutImages(update.before), withoutImages(update.after)),
    class: 'irreversible',
    undo: 'what the API server lets a pod be given (activeDeadlineSeconds, tolerations) can never be unset',
    verified: REFUSED,
  },
  {
    id: 'pod-image',
    verb: 'update',
    kinds: POD,
    what: '`image` of a container',
    holds: (update) => changed(update, 'spec'),
    class: 'compensating',
    undo: 'Puts the image back; the kubelet starts the container once more.',
    verified: `${SAME}; Ready, and its container has run for two minutes, or the transaction ends as incomplete`,
  },
  {
    id: 'pod-labels',
    verb: 'update',
    kinds: POD,
    what: '`metadata.labels`',
    holds: (update) => changed(update, 'metadata', 'labels'),
    class: 'compensating',
    undo: 'Puts the labels back; a controller that let the pod go takes it again and stops the substitute it started.',
    verified: `${SAME}; the same controller owns it`,
  },
  {
    id: 'job-once',
    verb: 'update',
    kinds: JOB,
    what: '`ttlSecondsAfterFinished`, `activeDeadlineSeconds`, `backoffLimit` set or less; `completions`',
    holds: (update) =>
      ONCE.slice(0, 3).some((field) => lowered(update, 'spec', field)) ||
      changed(update, 'spec', 'completions') ||
      (changed(update, 'spec', 'ttlSecondsAfterFinished') &&
        at(update.after, 'spec', 'ttlSecondsAfterFinished') !== undefined),
    class: 'irreversible',
    undo: 'ttlSecondsAfterFinished deletes the job when it has finished, and a deadline or a limit ends it for good',
    verified: REFUSED,
  },
  {
    id: 'job-template-released',
    verb: 'update',
    kinds: JOB,
    what: '`spec.template` of a job that is resumed by the same write',
    holds: (update) =>
      changed(update, 'spec', 'template') && at(update.after, 'spec', 'suspend') !== true,
    class: 'irreversible',
    undo: 'the template of a Job that runs can not be changed back',
    verified: REFUSED,
  },
  {
    id: 'job-spec',
    verb: 'update',
    kinds: JOB,
    what: '`spec` besides those, `suspend`, `parallelism` and the template of a suspended job',
    holds: (update) => changedBeyond(update, [...ONCE, 'suspend', 'parallelism', 'template']),
    class: 'irreversible',
    undo: 'nobody has shown that this field of a Job can be put back',
    verified: REFUSED,
  },
  {
    id: 'job-pods',
    verb: 'update',
    kinds: JOB,
    what: '`spec.suspend`, `spec.parallelism`',
    holds: (update) => changed(update, 'spec', 'suspend') || changed(update, 'spec', 'parallelism'),
    class: 'compensating',
    undo: 'Puts it back; pods that were stopped or started meanwhile stay so, and what they did stays done.',
    verified: SAME,
  },
  {
    id: 'job',
    verb: 'update',
    kinds: JOB,
    what: 'a longer deadline, a higher limit, the template of a suspended job',
    class: 'exact',
    undo: PUT_BACK,
    verified: SAME,
  },
  {
    id: 'cron-job-history',
    verb: 'update',
    kinds: CRON_JOB,
    what: '`successfulJobsHistoryLimit`, `failedJobsHistoryLimit`, less',
    holds: (update) =>
      lowered(update, 'spec', 'successfulJobsHistoryLimit') ||
      lowered(update, 'spec', 'failedJobsHistoryLimit'),
    class: 'irreversible',
    undo: 'a lower history limit deletes finished jobs at once',
    verified: REFUSED,
  },
  {
    id: 'cron-job-runs',
    verb: 'update',
    kinds: CRON_JOB,
    what: '`suspend: false`; schedule, time zone or starting deadline of one that is not suspended',
    holds: mayRun,
    class: 'compensating',
    undo: 'Puts it back; a run it started meanwhile stays.',
    verified: SAME,
  },
  {
    id: 'cron-job-replaces',
    verb: 'update',
    kinds: CRON_JOB,
    what: '`spec.concurrencyPolicy` to Replace, of one that is not suspended',
    holds: (update) =>
      changed(update, 'spec', 'concurrencyPolicy') &&
      at(update.after, 'spec', 'concurrencyPolicy') === 'Replace' &&
      at(update.after, 'spec', 'suspend') !== true,
    class: 'compensating',
    undo: 'Puts it back; a run that was replaced meanwhile is gone.',
    verified: SAME,
  },
];

function mayRun(update: Update): boolean {
  if (at(update.after, 'spec', 'suspend') === true) return false;
  if (at(update.before, 'spec', 'suspend') === true) return true;
  return ['schedule', 'timeZone', 'startingDeadlineSeconds'].some((field) =>
    changed(update, 'spec', field),
  );
}

function withoutImages(pod: KubeObject): JsonObject {
  const spec = isObject(pod.spec) ? pod.spec : {};
  const bare = (list: Json | undefined): JsonObject[] =>
    objectsOf(list).map(({ image: _image, ...rest }) => rest);
  return {
    ...spec,
    containers: bare(spec.containers),
    initContainers: bare(spec.initContainers),
  };
}
