import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { mitigateRollout } from '../../../src/tools/mitigate/rollout.ts';
import { type AnyTool, answers, deployment, live, only, plan, reads, refusal } from './support.ts';

const undo = mitigateRollout({ now: () => 0 }) as AnyTool;
const object = { namespace: 'shop', name: 'catalog' };
const target = { ...object, action: 'undo' };

const podTemplate = (image: string, labels: JsonObject = {}): JsonObject => ({
  metadata: { labels: { app: 'catalog', ...labels } },
  spec: { containers: [{ name: 'web', image }] },
});

const now = deployment({ spec: { template: podTemplate('catalog:3') } });

function replicaSet(revision: number, image: string, owner = 'uid-catalog', readyReplicas = 0) {
  return live({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `catalog-${revision}`,
      namespace: 'shop',
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [{ uid: owner, controller: true, kind: 'Deployment', name: 'catalog' }],
    },
    spec: { template: podTemplate(image, { 'pod-template-hash': `h${revision}` }) },
    status: { readyReplicas },
  });
}

const history = [
  replicaSet(12, 'catalog:3'),
  replicaSet(2, 'catalog:1'),
  replicaSet(11, 'catalog:2'),
  replicaSet(20, 'stranger:1', 'uid-somebody-else'),
];

test('reads the history that the kind keeps', () => {
  expect(reads(undo, target)[1]).toEqual({
    as: 'history',
    list: { resource: 'replicasets.apps', namespace: 'shop' },
  });
  expect(reads(undo, { ...target, kind: 'sts' })[1]).toMatchObject({
    list: { resource: 'controllerrevisions.apps' },
  });
  expect(refusal(() => reads(undo, { ...target, kind: 'job' })).message).toBe(
    '"job" keeps no rollout history.',
  );
});

test('goes back to the newest template that differs, without the hash label', () => {
  const write = only(plan(undo, target, answers({ target: now }, { history })));
  expect(write).toMatchObject({
    patchType: 'json',
    patch: [{ op: 'replace', path: '/spec/template', value: podTemplate('catalog:2') }],
    kubectl: 'kubectl rollout undo deployment.apps/catalog --namespace=shop --to-revision=11',
  });
  expect(JSON.stringify(write)).not.toContain('pod-template-hash');
});

test('prefers what still serves to an attempt that was taken back', () => {
  const serving = replicaSet(10, 'catalog:1', 'uid-catalog', 3);
  const facts = answers({ target: now }, { history: [...history, serving] });
  expect(only(plan(undo, target, facts))).toMatchObject({
    patch: [{ value: podTemplate('catalog:1') }],
    summary: 'bring back the pod template of revision 10 (catalog:1)',
  });
});

test('goes to the revision that was asked for', () => {
  const facts = answers({ target: now }, { history });
  expect(only(plan(undo, { ...target, to_revision: 2 }, facts))).toMatchObject({
    patch: [{ value: podTemplate('catalog:1') }],
  });
  expect(refusal(() => plan(undo, { ...target, to_revision: 12 }, facts)).code).toBe('no_change');
});

test('lists the revisions when the one asked for is not kept', () => {
  const facts = answers({ target: now }, { history });
  expect(refusal(() => plan(undo, { ...target, to_revision: 5 }, facts)).message).toBe(
    'Deployment shop/catalog has no revision 5. Revisions kept: 2 (catalog:1); 11 (catalog:2); 12 (catalog:3).',
  );
});

test('says so when there is nothing to go back to', () => {
  const facts = answers({ target: now }, { history: [replicaSet(12, 'catalog:3')] });
  expect(refusal(() => plan(undo, target, facts)).message).toContain('has no earlier revision');
});

test('reads ControllerRevisions without their patch directive', () => {
  const set = live({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...object, uid: 'uid-set' },
    spec: { template: podTemplate('db:2') },
  });
  const revision = (number: number, image: string) =>
    live({
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `r${number}`,
        namespace: 'shop',
        ownerReferences: [{ uid: 'uid-set', controller: true }],
      },
      revision: number,
      data: { spec: { template: { $patch: 'replace', ...podTemplate(image) } } },
    });
  const facts = answers({ target: set }, { history: [revision(1, 'db:1'), revision(2, 'db:2')] });
  expect(only(plan(undo, { ...target, kind: 'statefulset' }, facts))).toMatchObject({
    patch: [{ op: 'replace', path: '/spec/template', value: podTemplate('db:1') }],
  });
});

test('refuses a paused Deployment', () => {
  const paused = deployment({ spec: { paused: true } });
  expect(refusal(() => plan(undo, target, answers({ target: paused }))).message).toContain(
    'is paused',
  );
});
