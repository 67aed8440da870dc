import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { at, objectsOf, useCluster } from '../../cluster/index.ts';
import { connect, ROOT } from '../../server/support.ts';

const cluster = useCluster();
const POLICY = join(ROOT, 'test', 'undo', 'policy.yaml');

const http = { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 7 };
const container: JsonObject = {
  name: 'web',
  image: 'local/web:1',
  ports: [{ name: 'http', containerPort: 8080 }],
  env: [{ name: 'MODE', value: 'fast' }],
  resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { memory: '128Mi' } },
  readinessProbe: http,
  livenessProbe: http,
};
const template = (restartPolicy: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { restartPolicy, containers: [container] },
});
const KINDS: Readonly<Record<string, { group: string; plural: string; spec: JsonObject }>> = {
  Deployment: {
    group: 'apps',
    plural: 'deployments',
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: template('Always'),
    },
  },
  CronJob: {
    group: 'batch',
    plural: 'cronjobs',
    spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: template('Never') } } },
  },
  Job: { group: 'batch', plural: 'jobs', spec: { template: template('Never') } },
};

/** An object, and a transaction in which it is changed. */
async function bench(kind: string) {
  const namespace = await cluster.namespace('rollouts');
  const { group, plural, spec } = KINDS[kind] ?? { group: '', plural: '', spec: {} };
  const path = `/apis/${group}/v1/namespaces/${namespace}/${plural}/web`;
  const metadata = { name: 'web', namespace };
  await cluster.apply({ apiVersion: `${group}/v1`, kind, metadata, spec });
  const read = async (where = path): Promise<Json> => {
    const { json } = await cluster.request('GET', where);
    return json ?? null;
  };
  const settled = async () => {
    const now = await read();
    return at(now, 'metadata', 'generation') === at(now, 'status', 'observedGeneration');
  };
  if (kind === 'Deployment') await cluster.waitFor('its controller', settled);
  const before = at(await read(), 'spec');
  const { call } = await connect({
    args: ['--policy', POLICY],
    env: { KUBECONFIG: cluster.kubeconfig() },
  });
  const begun = await call('transaction_begin', { reason: 'test', namespaces: [namespace] });
  const { transaction } = begun.payload;
  const change = (tool: string, args: JsonObject) =>
    call(tool, { kind, namespace, name: 'web', reason: 'test', transaction, ...args });
  return {
    settled,
    change,
    applied: async (tool: string, args: JsonObject) => {
      let answer = await change(tool, args);
      // Its controller wrote between the read and the write: nothing was changed, and the answer says to call again.
      for (let i = 0; i < 3 && answer.text.includes('[conflict]'); i++) {
        answer = await change(tool, args);
      }
      expect(answer.payload, answer.text).toMatchObject({ status: 'applied' });
      return answer;
    },
    spec: async () => at(await read(), 'spec'),
    status: async () => at(await read(), 'status'),
    container: async () => at(await read(), 'spec', 'template', 'spec', 'containers', 0),
    replicaSets: async () =>
      objectsOf(at(await read(`/apis/apps/v1/namespaces/${namespace}/replicasets`), 'items'))
        .length,
    /** Takes everything back, and compares. */
    undone: async () => {
      const answer = await call('transaction_abort', { transaction, reason: 'test' });
      expect(answer.payload, answer.text).toMatchObject({ state: 'ABORTED' });
      expect(at(await read(), 'spec')).toEqual(before);
    },
  };
}

test('a probe changes its handler, keeps its times, and goes away', async () => {
  const { applied, change, container, undone } = await bench('Deployment');
  const answer = await applied('mitigate_set_container', {
    readiness: { tcpSocket: { port: 'http' }, failureThreshold: 5 },
    liveness: null,
  });
  expect(answer.text).toContain('kubectl patch deployment.apps/web');
  const now = await container();
  const probe = { tcpSocket: { port: 'http' }, periodSeconds: 7, failureThreshold: 5 };
  expect(at(now, 'readinessProbe')).toMatchObject(probe);
  expect(at(now, 'readinessProbe', 'httpGet')).toBeUndefined();
  expect(at(now, 'livenessProbe')).toBeUndefined();
  const again = await change('mitigate_set_container', { readiness: probe, liveness: null });
  expect(again.payload).toMatchObject({ status: 'no_change' });
  await undone();
});

test('resources are set in any spelling and removed', async () => {
  const { applied, change, container, undone } = await bench('Deployment');
  const limits = { memory: '0.5Gi', cpu: 0.25 };
  await applied('mitigate_set_container', { resources: { requests: { cpu: null }, limits } });
  expect(at(await container(), 'resources')).toEqual({
    requests: { memory: '32Mi' },
    limits: { memory: '512Mi', cpu: '250m' },
  });
  const again = await change('mitigate_set_container', { resources: { limits } });
  expect(again.payload).toMatchObject({ status: 'no_change' });
  const nothing = { requests: { memory: null }, limits: { memory: null, cpu: null } };
  await applied('mitigate_set_container', { resources: nothing });
  expect(at(await container(), 'resources', 'limits', 'memory')).toBeUndefined();
  await undone();
});

test('image, environment, resources and a probe in one call are one new ReplicaSet', async () => {
  const { applied, container, replicaSets, settled, undone } = await bench('Deployment');
  expect(await replicaSets()).toBe(1);
  await applied('mitigate_set_container', {
    image: 'local/web:2',
    env: { set: [{ name: 'LEVEL', value: 'debug' }], unset: ['MODE'] },
    resources: { limits: { memory: '256Mi' } },
    startup: { httpGet: { path: '/up', port: 8080 } },
  });
  await cluster.waitFor('its controller', settled);
  expect(await replicaSets()).toBe(2);
  expect(await container()).toMatchObject({
    image: 'local/web:2',
    env: [{ name: 'LEVEL', value: 'debug' }],
    resources: { limits: { memory: '256Mi' } },
    startupProbe: { httpGet: { path: '/up', port: 8080 } },
  });
  await undone();
});

test('what changes while a rollout is paused rolls out when it is resumed', async () => {
  const { applied, change, replicaSets, settled, undone } = await bench('Deployment');
  await applied('mitigate_rollout', { action: 'pause' });
  await applied('mitigate_set_container', { image: 'local/web:2' });
  await applied('mitigate_set_container', { env: { unset: ['MODE'] } });
  await cluster.waitFor('its controller', settled);
  expect(await replicaSets()).toBe(1);
  const restart = await change('mitigate_rollout', { action: 'restart' });
  expect(restart.isError).toBe(true);
  expect(restart.text).toContain('mitigate_rollout with action resume');
  await applied('mitigate_rollout', { action: 'resume' });
  await cluster.waitFor('the one new ReplicaSet', async () => (await replicaSets()) === 2);
  await undone();
});

test('a pause is kept; a change that it holds back was never tried, so it is taken back', async () => {
  const { change, spec, undone } = await bench('Deployment');
  await undone();
  const pause = await change('mitigate_rollout', { action: 'pause', transaction: undefined });
  expect(pause.payload, pause.text).toMatchObject({ status: 'committed' });
  expect(at(await spec(), 'paused')).toBe(true);

  const held = await change('mitigate_set_container', {
    image: 'local/web:2',
    transaction: undefined,
  });
  expect(held.payload, held.text).toMatchObject({ status: 'undone' });
  expect(held.text).toContain('paused and holds the change back');
}, 120_000);

test('a CronJob is suspended and resumed', async () => {
  const { applied, change, spec, undone } = await bench('CronJob');
  await applied('mitigate_rollout', { action: 'pause' });
  expect(await spec()).toMatchObject({ suspend: true });
  expect((await change('mitigate_rollout', { action: 'pause' })).payload).toMatchObject({
    status: 'no_change',
  });
  await undone();
});

test('the container of a CronJob is set up where its template lies', async () => {
  const { applied, spec, undone } = await bench('CronJob');
  await applied('mitigate_set_container', {
    image: 'local/web:2',
    resources: { limits: { memory: '256Mi' } },
    liveness: null,
  });
  const path = ['jobTemplate', 'spec', 'template', 'spec', 'containers', 0] as const;
  const now = at(await spec(), ...path);
  expect(now).toMatchObject({ image: 'local/web:2', resources: { limits: { memory: '256Mi' } } });
  expect(at(now, 'livenessProbe')).toBeUndefined();
  await undone();
});

test('a suspended Job has no pods, and goes on when it is resumed', async () => {
  const { applied, spec, status, undone } = await bench('Job');
  const active = async (count: number) => at(await status(), 'active') === count;
  await cluster.waitFor('its pod', () => active(1));
  const answer = await applied('mitigate_rollout', { action: 'pause' });
  expect(answer.payload).toMatchObject({ changes: [{ class: 'compensating' }] });
  await cluster.waitFor('no pod', async () => at(await status(), 'active') === undefined);
  await applied('mitigate_rollout', { action: 'resume' });
  await cluster.waitFor('a new pod', () => active(1));
  await applied('mitigate_rollout', { action: 'pause' });
  expect(await spec()).toMatchObject({ suspend: true });
  await undone();
});
