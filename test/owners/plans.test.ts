import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { type Answer, type Assistant, startAssistant } from '../story/client.ts';
import {
  argoTracking,
  autoscaler,
  deployment,
  FLUX_LABELS,
  SCALED_OBJECTS,
  scaledObject,
} from './manifests.ts';

const cluster = useCluster();
const folder = mkdtempSync(join(tmpdir(), 'owners-'));
let namespace = '';
let server: Assistant;

beforeAll(async () => {
  namespace = await cluster.namespace('owners');
  // Before the server starts, so that its catalogue has the kind.
  await cluster.apply([SCALED_OBJECTS]);
  await applyAs('kustomize-controller', deployment(namespace, 'flux', { labels: FLUX_LABELS }));
  await applyAs(
    'kustomize-controller',
    deployment(namespace, 'off', {
      labels: FLUX_LABELS,
      annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
    }),
  );
  await applyAs(
    'argocd-controller',
    deployment(namespace, 'argo', {
      annotations: argoTracking(namespace, 'argo'),
      replicas: null,
    }),
  );
  await applyAs(
    'helm',
    deployment(namespace, 'helm', {
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        'meta.helm.sh/release-name': 'store',
        'meta.helm.sh/release-namespace': namespace,
      },
    }),
  );
  await cluster.apply([
    deployment(namespace, 'scaled'),
    autoscaler(namespace, 'scaled'),
    deployment(namespace, 'queue'),
    scaledObject(namespace, 'jobs', 'queue'),
  ]);
  server = await startAssistant({
    kubeconfig: cluster.kubeconfig(),
    journal: join(folder, 'journal.db'),
    policy: 'default',
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function applyAs(manager: string, manifest: JsonObject): Promise<void> {
  const { name } = manifest.metadata as { name: string };
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}?fieldManager=${manager}&force=true`;
  await cluster.request('PATCH', path, manifest, { contentType: 'application/apply-patch+yaml' });
}

const planned = (tool: string, name: string, args: JsonObject): Promise<Answer> =>
  server.call(tool, {
    namespace,
    kind: 'Deployment',
    name,
    reason: 'test',
    dry_run: true,
    ...args,
  });

const scale = (name: string, replicas = 3) => planned('mitigate_scale', name, { replicas });
const image = (name: string) =>
  planned('mitigate_set_container', name, { container: 'web', image: 'local/web:2' });

test('what Flux declares is refused by default, with who and where to change it', async () => {
  const { isError, text } = await scale('flux');
  expect(isError).toBe(true);
  expect(text).toContain('[policy_refused]');
  expect(text).toContain('owners.gitops');
  expect(text).toContain('so that it is changed there');
  expect(text).toContain(
    'Managed by Flux Kustomization infra/apps: it will put spec.replicas back; change it in git',
  );
});

test('where Flux is told to leave an object alone the plan only says so', async () => {
  const { isError, text } = await scale('off');
  expect(isError, text).toBe(false);
  expect(text).toContain('leaves it alone now (kustomize.toolkit.fluxcd.io/reconcile: disabled)');
});

test('what Argo CD leaves out of its manifest may be changed, what it declares may not', async () => {
  const free = await scale('argo');
  expect(free.isError, free.text).toBe(false);
  expect(free.text).toContain('Argo CD application store, which does not declare');
  const held = await image('argo');
  expect(held.text).toContain('Managed by Argo CD application store');
  expect(held.text).toContain('containers[name=web].image back');
});

test('a Helm release and another server-side applier are told of', async () => {
  const release = await image('helm');
  expect(release.isError, release.text).toBe(false);
  expect(release.text).toContain(`Part of Helm release ${namespace}/store: its next upgrade may`);
  const applied = await image('scaled');
  expect(applied.isError, applied.text).toBe(false);
  expect(applied.text).toContain('test-user set spec.template.spec.containers[name=web].image');
});

test('the owner of replicas is named, and what to change instead', async () => {
  expect((await scale('scaled', 5)).text).toContain('HorizontalPodAutoscaler scaled keeps it');
  const { text } = await scale('queue', 2);
  expect(text).toContain('KEDA ScaledObject jobs owns the count (1..3)');
  expect(text).toContain('maxReplicaCount');
  expect((await image('scaled')).text).not.toContain('HorizontalPodAutoscaler');
});

test('labels and annotations by which an owner knows its object are never touched', async () => {
  const patch = (name: string, metadata: JsonObject) =>
    planned('mitigate_patch', name, { patch: { metadata } });
  const removed = await patch('off', { labels: { 'kustomize.toolkit.fluxcd.io/name': null } });
  expect(removed.isError).toBe(true);
  // Not a rule of the policy: nobody can open this one.
  const { isError, text } = await patch('argo', {
    labels: { 'app.kubernetes.io/instance': 'other' },
  });
  expect(isError).toBe(true);
  expect(text).toContain('app.kubernetes.io/instance of Deployment');
  expect(text).toContain('tracking labels');
});
