import type { JsonObject } from '../../../src/core/json.ts';
import { template } from './namespaced.ts';
import { of, spec, update, withSpec } from './special.ts';
import type { KindSample, MatrixCase } from './types.ts';

const LATER = spec({ template: { metadata: { annotations: { version: '2' } } } });
const DELETES = { whenScaled: 'Delete', whenDeleted: 'Retain' };
const scale = (replicas: number) => ({ tool: 'mitigate_scale', args: { replicas } });
const rollout = (action: string) => ({ tool: 'mitigate_rollout', args: { action } });
const SET = {
  tool: 'mitigate_set_container',
  args: { container: 'web', image: 'local/web:2' },
};
const HANGS = {
  tool: 'mitigate_set_container',
  args: { container: 'web', image: 'local/web:nope' },
};
const rest = { ready: 'at rest', done: 'at rest', back: 'at rest' } as const;
const HELD = {
  spec: {
    updateStrategy: { type: 'OnDelete', rollingUpdate: null },
    ...(LATER.spec as JsonObject),
  },
};

/** Its labels are those that a Deployment beside it selects. */
const ADOPTED: KindSample = {
  ...of('ReplicaSet'),
  manifest: (name) => ({
    ...of('ReplicaSet').manifest(name),
    metadata: { labels: { app: name } },
  }),
};

const REPLICATED = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'];

export const PODS: readonly MatrixCase[] = [
  ...REPLICATED.filter((kind) => kind !== 'ReplicationController').flatMap((kind) => [
    update('scale up', { row: 'scale-up', sample: of(kind), call: scale(3), ...rest }),
    update('scale down', { row: 'scale-down', sample: of(kind), call: scale(1), ...rest }),
  ]),
  update('scale down', {
    row: 'scale-down',
    sample: of('ReplicationController'),
    patch: spec({ replicas: 1 }),
    ...rest,
  }),
  update('template, rollout finished', {
    ...{ row: 'template-deployment', sample: of('Deployment'), before: [LATER], call: SET },
    ...rest,
  }),
  update('template, mid-rollout', {
    ...{ row: 'template-deployment', sample: of('Deployment'), before: [LATER], call: HANGS },
    ...{ ready: 'at rest', done: 'under way', back: 'at rest' },
  }),
  update('restart', {
    ...{ row: 'template-deployment', sample: of('Deployment'), call: rollout('restart') },
    ...{ ready: 'at rest', done: 'observed', back: 'at rest' },
  }),
  update('rollout undo', {
    ...{ row: 'template-deployment', sample: of('Deployment'), before: [LATER] },
    ...{ call: rollout('undo'), ...rest },
  }),
  update('pause', {
    ...{ row: 'update-workload', sample: of('Deployment'), call: rollout('pause') },
    ...{ ready: 'at rest', done: 'observed', back: 'at rest' },
  }),
  update('template, history full', {
    ...{ row: 'template-drops-history', call: SET, ...rest },
    sample: withSpec('Deployment', { revisionHistoryLimit: 0 }),
  }),
  update('resume, mid-rollout', {
    ...{ row: 'resume-mid-rollout', sample: of('Deployment'), call: rollout('resume') },
    before: [{ spec: { paused: true, ...(LATER.spec as JsonObject) } }],
    ...{ ready: 'at rest', done: 'at rest', back: 'observed' },
  }),
  update('scale down, mid-rollout', {
    ...{ row: 'scale-down-mid-rollout', sample: of('Deployment'), call: scale(1) },
    ...{ before: [{ spec: { paused: true, ...(LATER.spec as JsonObject) } }], ready: 'at rest' },
  }),
  update('scale of one that a Deployment controls', {
    ...{ row: 'scale-of-deployment', sample: ADOPTED, call: scale(1), ready: 'owned' },
    beside: adopter,
  }),
  {
    ...{ name: 'delete ReplicaSet: of a Deployment', row: 'delete-of-deployment', verb: 'delete' },
    ...{ sample: ADOPTED, ready: 'owned', beside: adopter },
  },
  ...['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) =>
    update('revisionHistoryLimit, less', {
      ...{ row: 'history-limit-lowered', sample: of(kind) },
      patch: spec({ revisionHistoryLimit: 1 }),
    }),
  ),
  ...['StatefulSet', 'DaemonSet'].flatMap((kind) => [
    update('template, rollout finished', {
      ...{ row: 'template-and-pods', sample: of(kind), call: SET },
      ...rest,
    }),
    update('template, mid-rollout', {
      ...{ row: 'template-and-pods', sample: of(kind), call: HANGS },
      ...{ ready: 'at rest', done: 'under way', back: 'at rest' },
    }),
    update('OnDelete to RollingUpdate', {
      ...{ row: 'strategy-lets-go', sample: of(kind), before: [HELD] },
      patch: spec({ updateStrategy: { type: 'RollingUpdate' } }),
      ...{ ready: 'observed', done: 'at rest', back: 'observed' },
    }),
  ]),
  update('ordinals', {
    ...{ row: 'ordinals', sample: of('StatefulSet'), patch: spec({ ordinals: { start: 1 } }) },
    ...rest,
  }),
  update('scale up, with claims', {
    row: 'scale-up-with-claims',
    sample: withSpec('StatefulSet', { volumeClaimTemplates: [claim('data')], replicas: 0 }),
    ...{ call: scale(1), ready: 'observed', done: 'observed', back: 'observed' },
  }),
  update('scale down where whenScaled is Delete', {
    row: 'claims-deleted-by-scale',
    sample: withSpec('StatefulSet', { persistentVolumeClaimRetentionPolicy: DELETES }),
    call: scale(1),
  }),
  update('scale up where whenScaled is Delete, with claims', {
    row: 'claims-deleted-by-undo',
    sample: withSpec('StatefulSet', {
      ...{ volumeClaimTemplates: [claim('data')], replicas: 0 },
      persistentVolumeClaimRetentionPolicy: DELETES,
    }),
    call: scale(1),
  }),
  update('claims to be deleted', {
    ...{ row: 'claims-to-be-deleted', sample: of('StatefulSet') },
    patch: spec({ persistentVolumeClaimRetentionPolicy: DELETES }),
  }),
  {
    ...{ name: 'create StatefulSet: with claims', row: 'create-claims', verb: 'create' },
    sample: withSpec('StatefulSet', { volumeClaimTemplates: [claim('data')], replicas: 0 }),
  },
  {
    name: 'create StatefulSet: with claims, whenDeleted Delete',
    ...{ row: 'create-claims-deleted', verb: 'create' },
    sample: withSpec('StatefulSet', {
      ...{ volumeClaimTemplates: [claim('data')], replicas: 0 },
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: 'Delete' },
    }),
  },
];

/** A Deployment of the same labels and template takes the ReplicaSet as its own; paused, it leaves it as it is. */
function adopter(name: string, namespace: string): JsonObject[] {
  const { manifest } = of('ReplicaSet');
  const { spec: wanted } = manifest(name);
  return [
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
      metadata: { name: `${name}-owner`, namespace },
      spec: { ...(wanted as JsonObject), paused: true },
    },
  ];
}

function claim(name: string): JsonObject {
  return {
    metadata: { name },
    spec: {
      storageClassName: 'none',
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
    },
  };
}

export const RUNS: readonly MatrixCase[] = [
  update('labels', {
    ...{ row: 'pod-labels', sample: of('Pod'), patch: { metadata: { labels: { tier: 'x' } } } },
    ready: 'at rest',
  }),
  update('image', {
    ...{ row: 'pod-image', sample: of('Pod'), ready: 'at rest' },
    // A container that was killed for its new image counts as ill until it has run for two minutes.
    ends: 'ABORT_INCOMPLETE',
    call: SET_IMAGE('2'),
  }),
  update('activeDeadlineSeconds', {
    ...{ row: 'pod-spec', sample: of('Pod'), ready: 'at rest' },
    patch: spec({ activeDeadlineSeconds: 600 }),
  }),
  update('a mirror pod', {
    row: 'pod-mirror',
    sample: {
      ...of('Pod'),
      manifest: (name) => ({
        metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } },
        spec: { ...(template(name).spec as JsonObject), nodeName: 'node-none' },
      }),
    },
    patch: { metadata: { annotations: { more: 'x' } } },
  }),
  ...[{ ttlSecondsAfterFinished: 5 }, { activeDeadlineSeconds: 5 }, { backoffLimit: 0 }].map(
    (fields) =>
      update(Object.keys(fields).join(), {
        ...{ row: 'job-once', sample: of('Job'), patch: spec(fields) },
      }),
  ),
  update('parallelism', {
    ...{ row: 'job-pods', sample: of('Job'), patch: spec({ parallelism: 2 }) },
  }),
  update('suspend', { ...{ row: 'job-pods', sample: of('Job'), patch: spec({ suspend: false }) } }),
  update('template and resume', {
    ...{ row: 'job-template-released', sample: of('Job') },
    patch: spec({ suspend: false, template: { metadata: { annotations: { more: 'x' } } } }),
  }),
  update('maxFailedIndexes', {
    row: 'job-spec',
    sample: withSpec('Job', {
      ...{ completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 1 },
      maxFailedIndexes: 1,
    }),
    patch: spec({ maxFailedIndexes: 2 }),
  }),
  update('history limit, less', {
    ...{ row: 'cron-job-history', sample: of('CronJob') },
    patch: spec({ successfulJobsHistoryLimit: 1 }),
  }),
  update('resume', {
    ...{ row: 'cron-job-runs', sample: of('CronJob'), call: rollout('resume') },
  }),
  update('schedule of one that runs', {
    ...{ row: 'cron-job-runs', sample: withSpec('CronJob', { suspend: false }) },
    patch: spec({ schedule: '30 0 1 1 *' }),
  }),
  update('concurrencyPolicy Replace', {
    ...{ row: 'cron-job-replaces', sample: withSpec('CronJob', { suspend: false }) },
    patch: spec({ concurrencyPolicy: 'Replace' }),
  }),
  {
    ...{ name: 'create CronJob: not suspended', row: 'create-cron-job', verb: 'create' },
    sample: withSpec('CronJob', { suspend: false }),
  },
];

function SET_IMAGE(tag: string): NonNullable<MatrixCase['call']> {
  const path = '/spec/containers/0/image';
  const patch = [{ op: 'replace', path, value: `local/web:${tag}` }];
  return { tool: 'mitigate_patch', args: { type: 'json', patch } };
}
