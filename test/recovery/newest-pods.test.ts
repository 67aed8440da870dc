import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JsonObject, objectsOf } from '../../src/core/json.ts';
import { at, readAuditLog, useCluster } from '../cluster/index.ts';
import type { Assistant } from '../story/client.ts';
import { type Bench, begin, kill, openBench } from './bench.ts';

const cluster = useCluster();
const COST = 'controller.kubernetes.io/pod-deletion-cost';
/** Pods whose ages have the same logarithm to base 2 are of one age for their controller. */
const ALIKE_MS = 11_000;

let bench: Bench;
const path = (rest: string) => rest.replace('NS', bench.namespace);
const patch = (url: string, body: JsonObject) => cluster.request('PATCH', path(url), body);

beforeAll(async () => {
  bench = await openBench(cluster, 'newest');
});
afterAll(() => bench.remove());

async function ready(name: string, count: number): Promise<JsonObject[]> {
  return await cluster.waitFor(`${count} pods of ${name}`, async () => {
    const url = path(`/api/v1/namespaces/NS/pods?labelSelector=app%3D${name}`);
    const { json } = await cluster.request('GET', url);
    const pods = objectsOf(json.items);
    const up = pods.filter((pod) => {
      const conditions = objectsOf(at(pod, 'status', 'conditions'));
      return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
    });
    return pods.length === count && up.length === count && pods;
  });
}

async function deployment(name: string, annotations: JsonObject = {}): Promise<JsonObject[]> {
  const labels = { app: name };
  const containers = [{ name: 'web', image: 'local/web:1' }];
  await cluster.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: bench.namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: { terminationGracePeriodSeconds: 1, containers },
      },
    },
  });
  return await ready(name, 2);
}

const uids = (pods: readonly JsonObject[]) => pods.map((pod) => at(pod, 'metadata', 'uid')).sort();
async function scaled(server: Assistant, name: string, transaction: string): Promise<void> {
  const { namespace } = bench;
  const to = { kind: 'Deployment', name, namespace, replicas: 5, transaction, reason: 'test' };
  const { isError, text } = await server.call('mitigate_scale', to);
  expect(isError, text).toBe(false);
}

describe('taking a scale-up back', { timeout: 120_000 }, () => {
  test('the pods of before stay, the added ones go', async () => {
    const names = ['grown', 'grown-too'];
    const before = await Promise.all(names.map((name) => deployment(name)));
    const server = await bench.start();
    const transaction = await begin(server, bench);
    for (const name of names) await scaled(server, name, transaction);
    await Promise.all(names.map((name) => ready(name, 5)));
    await sleep(ALIKE_MS);
    await server.call('transaction_abort', { transaction, reason: 'test' });
    const after = await Promise.all(names.map((name) => ready(name, 2)));
    expect(after.map(uids)).toEqual(before.map(uids));
    await kill(server);
  });

  test('costs that somebody else gave to pods say which go', async () => {
    const [, precious] = await deployment('costly');
    const name = String(at(precious, 'metadata', 'name'));
    await patch(`/api/v1/namespaces/NS/pods/${name}`, {
      metadata: { annotations: { [COST]: '9' } },
    });
    const server = await bench.start();
    const transaction = await begin(server, bench);
    await scaled(server, 'costly', transaction);
    await ready('costly', 5);
    await server.call('transaction_abort', { transaction, reason: 'test' });
    expect(uids(await ready('costly', 2))).toContain(at(precious, 'metadata', 'uid'));
    const written = readAuditLog(cluster).filter(
      ({ namespace, resource, verb, requestUri }) =>
        namespace === bench.namespace &&
        resource === 'pods' &&
        verb === 'patch' &&
        requestUri.includes('/costly-') &&
        requestUri.includes('stratus'),
    );
    expect(written).toEqual([]);
    await kill(server);
  });

  test('the same cost in a template is no mark of ours', async () => {
    await deployment('alike', { [COST]: '-2147483648' });
    const server = await bench.start();
    const transaction = await begin(server, bench);
    await scaled(server, 'alike', transaction);
    await ready('alike', 5);
    await server.call('transaction_abort', { transaction, reason: 'test' });
    for (const pod of await ready('alike', 2)) {
      expect(at(pod, 'metadata', 'annotations', COST)).toBe('-2147483648');
    }
    await kill(server);
  });

  test('pods that stay after all keep no mark', async () => {
    await deployment('kept');
    const dying = await bench.start({ STRATUS_CRASHPOINT: 'cluster.child.after' });
    const transaction = await begin(dying, bench);
    await scaled(dying, 'kept', transaction);
    await ready('kept', 5);
    const abort = { transaction, reason: 'test' };
    await dying.call('transaction_abort', abort).catch(() => undefined);
    await dying.exited;
    expect(JSON.stringify(await ready('kept', 5))).toContain(COST);
    // Somebody wants even more of them: the undo is a question for a person now.
    const more = { spec: { replicas: 7 } };
    await patch('/apis/apps/v1/namespaces/NS/deployments/kept?fieldManager=person', more);
    await ready('kept', 7);
    const server = await bench.start();
    await cluster.waitFor('the recovery', async () => {
      return bench.rows().at(-1)?.state === 'ABORT_INCOMPLETE';
    });
    expect(JSON.stringify(await ready('kept', 7))).not.toContain(COST);
    await kill(server);
  });
});
