import { expect, test } from 'vitest';
import { createCatalogue } from '../../src/cluster/catalogue.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { resolveResource } from '../../src/cluster/resolve.ts';
import { StratusError } from '../../src/core/errors.ts';
import { connectToBadServer, refusalOf, resource } from './fixtures.ts';

const catalogue = createCatalogue({
  resources: [
    resource('pods', 'Pod', 'v1', { shortNames: ['po'] }),
    resource('events', 'Event', 'v1', { shortNames: ['ev'] }),
    resource('services', 'Service', 'v1', { shortNames: ['svc'] }),
    resource('events', 'Event', 'events.k8s.io/v1', { shortNames: ['ev'] }),
    resource('deployments', 'Deployment', 'apps/v1', { shortNames: ['deploy'] }),
    resource('horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'autoscaling/v2', {
      shortNames: ['hpa'],
    }),
    resource('horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'autoscaling/v1', {
      shortNames: ['hpa'],
    }),
    resource('pods', 'PodMetrics', 'metrics.k8s.io/v1beta1'),
    resource('services', 'Service', 'serving.knative.dev/v1', { shortNames: ['ksvc'] }),
    resource('backups', 'Backup', 'velero.io/v1'),
    resource('backups', 'Backup', 'postgresql.cnpg.io/v1'),
  ],
  failedGroups: ['broken.example.com'],
});

test.each([
  ['pods', 'v1', 'Pod'],
  ['Pod', 'v1', 'Pod'],
  ['PO', 'v1', 'Pod'],
  ['podmetrics', 'metrics.k8s.io/v1beta1', 'PodMetrics'],
  ['pods.metrics.k8s.io', 'metrics.k8s.io/v1beta1', 'PodMetrics'],
  ['ev', 'v1', 'Event'],
  ['events.events.k8s.io', 'events.k8s.io/v1', 'Event'],
  ['service', 'v1', 'Service'],
  ['Service.serving.knative.dev', 'serving.knative.dev/v1', 'Service'],
  ['service.serving', 'serving.knative.dev/v1', 'Service'],
  ['deploy.apps', 'apps/v1', 'Deployment'],
  ['deployments.v1.apps', 'apps/v1', 'Deployment'],
  ['hpa', 'autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['hpa.v1.autoscaling', 'autoscaling/v1', 'HorizontalPodAutoscaler'],
  ['backup.velero.io', 'velero.io/v1', 'Backup'],
])('%s means %s %s', (word, apiVersion, kind) => {
  expect(catalogue.resolve(word)).toMatchObject({ apiVersion, kind });
});

test('each resource is listed once, in the preferred version; others are found by apiVersion', () => {
  const hpas = catalogue.all.filter((info) => info.plural === 'horizontalpodautoscalers');
  expect(hpas.map((info) => info.version)).toEqual(['v2']);
  const old = catalogue.resolveKind('autoscaling/v1', 'HorizontalPodAutoscaler');
  expect(old.version).toBe('v1');
});

function thrownBy(call: () => unknown): StratusError {
  try {
    call();
  } catch (error) {
    if (error instanceof StratusError) return error;
  }
  throw new Error('Expected a StratusError.');
}

test('a word that two vendors use is ambiguous, with both names', () => {
  const error = thrownBy(() => catalogue.resolve('backups'));
  expect(error.code).toBe('ambiguous_resource');
  expect(error.message).toContain('backups.velero.io or backups.postgresql.cnpg.io');
});

test('an unknown word gets near ones, and hears of groups that could not be asked', () => {
  const error = thrownBy(() => catalogue.resolve('deploymnet'));
  expect(error.code).toBe('unknown_resource');
  expect(error.next).toContain('deployment');
  expect(error.message).toContain('broken.example.com');
  const version = thrownBy(() => catalogue.resolveKind('apps/v1beta1', 'Deployment'));
  expect(version.next).toContain('apps/v1');
});

test('without aggregated discovery, every group is asked, and a dead one is named', async () => {
  const documents: Record<string, object> = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': {
      kind: 'APIGroupList',
      groups: [
        {
          name: 'apps',
          versions: [{ version: 'v1beta1' }, { version: 'v1' }],
          preferredVersion: { version: 'v1' },
        },
        { name: 'dead.io', versions: [{ version: 'v1' }] },
      ],
    },
    '/api/v1': { resources: [{ name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get'] }] },
    '/apis/apps/v1': {
      resources: [
        { name: 'deployments', kind: 'Deployment', shortNames: ['deploy'], namespaced: true },
        { name: 'deployments/scale', kind: 'Scale' },
      ],
    },
    '/apis/apps/v1beta1': { resources: [{ name: 'deployments', kind: 'Deployment' }] },
  };
  const connection = await connectToBadServer((request, response) => {
    const document = documents[request.url ?? ''];
    response.writeHead(document ? 200 : 503).end(JSON.stringify(document ?? {}));
  });
  const found = await createReader(connection).resources();
  expect(found.resolve('deploy')).toMatchObject({ apiVersion: 'apps/v1', subresources: ['scale'] });
  expect(found.resolve('pod').namespaced).toBe(true);
  expect(found.failedGroups).toEqual(['dead.io']);
});

test('discovery is asked once for many callers, and anew for an unknown word', async () => {
  const resources = [{ name: 'pods', kind: 'Pod', namespaced: true }];
  let asked = 0;
  const connection = await connectToBadServer((request, response) => {
    if (request.url === '/api') asked += 1;
    const documents: Record<string, object> = {
      '/api': { kind: 'APIVersions', versions: ['v1'] },
      '/apis': { kind: 'APIGroupList', groups: [] },
      '/api/v1': { resources },
    };
    response.end(JSON.stringify(documents[request.url ?? '']));
  });
  const reader = createReader(connection);
  await Promise.all([reader.resources(), reader.resources(), resolveResource(reader, 'pods')]);
  expect(asked).toBe(1);
  expect((await refusalOf(resolveResource(reader, 'widgets'))).code).toBe('unknown_resource');
  expect(asked).toBe(2);
  resources.push({ name: 'widgets', kind: 'Widget', namespaced: true });
  expect(await resolveResource(reader, 'widgets')).toMatchObject({ kind: 'Widget' });
  expect(asked).toBe(3);
});
