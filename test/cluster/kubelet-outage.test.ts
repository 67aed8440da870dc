import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  at,
  type ControlPlane,
  objectsOf,
  requireControlPlane,
  startControlPlane,
} from './index.ts';
import { type SimulatedNodes, startSimulatedNodes } from './kubelet/index.ts';

requireControlPlane();

let plane: ControlPlane;
let nodes: SimulatedNodes | undefined;

beforeAll(async () => {
  plane = await startControlPlane();
});

afterAll(async () => {
  await nodes?.stop();
  await plane?.stop();
});

async function startNodes(timeScale: number): Promise<void> {
  const { server, caPem, tokens, folder } = plane;
  const rules = { timeScale };
  nodes = await startSimulatedNodes({
    server,
    caPem,
    token: tokens.admin,
    nodes: 1,
    folder,
    rules,
  });
}

function pod(namespace: string, name: string, script: string): object {
  const container = { name: 'web', image: 'local/web:1', command: ['sh', '-c', script] };
  const metadata = { name, namespace };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } };
}

async function restarts(namespace: string, name: string): Promise<number> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const { json } = await plane.request('GET', path);
  return Number(at(objectsOf(at(json, 'status', 'containerStatuses'))[0], 'restartCount') ?? 0);
}

test('nodes that start anew go on where the last ones stopped', async () => {
  await startNodes(0.05);
  const namespace = await plane.namespace('outage');
  await plane.apply([
    pod(namespace, 'crash', 'exit 1'),
    pod(namespace, 'steady', 'sleep infinity'),
  ]);
  await plane.waitFor('2 restarts', async () => (await restarts(namespace, 'crash')) >= 2);
  await nodes?.stop();

  const left = await restarts(namespace, 'crash');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await restarts(namespace, 'crash')).toBe(left);

  await startNodes(0.05);
  await plane.waitFor('one more', async () => (await restarts(namespace, 'crash')) > left);
  await plane.waitFor('the steady one', async () => {
    const path = `/api/v1/namespaces/${namespace}/pods/steady`;
    const { json } = await plane.request('GET', path);
    return objectsOf(at(json, 'status', 'containerStatuses'))[0]?.ready === true;
  });
});

test('an API server that stops answering for a while loses no status', async () => {
  const namespace = await plane.namespace('outage');
  await plane.apply(pod(namespace, 'slow', 'sleep 40'));
  const path = `/api/v1/namespaces/${namespace}/pods/slow`;
  await plane.waitFor('running', async () => {
    return at((await plane.request('GET', path)).json, 'status', 'phase') === 'Running';
  });
  plane.pause();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  plane.resume();
  await plane.waitFor('its restart', async () => (await restarts(namespace, 'slow')) >= 1);
  await plane.request('DELETE', path);
  await plane.waitFor('its end', async () => {
    return (await plane.request('GET', path, undefined, { allow: [404] })).status === 404;
  });
});

test('stops at once, also when the API server does not answer', async () => {
  plane.pause();
  await nodes?.stop();
  nodes = undefined;
  plane.resume();
});
