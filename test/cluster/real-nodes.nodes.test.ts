import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { baseApp, baseAppReady } from './base-app.ts';
import { waitFor } from './client.ts';
import { execInPod } from './exec.ts';
import { at, type ControlPlane, objectsOf, startControlPlane, stringOf } from './index.ts';
import { withoutRealNodes } from './real/require.ts';
import { type Outcomes, startTraffic } from './traffic.ts';

const SERVICES = ['frontend', 'catalog', 'cart', 'checkout', 'recommendation', 'db'];

const skip = withoutRealNodes();

describe.skipIf(skip)('real nodes', () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane({ nodes: 3, kubelets: 'real' });
    await plane.apply(baseApp({ node: plane.nodes[0] }));
    await plane.waitFor('the shop', () => baseAppReady(plane), 180_000);
  });

  afterAll(() => plane?.stop());

  async function podsOf(app: string): Promise<string[]> {
    const path = `/api/v1/namespaces/shop/pods?labelSelector=app%3D${app}`;
    const { json } = await plane.request('GET', path);
    return objectsOf(at(json, 'items')).map((pod) => stringOf(at(pod, 'metadata', 'name')) ?? '');
  }

  test('every Service of the shop answers by its name, through its callers', async () => {
    const traffic = await startTraffic(plane, { namespace: 'shop', services: SERVICES });
    await plane.waitFor('twenty answers each', async () => {
      const counts = traffic.counts();
      return SERVICES.every((name) => (counts[name]?.['200'] ?? 0) >= 20);
    });
    const counts = await traffic.stop();
    expect(SERVICES.map((name) => [name, torn(counts[name])])).toEqual(
      SERVICES.map((name) => [name, 0]),
    );
  });

  test('a rollout loses no request; a Service without endpoints loses them', async () => {
    const traffic = await startTraffic(plane, { namespace: 'shop', services: ['cart'] });
    const path = '/apis/apps/v1/namespaces/shop/deployments/cart';
    const annotations = { restarted: 'now' };
    await plane.request('PATCH', path, { spec: { template: { metadata: { annotations } } } });
    await plane.waitFor('the rollout', () => baseAppReady(plane), 60_000);
    expect(torn(traffic.counts().cart)).toBe(0);
    await plane.request('PATCH', path, { spec: { replicas: 0 } });
    await plane.waitFor('refused requests', async () => (traffic.counts().cart?.refused ?? 0) > 5);
    await plane.request('PATCH', path, { spec: { replicas: 2 } });
    await plane.waitFor('the shop again', () => baseAppReady(plane), 60_000);
    await traffic.stop();
  });

  test('logs and exec go through the API server', async () => {
    const [pod = ''] = await podsOf('recommendation');
    const { text } = await plane.request('GET', `/api/v1/namespaces/shop/pods/${pod}/log`);
    expect(text).toContain('httpd: listening on port 8080');
    const said = await execInPod(plane, 'shop', pod, 'web', ['wget', '-qO-', 'http://frontend/']);
    expect(said).toMatch(/^frontend-/);
  });

  test('a second cluster of real nodes lives beside the first, and stops without a trace', async () => {
    const other = await startControlPlane({ nodes: 1, kubelets: 'real' });
    onTestFinished(() => other.stop());
    expect(other.server).not.toBe(plane.server);
    await other.stop();
    expect(remains(other.folder, other.realNodes?.sandbox.cgroup ?? 'none')).toEqual([]);
    const traffic = await startTraffic(plane, { namespace: 'shop', services: ['frontend'] });
    await sleep(1_000);
    expect(torn((await traffic.stop()).frontend)).toBe(0);
  });

  test('kill -9 of the process that started them leaves nothing behind', async () => {
    const { child, folder, cgroup } = await cli();
    child.kill('SIGKILL');
    await waitFor('the guardian to clean up', async () => remains(folder, cgroup).length === 0);
  });
});

/** Requests that met no server: not those that a busy machine answers late. */
function torn(outcomes: Outcomes | undefined): number {
  return ['refused', 'broken', 'unresolved'].reduce((sum, it) => sum + (outcomes?.[it] ?? 0), 0);
}

/** What is still there of a cluster with real nodes: folder, processes, control groups. */
function remains(folder: string, cgroup: string): string[] {
  const processes = execFileSync('ps', ['-eo', 'stat,args', '-ww'], { encoding: 'utf8' });
  return [
    ...(existsSync(folder) ? [folder] : []),
    ...processes.split('\n').filter((line) => line.includes(folder) && !line.startsWith('Z')),
    ...['.', ...readdirSync('/sys/fs/cgroup')]
      .map((hierarchy) => `/sys/fs/cgroup/${hierarchy}/${cgroup}`)
      .filter((path) => existsSync(path)),
  ];
}

/** `npm run cluster -- --nodes real` without npm, once it's up with a pod. */
async function cli() {
  const command = [
    '--import',
    'tsx',
    'test/cluster/cli.ts',
    '--nodes',
    'real',
    '--node-count',
    '1',
  ];
  const child = spawn(process.execPath, command, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const folder = line.match(/^export KUBECONFIG=(.+)\/kubeconfigs\//)?.[1];
    if (folder !== undefined) {
      const groups = execFileSync('grep', [
        '-rh',
        'cgroupRoot',
        `${folder}/nodes`,
        '--include=kubelet.yaml',
      ]);
      const cgroup = groups.toString().match(/\/(stratus-\d+)\//)?.[1] ?? 'none';
      return { child, folder, cgroup };
    }
  }
  throw new Error('the cluster ended');
}
