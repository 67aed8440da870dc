import { describe, expect, test } from 'vitest';
import { type JsonObject, objectOf } from '../../src/core/json.ts';
import { at, objectsOf, stringOf, useCluster } from './index.ts';

const cluster = useCluster();

type Spec = Readonly<Record<string, unknown>>;

const web = { name: 'web', image: 'local/web:1' };
const ready = { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 };

function deployment(namespace: string, replicas: number, spec: Spec): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec },
    },
  };
}

function pod(namespace: string, spec: Spec): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace }, spec };
}

type Check = (container: JsonObject, status: JsonObject) => boolean;

/** Applies a pod named web and waits until its first container's entry satisfies the check. */
async function podWith(spec: Spec, what: string, check: Check) {
  const namespace = await cluster.namespace('kubelet');
  await cluster.apply(pod(namespace, spec));
  return waitForPod(namespace, what, check);
}

function waitForPod(namespace: string, what: string, check: Check) {
  return cluster.waitFor(what, async () => {
    const { json } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods/web`);
    const status = objectOf(json.status);
    const container = objectsOf(status.containerStatuses)[0] ?? {};
    return check(container, status) && { namespace, container, status };
  });
}

function waiting(reason: string): Check {
  return (container) => at(container, 'state', 'waiting', 'reason') === reason;
}

function condition(status: JsonObject, type: string): JsonObject | undefined {
  return objectsOf(status.conditions).find((one) => one.type === type);
}

/** Waits for an event with that reason whose message matches. */
async function expectEvent(namespace: string, reason: string, message: RegExp): Promise<void> {
  await cluster.waitFor(`event ${reason} ${message}`, async () => {
    return (await events(namespace, reason)).some((text) => message.test(text));
  });
}

async function events(namespace: string, reason: string): Promise<string[]> {
  const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=reason%3D${reason}`;
  const { json } = await cluster.request('GET', path);
  return objectsOf(at(json, 'items')).map((event) => stringOf(event.message) ?? '');
}

async function log(namespace: string, query = ''): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods/web/log${query}`;
  return (await cluster.request('GET', path, undefined, { allow: [400] })).text;
}

test('nodes are registered, Ready, and renew their leases', async () => {
  const { json } = await cluster.request('GET', '/api/v1/nodes');
  const nodes = objectsOf(at(json, 'items'));
  expect(nodes.map((node) => at(node, 'metadata', 'name'))).toEqual(cluster.nodes);
  for (const node of nodes) {
    expect(condition(objectOf(node.status), 'Ready')).toMatchObject({ status: 'True' });
  }
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
  await cluster.waitFor('a lease per node', async () => {
    const found = objectsOf(at((await cluster.request('GET', leases)).json, 'items'));
    return found.length === nodes.length;
  });
});

describe('a Deployment', () => {
  test('becomes available, and its pods go when it is deleted', async () => {
    const namespace = await cluster.namespace('kubelet');
    const spec = { containers: [{ ...web, readinessProbe: ready, livenessProbe: ready }] };
    await cluster.apply(deployment(namespace, 3, spec));
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    await cluster.waitFor('3 available', async () => {
      const { json } = await cluster.request('GET', path);
      return at(json, 'status', 'availableReplicas') === 3;
    });
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const items = objectsOf(at((await cluster.request('GET', pods)).json, 'items'));
    const addresses = items.map((item) => at(item, 'status', 'podIP'));
    expect(new Set(addresses).size).toBe(3);
    await cluster.request('DELETE', path);
    await cluster.waitFor('no pods', async () => {
      return objectsOf(at((await cluster.request('GET', pods)).json, 'items')).length === 0;
    });
    await expectEvent(namespace, 'Killing', /^Stopping container web$/);
  });

  test('serves through its Service: the endpoints are the ready pods', async () => {
    const namespace = await cluster.namespace('kubelet');
    const spec = { containers: [{ ...web, readinessProbe: ready }] };
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    };
    await cluster.apply([service, deployment(namespace, 2, spec)]);
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    await cluster.waitFor('2 ready endpoints', async () => {
      const items = objectsOf(at((await cluster.request('GET', slices)).json, 'items'));
      const endpoints = items.flatMap((slice) => objectsOf(slice.endpoints));
      return endpoints.filter((one) => at(one, 'conditions', 'ready') === true).length === 2;
    });
  });
});

describe('a pod that cannot run', () => {
  test('for its image waits in ImagePullBackOff and says why', async () => {
    const { namespace } = await podWith(
      { containers: [{ ...web, image: 'local/web:nope' }] },
      'ImagePullBackOff',
      waiting('ImagePullBackOff'),
    );
    await expectEvent(namespace, 'BackOff', /^Back-off pulling image "local\/web:nope"$/);
    await cluster.waitFor('the log to tell', async () =>
      (await log(namespace)).includes('trying and failing to pull image'),
    );
  });

  test('for a missing ConfigMap starts once it exists', async () => {
    const env = [{ name: 'MODE', valueFrom: { configMapKeyRef: { name: 'cm', key: 'mode' } } }];
    const { namespace, container } = await podWith(
      { containers: [{ ...web, env }] },
      'CreateContainerConfigError',
      waiting('CreateContainerConfigError'),
    );
    expect(at(container, 'state', 'waiting', 'message')).toBe('configmap "cm" not found');
    const metadata = { name: 'cm', namespace };
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mode: 'a' } });
    await waitForPod(namespace, 'running', (one) => at(one, 'ready') === true);
  });

  test('for a missing Secret volume shows FailedMount', async () => {
    const volumes = [{ name: 'cred', secret: { secretName: 'nowhere' } }];
    const { namespace } = await podWith(
      { containers: [web], volumes },
      'ContainerCreating',
      waiting('ContainerCreating'),
    );
    await expectEvent(
      namespace,
      'FailedMount',
      /^MountVolume.SetUp failed for volume "cred" : secret "nowhere" not found$/,
    );
  });

  test('for want of a permission starts once its Role is bound', async () => {
    const command = ['kubectl', 'auth', 'can-i', 'list', 'deployments.apps'];
    const { namespace } = await podWith(
      { initContainers: [{ ...web, name: 'may-i', command }], containers: [web] },
      'a refusal',
      (_one, status) => {
        const init = objectsOf(status.initContainerStatuses)[0];
        return at(init, 'lastState', 'terminated', 'exitCode') === 1;
      },
    );
    await cluster.waitFor('its log', async () => {
      return (await log(namespace, '?container=may-i')) === 'no\n';
    });
    const group = 'rbac.authorization.k8s.io';
    const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] }];
    const metadata = { name: 'lister', namespace };
    await cluster.apply([
      { apiVersion: `${group}/v1`, kind: 'Role', metadata, rules },
      {
        apiVersion: `${group}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: group, kind: 'Role', name: 'lister' },
        subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
      },
    ]);
    await waitForPod(namespace, 'running', (container) => container.ready === true);
  });

  test('for a hanging init container stays in Init:0/1', async () => {
    const command = [
      'sh',
      '-c',
      'until nslookup legacy.default.svc.cluster.local; do echo still waiting; sleep 5; done',
    ];
    const { namespace, status } = await podWith(
      { initContainers: [{ ...web, name: 'wait', command }], containers: [web] },
      'PodInitializing',
      (one, all) =>
        at(one, 'state', 'waiting', 'reason') === 'PodInitializing' &&
        at(objectsOf(at(all, 'initContainerStatuses'))[0] ?? {}, 'state', 'running') !== undefined,
    );
    expect(condition(status, 'Initialized')).toMatchObject({ status: 'False' });
    expect(await log(namespace, '?container=wait')).toContain('still waiting');
  });
});

describe('a pod that fails', () => {
  test('by crashing restarts with back-off, and its logs are kept', async () => {
    const command = ['sh', '-c', 'echo no database; exit 3'];
    const { namespace } = await podWith(
      { containers: [{ ...web, command }] },
      'two restarts and CrashLoopBackOff',
      (one) =>
        Number(at(one, 'restartCount')) >= 2 &&
        at(one, 'state', 'waiting', 'reason') === 'CrashLoopBackOff' &&
        at(one, 'lastState', 'terminated', 'exitCode') === 3,
    );
    expect(await log(namespace)).toBe('no database\n');
    expect(await log(namespace, '?previous=true')).toBe('no database\n');
    expect(await log(namespace, '?timestamps=true&tailLines=1')).toMatch(
      /^\d{4}-.*Z no database\n$/,
    );
    expect(await events(namespace, 'BackOff')).toHaveLength(1);
  });

  test('by its memory limit is OOMKilled', async () => {
    await podWith(
      { containers: [{ ...web, resources: { limits: { memory: '5Mi' } } }] },
      'OOMKilled',
      (one) => at(one, 'lastState', 'terminated', 'reason') === 'OOMKilled',
    );
  });

  test('by a wrong readiness port runs without being Ready', async () => {
    const { namespace, status } = await podWith(
      {
        containers: [
          { ...web, readinessProbe: { ...ready, httpGet: { path: '/ready', port: 40 } } },
        ],
      },
      'running',
      (one) => at(one, 'state', 'running') !== undefined,
    );
    expect(condition(status, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
    });
    await expectEvent(namespace, 'Unhealthy', /^Readiness probe failed: .*:40.* refused$/);
  });

  test('by a wrong liveness port is restarted', async () => {
    const livenessProbe = { tcpSocket: { port: 81 }, periodSeconds: 1, failureThreshold: 2 };
    const { namespace } = await podWith(
      { containers: [{ ...web, livenessProbe }] },
      'a restart',
      (one) => Number(at(one, 'restartCount')) >= 1,
    );
    await expectEvent(namespace, 'Killing', /^Container web failed liveness probe/);
  });
});

test('a Job completes', async () => {
  const namespace = await cluster.namespace('kubelet');
  const template = {
    spec: { restartPolicy: 'Never', containers: [{ ...web, command: ['sleep', '1'] }] },
  };
  const metadata = { name: 'once', namespace };
  await cluster.apply({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { template } });
  await cluster.waitFor('completion', async () => {
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs/once`;
    const { json } = await cluster.request('GET', path);
    return at(json, 'status', 'succeeded') === 1;
  });
});

test('a DaemonSet runs on every node', async () => {
  const namespace = await cluster.namespace('kubelet');
  const template = { metadata: { labels: { app: 'agent' } }, spec: { containers: [web] } };
  await cluster.apply({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace },
    spec: { selector: { matchLabels: { app: 'agent' } }, template },
  });
  await cluster.waitFor('one ready pod per node', async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/agent`;
    const { json } = await cluster.request('GET', path);
    return at(json, 'status', 'numberReady') === cluster.nodes.length;
  });
});

test('a followed log ends with its container', async () => {
  const command = ['sh', '-c', 'echo one; sleep 10; echo two'];
  const { namespace } = await podWith(
    { restartPolicy: 'Never', containers: [{ ...web, command }] },
    'running',
    (container) => at(container, 'state', 'running') !== undefined,
  );
  expect(await log(namespace, '?follow=true')).toBe('one\ntwo\n');
  expect(await log(namespace, '?limitBytes=3')).toBe('one');
});

describe('containers and the rest of the namespace', () => {
  const service = (namespace: string, name: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
  });

  test('an address that no Service port answers shows in the log, and only there', async () => {
    const namespace = await cluster.namespace('kubelet');
    const env = [{ name: 'CATALOG_ADDR', value: 'catalog:8082' }];
    const containers = [{ ...web, env, readinessProbe: ready }];
    await cluster.apply([service(namespace, 'catalog'), pod(namespace, { containers })]);
    await waitForPod(namespace, 'Ready', (container) => container.ready === true);
    await cluster.waitFor('complaint', async () => {
      return /catalog:8082.*connection refused/.test(await log(namespace));
    });
  });

  test('a target port that nobody listens on is refused, a Service without endpoints too', async () => {
    const namespace = await cluster.namespace('kubelet');
    const env = [
      { name: 'CATALOG_ADDR', value: 'catalog:80' },
      { name: 'CART_ADDR', value: 'cart:80' },
    ];
    const catalog = pod(namespace, { containers: [{ ...web, readinessProbe: ready }] });
    const metadata = { name: 'catalog', namespace, labels: { app: 'catalog' } };
    await cluster.apply([
      service(namespace, 'catalog'),
      service(namespace, 'cart'),
      { ...catalog, metadata },
      pod(namespace, { containers: [{ ...web, env }] }),
    ]);
    await waitForPod(namespace, 'Ready', (container) => container.ready === true);
    await cluster.waitFor('a complaint about cart', async () =>
      /cart:80.*connection refused/.test(await log(namespace)),
    );
    const quiet = (await log(namespace)).split('catalog:80').length;
    await cluster.request('PATCH', `/api/v1/namespaces/${namespace}/services/catalog`, {
      spec: { ports: [{ port: 80, targetPort: 9999 }] },
    });
    await cluster.waitFor(
      'a complaint about catalog',
      async () => (await log(namespace)).split('catalog:80').length > quiet + 2,
    );
  });

  test('a credential that differs from the database makes its client unready', async () => {
    const namespace = await cluster.namespace('kubelet');
    const password = (value: string) => ({ name: 'DB_PASSWORD', value });
    const database = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'db', namespace, labels: { app: 'db' } },
      spec: { containers: [{ ...web, env: [password('new')] }] },
    };
    const env = [{ name: 'DB_ADDR', value: 'db:80' }, password('old')];
    const containers = [{ ...web, env, readinessProbe: ready }];
    await cluster.apply([service(namespace, 'db'), database, pod(namespace, { containers })]);
    await expectEvent(namespace, 'Unhealthy', /statuscode: 503$/);
    await waitForPod(namespace, 'not ready', (container) => container.ready === false);
    expect(await log(namespace)).toContain('authentication failed');
  });
});
