import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { claimsOn } from '../../src/undo/owners/claims.ts';
import { declarers } from '../../src/undo/owners/recognise.ts';
import { touchedMark } from '../../src/undo/owners/tracking.ts';
import { unknownShape } from '../../src/undo/shape.ts';

function deployment(metadata: JsonObject): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { replicas: 3, paused: false },
  };
}

const entry = (manager: string, operation: string, fields: JsonObject) => ({
  manager,
  operation,
  apiVersion: 'apps/v1',
  fieldsV1: { 'f:spec': fields },
});
const REPLICAS = { 'f:replicas': {} };
const FLUX = {
  'kustomize.toolkit.fluxcd.io/name': 'apps',
  'kustomize.toolkit.fluxcd.io/namespace': 'infra',
};
const ID = 'argocd.argoproj.io/tracking-id';

const who = (metadata: JsonObject) => declarers(deployment(metadata)).map((it) => it.who);

describe('who declares an object', () => {
  test('Flux by its labels', () => {
    expect(who({ labels: FLUX })).toEqual(['Flux Kustomization infra/apps']);
    const release = {
      'helm.toolkit.fluxcd.io/name': 'shop',
      'helm.toolkit.fluxcd.io/namespace': 'infra',
    };
    expect(who({ labels: release })).toEqual(['Flux HelmRelease infra/shop']);
  });

  test('Argo CD by a tracking id that names this very object', () => {
    const id = (text: string) => who({ annotations: { [ID]: text } });
    expect(id('store:apps/Deployment:shop/web')).toEqual(['Argo CD application store']);
    expect(id('store:apps/Deployment:shop/other')).toEqual([]);
    expect(id('store:apps/Deployment:elsewhere/web')).toEqual([]);
    expect(id('store:/Service:shop/web')).toEqual([]);
  });

  test('the label app.kubernetes.io/instance only beside other evidence of Argo CD', () => {
    const labels = { 'app.kubernetes.io/instance': 'store' };
    expect(who({ labels })).toEqual([]);
    const managedFields = [entry('argocd-controller', 'Update', REPLICAS)];
    expect(who({ labels, managedFields })).toEqual(['Argo CD application store']);
    expect(who({ labels, annotations: { 'argocd.argoproj.io/sync-wave': '1' } })).toEqual([
      'Argo CD application store',
    ]);
  });

  test('Helm by label and annotations together', () => {
    const labels = { 'app.kubernetes.io/managed-by': 'Helm' };
    expect(who({ labels })).toEqual([]);
    const annotations = {
      'meta.helm.sh/release-name': 'store',
      'meta.helm.sh/release-namespace': 'shop',
    };
    expect(who({ labels, annotations })).toEqual(['Helm release shop/store']);
  });

  test('known reconcilers and other server-side appliers by managedFields, nobody for a hand edit', () => {
    const managedFields = [
      entry('kustomize-controller', 'Apply', REPLICAS),
      entry('my-operator', 'Apply', REPLICAS),
      entry('kubectl-edit', 'Update', REPLICAS),
      entry('stratus-mcp', 'Apply', REPLICAS),
      { ...entry('kubelet', 'Apply', REPLICAS), subresource: 'status' },
    ];
    const object = deployment({ managedFields });
    expect(
      claimsOn(object, [['spec', 'replicas']], unknownShape).map(({ by }) => [by.kind, by.who]),
    ).toEqual([
      ['gitops', 'Flux (kustomize-controller)'],
      ['applied', 'my-operator'],
    ]);
  });
});

describe('which of the changed fields they declare', () => {
  const claims = (metadata: JsonObject, ...path: string[]) =>
    claimsOn(deployment(metadata), [path], unknownShape).map(({ paths }) => paths.length);
  const flux = (manager: string) => ({
    labels: FLUX,
    managedFields: [entry(manager, 'Apply', REPLICAS)],
  });

  test('those that its manager holds', () => {
    expect(claims(flux('kustomize-controller'), 'spec', 'replicas')).toEqual([1]);
    expect(claims(flux('kustomize-controller'), 'spec', 'paused')).toEqual([0]);
  });

  test('all of them where it has left no trace to tell by', () => {
    expect(claims({ labels: FLUX }, 'spec', 'paused')).toEqual([1]);
  });

  test('those of the last-applied annotation, though a hand edit holds them now', () => {
    const applied = JSON.stringify({ spec: { replicas: 2 } });
    const metadata = {
      annotations: {
        [ID]: 'store:apps/Deployment:shop/web',
        'kubectl.kubernetes.io/last-applied-configuration': applied,
      },
      managedFields: [
        entry('argocd-controller', 'Update', { 'f:paused': {} }),
        entry('kubectl-edit', 'Update', REPLICAS),
      ],
    };
    expect(claims(metadata, 'spec', 'replicas')).toEqual([1]);
    expect(claims(metadata, 'spec', 'minReadySeconds')).toEqual([0]);
  });

  test('none that is only an operator’s or a person’s, unless they applied it', () => {
    const managedFields = [entry('my-operator', 'Apply', REPLICAS)];
    expect(claims({ managedFields }, 'spec', 'paused')).toEqual([]);
    expect(claims({ managedFields }, 'spec', 'replicas')).toEqual([1]);
  });

  test('and whether it leaves the object alone', () => {
    const off = { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' };
    expect(declarers(deployment({ labels: FLUX, annotations: off }))[0]?.idle).toContain(
      'reconcile: disabled',
    );
  });
});

describe('marks by which owners know their objects', () => {
  const plain = deployment({ labels: { app: 'web' } });
  test.each<[string, KubeObject, KubeObject, string | undefined]>([
    ['taken away', deployment({ labels: FLUX }), plain, 'kustomize.toolkit.fluxcd.io/name'],
    ['forged', plain, deployment({ annotations: { [ID]: 'a:apps/Deployment:shop/web' } }), ID],
    [
      'made Helm’s',
      plain,
      deployment({ labels: { app: 'web', 'app.kubernetes.io/managed-by': 'Helm' } }),
      'app.kubernetes.io/managed-by',
    ],
    [
      'an instance label without Argo CD',
      plain,
      deployment({ labels: { 'app.kubernetes.io/instance': 'x' } }),
      undefined,
    ],
    [
      'an instance label with Argo CD',
      deployment({ annotations: { 'argocd.argoproj.io/sync-wave': '1' } }),
      deployment({
        labels: { 'app.kubernetes.io/instance': 'x' },
        annotations: { 'argocd.argoproj.io/sync-wave': '1' },
      }),
      'app.kubernetes.io/instance',
    ],
    ['other labels', plain, deployment({ labels: { team: 'a' } }), undefined],
  ])('%s', (_words, before, after, mark) => {
    expect(touchedMark(before, after)).toBe(mark);
  });
});
