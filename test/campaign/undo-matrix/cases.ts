import { CLUSTER_WIDE } from './cluster-wide.ts';
import { FIELDS } from './fields.ts';
import { NAMESPACED } from './namespaced.ts';
import { PODS, RUNS } from './pods.ts';
import type { KindSample, MatrixCase } from './types.ts';

const WITH_PODS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController'];

/** What every kind is put through: created, changed, labelled, deleted. */
function ofKind(sample: KindSample): MatrixCase[] {
  const { kind, rows = {}, edit, existing } = sample;
  const rest = restOf(kind);
  const cases: MatrixCase[] = [
    {
      name: `update ${kind}: labels and annotations`,
      verb: 'update',
      row: labelRow(sample),
      sample,
      call: {
        tool: 'mitigate_set_metadata',
        args: { labels: { tier: 'x', app: 'other' }, annotations: { 'example.com/note': 'y' } },
      },
      ...rest,
    },
  ];
  if (edit !== undefined) {
    const row = rows.edit ?? 'update-restorable';
    cases.push({ name: `update ${kind}: a field`, verb: 'update', row, sample, ...rest });
  }
  if (existing === undefined) {
    cases.push(
      { name: `create ${kind}`, verb: 'create', row: rows.create ?? 'create', sample },
      {
        ...{ name: `delete ${kind}`, verb: 'delete', row: rows.delete ?? 'delete', sample },
        ...{ ...rest, done: 'none' },
      },
    );
  }
  return cases;
}

/** What is waited for, so that no controller, scheduler or kubelet writes between what is compared. */
function restOf(kind: string): Pick<MatrixCase, 'ready' | 'done' | 'back'> {
  if (kind === 'Pod') return { ready: 'at rest' };
  return WITH_PODS.includes(kind) ? { ready: 'at rest', done: 'observed', back: 'at rest' } : {};
}

/** Metadata alone is exact for any kind; a kind whose rows name no field falls under the row of every kind. */
function labelRow({ kind, rows = {}, edit }: KindSample): string {
  if (kind === 'Pod') return 'pod-labels';
  if (rows.edit === 'update-unknown' || (edit === undefined && NO_ROW.includes(kind)))
    return 'update-metadata';
  return rows.edit ?? 'update-restorable';
}

const NO_ROW = ['Namespace', 'PersistentVolumeClaim', 'CertificateSigningRequest'];

export const CASES: readonly MatrixCase[] = [
  ...NAMESPACED.flatMap(ofKind),
  ...RUNS,
  ...FIELDS.filter(({ sample }) => sample.existing === undefined),
  ...PODS,
  ...CLUSTER_WIDE.flatMap(ofKind),
  ...FIELDS.filter(({ sample }) => sample.existing !== undefined),
];
