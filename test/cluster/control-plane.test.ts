import { expect, test } from 'vitest';
import { at, objectsOf, readAuditLog, type UserName, useCluster } from './index.ts';

const cluster = useCluster();

const deployments = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/deployments`;

function deployment(name: string) {
  return {
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image: 'local/web:1' }] },
      },
    },
  };
}

async function statusFor(user: UserName, method: string, path: string, body?: unknown) {
  return (await cluster.request(method, path, body, { user, allow: [403] })).status;
}

test('serves the pinned version', async () => {
  const { json } = await cluster.request('GET', '/version');
  expect(at(json, 'gitVersion')).toBe('v1.36.3');
  expect(at(json, 'minor')).toBe('36');
});

test('a fresh namespace admits pods at once', async () => {
  const namespace = await cluster.namespace();
  const pod = { metadata: { name: 'one' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const { json } = await cluster.request('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
  expect(at(json, 'spec', 'serviceAccountName')).toBe('default');
});

test('controllers act: a Deployment gets its pods', async () => {
  const namespace = await cluster.namespace();
  await cluster.request('POST', deployments(namespace), deployment('web'));
  await cluster.waitFor('a pod', async () => {
    const { json } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods`);
    return objectsOf(at(json, 'items')).length === 1;
  });
});

test('nobody is known to the API server and may see nothing', async () => {
  expect(await statusFor('nobody', 'GET', '/api/v1/pods')).toBe(403);
  expect(await statusFor('nobody', 'GET', '/api/v1/nodes')).toBe(403);
  expect(await statusFor('nobody', 'GET', '/version')).toBe(200);
});

test('reader reads across namespaces, no Secrets, and writes nothing', async () => {
  const namespace = await cluster.namespace();
  for (const path of ['/api/v1/pods', '/api/v1/nodes', '/apis/apps/v1/deployments']) {
    expect(await statusFor('reader', 'GET', path)).toBe(200);
  }
  expect(await statusFor('reader', 'GET', '/api/v1/secrets')).toBe(403);
  for (const where of [namespace, 'shop']) {
    expect(await statusFor('reader', 'POST', deployments(where), deployment('web'))).toBe(403);
  }
});

test('mitigator changes Deployments where it was allowed to, and nothing else', async () => {
  const [mine, other] = [await cluster.namespace(), await cluster.namespace()];
  await cluster.allowMitigator(mine);
  await cluster.waitFor('the role to count', async () => {
    return (await statusFor('mitigator', 'POST', deployments(mine), deployment('a'))) === 201;
  });
  const name = `probe-${mine}`;
  expect(await statusFor('mitigator', 'POST', deployments('shop'), deployment(name))).toBe(201);
  expect(await statusFor('mitigator', 'DELETE', `${deployments('shop')}/${name}`)).toBe(200);
  expect(await statusFor('mitigator', 'POST', deployments(other), deployment('a'))).toBe(403);
  const services = `/api/v1/namespaces/${mine}/services`;
  expect(await statusFor('mitigator', 'POST', services, {})).toBe(403);
  expect(await statusFor('mitigator', 'GET', services)).toBe(200);
});

test('the audit log names who wrote what, and leaves reads out', async () => {
  const namespace = await cluster.namespace();
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  await cluster.request('POST', path, { metadata: { name: 'seen' }, data: { a: '1' } });
  await cluster.request('GET', `${path}/seen`);
  await statusFor('reader', 'DELETE', `${path}/seen`);
  const mine = await cluster.waitFor('the refused delete in the audit log', async () => {
    const events = readAuditLog(cluster).filter((it) => it.namespace === namespace);
    return events.some((it) => it.user === 'reader') && events.filter((it) => it.name === 'seen');
  });
  expect(mine.map(({ user, verb, resource, code }) => ({ user, verb, resource, code }))).toEqual([
    { user: 'admin', verb: 'create', resource: 'configmaps', code: 201 },
    { user: 'reader', verb: 'delete', resource: 'configmaps', code: 403 },
  ]);
});

test('apply creates, replaces, and waits for custom resources to be served', async () => {
  const namespace = await cluster.namespace();
  const group = `${namespace}.example.com`;
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
  const widget = (size: number) => ({
    apiVersion: `${group}/v1`,
    kind: 'Widget',
    metadata: { name: 'w', namespace },
    spec: { size },
  });
  await cluster.apply([definition, widget(1)]);
  await cluster.apply(widget(2));
  const path = `/apis/${group}/v1/namespaces/${namespace}/widgets/w`;
  const { json } = await cluster.request('GET', path);
  expect(at(json, 'spec', 'size')).toBe(2);
  expect(at(json, 'metadata', 'managedFields', 0, 'manager')).toBe('test-user');
});

test('a refusal is an error that quotes the API server', async () => {
  await expect(cluster.request('GET', '/api/v1/namespaces/none-such')).rejects.toThrow(
    /GET .*none-such answered 404: .*not found/,
  );
});
